namespace VizTrace.Model.Info;

/// <summary>What a trace holds, in numbers: made by <see cref="InfoCollector"/>. Immutable.</summary>
public sealed record TraceInfo
{
    /// <summary>What the trace says of itself.</summary>
    public required TraceMetadata Metadata { get; init; }

    /// <summary>What its reader found in the end.</summary>
    public required TraceSummary Summary { get; init; }

    /// <summary>Processes, by <see cref="ProcessInfo.Id"/>.</summary>
    public required IReadOnlyList<ProcessInfo> Processes { get; init; }

    /// <summary>Threads, by <see cref="ThreadInfo.Id"/>; also those without a call.</summary>
    public required IReadOnlyList<ThreadFigures> Threads { get; init; }

    /// <summary>Functions with at least one call, by <see cref="FunctionInfo.Id"/>.</summary>
    public required IReadOnlyList<FunctionFigures> Functions { get; init; }

    /// <summary>Losses, summed by reason, in the order of first appearance.</summary>
    public required IReadOnlyList<LossFigures> Losses { get; init; }

    /// <summary>Number of slices: calls that began and ended.</summary>
    public required long Slices { get; init; }

    /// <summary>First begin of all, CLOCK_MONOTONIC ns; null without slices.</summary>
    public long? FirstNs { get; init; }

    /// <summary>Last end of all, CLOCK_MONOTONIC ns; null without slices.</summary>
    public long? LastNs { get; init; }

    /// <summary>
    /// Methods that could not be recorded, by reason, the most frequent first: those that the runtime compiled, and those of which the metadata
    /// says so.
    /// </summary>
    public IReadOnlyList<(string Reason, int Methods, string First)> NotRecordedByReason()
    {
        IEnumerable<(string Reason, string Name)> compiled = Summary.NotRecorded.Select(m => (m.Reason, m.Name));
        IEnumerable<(string Reason, string Name)> listed = Summary.Coverage.SelectMany(m => m.Groups).Where(g => g.State == CoverageState.NotRecordable)
            .SelectMany(g => g.Types.SelectMany(t => t.Names.Select(n => (g.Reason, t.Type.Length == 0 ? n : $"{t.Type}.{n}"))));
        return [.. compiled.Concat(listed)
            .GroupBy(m => m.Reason, StringComparer.Ordinal)
            .Select(g => (g.Key, g.Count(), g.First().Name))
            .OrderByDescending(g => g.Item2)
            .ThenBy(g => g.Key, StringComparer.Ordinal)];
    }
}

/// <summary>A thread's row and what was counted on it.</summary>
/// <param name="Thread">The row, as last told.</param>
/// <param name="Calls">Slices counted.</param>
/// <param name="LostRecords">Records lost: what its losses add up to, or what the row says when that is more.</param>
/// <param name="FirstNs">First begin, CLOCK_MONOTONIC ns; null without slices.</param>
/// <param name="LastNs">Last end, CLOCK_MONOTONIC ns; null without slices.</param>
/// <param name="DeepestCall">Most calls open at once.</param>
public sealed record ThreadFigures(ThreadInfo Thread, long Calls, long LostRecords, long? FirstNs, long? LastNs, int DeepestCall);

/// <summary>What was counted of a function, on all threads together.</summary>
/// <param name="Function">Which.</param>
/// <param name="Calls">Its slices.</param>
/// <param name="SelfNs">Time in its slices but in none of their children, ns.</param>
/// <param name="TotalNs">Time in its slices, ns; where it is inside itself on a thread, the outermost slice alone counts.</param>
/// <param name="LongestNs">Its longest slice, ns.</param>
public sealed record FunctionFigures(FunctionInfo Function, long Calls, long SelfNs, long TotalNs, long LongestNs);

/// <summary>Losses of one reason.</summary>
/// <param name="Reason">For people.</param>
/// <param name="Stretches">How many stretches of time.</param>
/// <param name="Records">Records lost in them.</param>
public sealed record LossFigures(string Reason, long Stretches, long Records);
