using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>
/// Which rows are wanted (<c>--ignore-thread</c>, <c>--only-thread</c>, Tracer.IgnoreThisThread): here every thread is known to its end.
/// Counts what each pattern met. Not thread-safe.
/// </summary>
internal sealed class ThreadFilter(CaptureSettings settings)
{
    private readonly List<Choice> _ignore = Parse("--ignore-thread", settings.IgnoreThread);
    private readonly List<Choice> _only = Parse("--only-thread", settings.OnlyThread);
    private readonly List<string> _dropped = [];
    private readonly HashSet<string> _names = [];

    /// <summary>Names of the rows that are left out, in the order in which they were asked for.</summary>
    public IReadOnlyList<string> Dropped => _dropped;

    /// <summary>Names of all threads that were asked for.</summary>
    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Option and text of the patterns that no thread matched.</summary>
    public IEnumerable<(string Option, string Pattern)> Unmatched =>
        _ignore.Concat(_only).Where(c => !c.Met).Select(c => (c.Option, c.Text));

    /// <summary>Whether a thread's row is wanted; <paramref name="ignored"/>: why the profiler recorded no more of it, 0 if it went on.</summary>
    public bool Wants(ThreadInfo thread, ThreadIgnoredReason ignored)
    {
        _names.Add(thread.ShownName);

        // All are asked: each pattern must learn whether it met anything.
        bool matchesIgnore = Meet(_ignore, thread), matchesOnly = Meet(_only, thread);
        bool wanted = !matchesIgnore && (matchesOnly || _only.Count == 0)
            && ignored is not (ThreadIgnoredReason.Pattern or ThreadIgnoredReason.Itself);
        if (!wanted)
            _dropped.Add(thread.ShownName);
        return wanted;
    }

    private static bool Meet(List<Choice> choices, ThreadInfo thread)
    {
        bool any = false;
        foreach (Choice choice in choices)
        {
            bool met = Matches(choice.Pattern, thread);
            choice.Met |= met;
            any |= met;
        }

        return any;
    }

    private static bool Matches(ThreadPattern pattern, ThreadInfo thread) =>
        pattern.MatchesName(thread.ShownName)
        || thread.EarlierNames.Any(n => pattern.MatchesName(n.Name))
        || pattern.MatchesId(thread.OsTid, thread.ManagedId ?? 0)
        || pattern.MatchesRole((ThreadRoleName)thread.Role);

    private static List<Choice> Parse(string option, List<string> patterns) =>
        [.. patterns.Select(text => (text, Pattern: ThreadPattern.TryParse(text, out _))).Where(p => p.Pattern is not null)
            .Select(p => new Choice(option, p.text, p.Pattern!))];

    private sealed record Choice(string Option, string Text, ThreadPattern Pattern)
    {
        public bool Met { get; set; }
    }
}
