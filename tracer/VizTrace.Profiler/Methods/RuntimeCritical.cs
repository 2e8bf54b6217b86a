namespace VizTrace.Profiler.Methods;

/// <summary>
/// Types of the core library whose methods must not get probes: the dispatch of exceptions, managed code since .NET 9. RhThrowEx and what it
/// calls never return (they continue in the frame that catches), so that their leaves would be missing and all that follows would stand
/// inside them.
/// </summary>
internal static class RuntimeCritical
{
    private static readonly string[] s_types =
    [
        "System.Runtime.EH", "System.Runtime.StackFrameIterator", "System.Runtime.InternalCalls", "System.Runtime.ExceptionServices.InternalCalls",
    ];

    /// <summary>Whether the type with this CLR name, or the one it is nested in, is one of them.</summary>
    public static bool Contains(string type) =>
        Array.Exists(s_types, t => type.StartsWith(t, StringComparison.Ordinal) && (type.Length == t.Length || type[t.Length] == '+'));
}
