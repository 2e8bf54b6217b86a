using System.Globalization;
using VizTrace.Model;

namespace VizTrace.Cli;

/// <summary>Values of options. What is malformed is a <see cref="ErrorId.BadOption"/> that names option, value and column.</summary>
internal static class OptionValue
{
    private static readonly (string Unit, long Bytes)[] s_units =
    [
        ("", 1), ("B", 1),
        ("KB", 1000), ("MB", 1000_000), ("GB", 1000_000_000), ("TB", 1000_000_000_000),
        ("KIB", 1L << 10), ("MIB", 1L << 20), ("GIB", 1L << 30), ("TIB", 1L << 40),
        ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30), ("T", 1L << 40),
    ];

    private static readonly (string Unit, long Ns)[] s_times = [("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1000_000), ("s", 1000_000_000)];

    /// <summary>A size: digits, perhaps with decimals, and a unit (<c>8GiB</c>, <c>1.5G</c>, <c>500MB</c>) or none for bytes; at least 1.</summary>
    public static long Bytes(string option, string? value, long ifNotGiven)
    {
        if (value is null)
            return ifNotGiven;
        int digits = Digits(value, decimals: true);
        string unit = value[digits..].Trim().ToUpperInvariant();
        if (digits == 0 || !decimal.TryParse(value.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            throw Bad(option, value, "no number", 1);
        int known = Array.FindIndex(s_units, u => u.Unit == unit);
        if (known < 0)
            throw Bad(option, value, "no unit of size (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)", digits + 1);
        if (number > long.MaxValue / s_units[known].Bytes)
            throw Bad(option, value, "too large", 1);
        long bytes = (long)(number * s_units[known].Bytes);
        return bytes > 0 ? bytes : throw Bad(option, value, "must be more than 0", 1);
    }

    /// <summary>A time: digits, perhaps with decimals, and a unit (<c>50us</c>, <c>1.5ms</c>); at least 1 ns, at most an hour.</summary>
    public static long Nanoseconds(string option, string? value, long ifNotGiven)
    {
        const decimal Most = 3600e9m;
        if (value is null)
            return ifNotGiven;
        int digits = Digits(value, decimals: true);
        string unit = value[digits..].Trim().ToLowerInvariant();
        if (digits == 0 || !decimal.TryParse(value.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            throw Bad(option, value, "no number", 1);
        int known = Array.FindIndex(s_times, u => u.Unit == unit);
        if (known < 0)
            throw Bad(option, value, "no unit of time (ns, us, ms, s)", digits + 1);
        if (number > Most / s_times[known].Ns)
            throw Bad(option, value, "more than an hour", 1);
        long ns = (long)(number * s_times[known].Ns);
        return ns > 0 ? ns : throw Bad(option, value, "less than 1 ns", 1);
    }

    /// <summary>A whole number of at least 1.</summary>
    public static int Count(string option, string? value, int ifNotGiven)
    {
        if (value is null)
            return ifNotGiven;
        int digits = Digits(value, decimals: false);
        if (digits < value.Length || digits == 0)
            throw Bad(option, value, "no whole number", digits + 1);
        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            throw Bad(option, value, "too large", 1);
        return number > 0 ? number : throw Bad(option, value, "must be more than 0", 1);
    }

    private static int Digits(string value, bool decimals)
    {
        int length = 0;
        while (length < value.Length && (char.IsAsciiDigit(value[length]) || (decimals && value[length] == '.')))
            length++;
        return length;
    }

    private static TraceException Bad(string option, string value, string problem, int column) =>
        new(ErrorId.BadOption, $"{option} {value}: {problem} at column {column}");
}
