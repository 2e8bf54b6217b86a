using System.Globalization;
using VizTrace.Model;

namespace VizTrace.Filters.Parsing;

/// <summary>Values of filters' options. What is malformed is a <see cref="ErrorId.BadOption"/> that names option, value and column.</summary>
internal static class OptionText
{
    /// <summary>Longest value, in characters.</summary>
    public const int MostCharacters = 4096;

    private static readonly (string Unit, long Ns)[] s_units =
        [("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("min", 60_000_000_000), ("h", 3_600_000_000_000)];

    /// <summary>A glob: anything but nothing.</summary>
    public static string Glob(string option, string value) =>
        value.Length is > 0 and <= MostCharacters ? value : throw Bad(option, value, value.Length == 0 ? "no pattern" : "too long", 1);

    /// <summary>A whole number of at least 1.</summary>
    public static int Count(string option, string value)
    {
        int digits = 0;
        while (digits < value.Length && char.IsAsciiDigit(value[digits]))
            digits++;
        if (digits < value.Length || digits == 0)
            throw Bad(option, value, "no whole number", digits + 1);
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            throw Bad(option, value, "too large", 1);
        return number > 0 ? number : throw Bad(option, value, "must be more than 0", 1);
    }

    /// <summary>A time with its unit (<c>1.5ms</c>), which is the part of the value at <paramref name="column"/>; rounded down to whole ns.</summary>
    public static long Nanoseconds(string option, string value, ReadOnlySpan<char> part, int column, bool mayBeZero = false)
    {
        int digits = NumberLength(part);
        if (digits == 0 || !decimal.TryParse(part[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            throw Bad(option, value, "no number", column);
        if (Unit(part[digits..]) is not { } unit)
            throw Bad(option, value, "no unit of time (ns, us, ms, s, min, h)", column + digits);
        if (number > long.MaxValue / unit)
            throw Bad(option, value, "too large", column);
        long ns = (long)(number * unit);
        return ns > 0 || mayBeZero ? ns : throw Bad(option, value, "less than 1 ns", column);
    }

    /// <summary>How many characters at the front are digits or points.</summary>
    public static int NumberLength(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] == '.') && !text[length..].StartsWith(".."))
            length++;
        return length;
    }

    /// <summary>ns of a unit of time; null: no such unit.</summary>
    public static long? Unit(ReadOnlySpan<char> name)
    {
        foreach ((string unit, long ns) in s_units)
        {
            if (name.SequenceEqual(unit))
                return ns;
        }

        return null;
    }

    /// <summary>The error.</summary>
    public static TraceException Bad(string option, string value, string problem, int column) =>
        new(ErrorId.BadOption, $"{option} {value}: {problem} at column {column}");
}
