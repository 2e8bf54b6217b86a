using VizTrace.Filters.Calls;

namespace VizTrace.Filters.Parsing;

/// <summary>
/// The value of <c>--time</c>: <c>A..B</c>, where A and B are <c>@123456789ns</c> on the trace's clock, <c>1.5s</c> from its start, or
/// nothing; or <c>around 'name' 2s</c>, name being a glob.
/// </summary>
internal static class TimeText
{
    /// <summary>The filter.</summary>
    public static TimeRange Parse(string option, string value)
    {
        if (value.Length > OptionText.MostCharacters)
            throw OptionText.Bad(option, value[..40] + "…", "too long", 1);
        if (value.StartsWith("around", StringComparison.Ordinal) && (value.Length == 6 || value[6] is ' ' or '\'' or '"'))
            return Around(option, value);
        int dots = value.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
            throw OptionText.Bad(option, value, "no '..' between two times", value.Length + 1);
        TimeBound from = Bound(option, value, 0, dots);
        TimeBound to = Bound(option, value, dots + 2, value.Length);
        if (from.IsOpen && to.IsOpen)
            throw OptionText.Bad(option, value, "no time", 1);
        if (!from.IsOpen && !to.IsOpen && from.IsRelative == to.IsRelative && from.Ns >= to.Ns)
            throw OptionText.Bad(option, value, "ends before it starts", dots + 3);
        return new TimeRange(from, to, value);
    }

    private static TimeBound Bound(string option, string value, int start, int end)
    {
        ReadOnlySpan<char> part = value.AsSpan(start, end - start);
        int blanks = part.Length - part.TrimStart().Length;
        part = part.Trim();
        if (part.IsEmpty)
            return new TimeBound(0, false, IsOpen: true);
        bool isAbsolute = part[0] == '@';
        long ns = OptionText.Nanoseconds(option, value, isAbsolute ? part[1..] : part, start + blanks + (isAbsolute ? 2 : 1), mayBeZero: true);
        return new TimeBound(ns, !isAbsolute, IsOpen: false);
    }

    private static TimeRange Around(string option, string value)
    {
        int at = 6;
        while (at < value.Length && value[at] == ' ')
            at++;
        if (at == value.Length || value[at] is not ('\'' or '"'))
            throw OptionText.Bad(option, value, "no name in quotes", at + 1);
        int close = value.IndexOf(value[at], at + 1);
        if (close < 0)
            throw OptionText.Bad(option, value, "no quote that closes the name", value.Length + 1);
        if (close == at + 1)
            throw OptionText.Bad(option, value, "no name", at + 2);
        string name = value[(at + 1)..close];
        int time = close + 1;
        while (time < value.Length && value[time] == ' ')
            time++;
        return new TimeRange(name, OptionText.Nanoseconds(option, value, value.AsSpan(time).TrimEnd(), time + 1), value);
    }
}
