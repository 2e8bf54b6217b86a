namespace VizTrace.Model;

/// <summary>What became of a method of an included module. The numbers are the order in which people are told.</summary>
public enum CoverageState
{
    /// <summary>It has calls in the trace.</summary>
    Recorded,

    /// <summary>It had its probes, and no call of it is in the trace: it never ran in the end, or its calls were left out or lost.</summary>
    NoCalls,

    /// <summary>The runtime never compiled it.</summary>
    NeverCalled,

    /// <summary>Left out on purpose: excluded, hidden or ignored, by option or attribute.</summary>
    Hidden,

    /// <summary>It matches no pattern of what was to be included.</summary>
    NotAskedFor,

    /// <summary>It cannot be recorded; the reason says why.</summary>
    NotRecordable,
}

/// <summary>The states' names, as people and files have them.</summary>
public static class CoverageStates
{
    private static readonly string[] s_names = ["recorded", "no calls", "never called", "hidden", "not asked for", "not recordable"];

    /// <summary>All states, in order.</summary>
    public static IReadOnlyList<CoverageState> All { get; } = [.. Enumerable.Range(0, s_names.Length).Select(i => (CoverageState)i)];

    /// <summary><c>never called</c>.</summary>
    public static string Name(CoverageState state) => s_names[(int)state];

    /// <summary>The state with a name; null when there is none (a newer program's trace).</summary>
    public static CoverageState? Of(string? name) => Array.IndexOf(s_names, name) is >= 0 and int index ? (CoverageState)index : null;
}
