using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Records;

namespace VizTrace.Filters.Merging;

/// <summary>How the clocks of several traces relate to that of the first.</summary>
/// <param name="OffsetsNs">For each trace, what is added to its times.</param>
/// <param name="How">For people: by what they were put on one clock.</param>
public sealed record ClockAlignment(IReadOnlyList<long> OffsetsNs, string How)
{
    /// <summary>
    /// By what the traces say of themselves: the same clock of the same kind needs no change, else their wall times are compared. All have been
    /// read once.
    /// </summary>
    /// <exception cref="TraceException"><see cref="ErrorId.BadInput"/>: neither is known of all of them.</exception>
    public static ClockAlignment ByFacts(IReadOnlyList<ITraceSource> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        if (sources.All(s => s.Facts.RealtimeOffsetNs is not null))
        {
            // Wall time tells two machines, or two boots of one, apart even where the clocks have one name.
            long first = sources[0].Facts.RealtimeOffsetNs!.Value;
            long[] offsets = [.. sources.Select(s => s.Facts.RealtimeOffsetNs!.Value - first)];
            string? clock = sources[0].Facts.ClockName;
            bool isOne = clock is not null && sources.All(s => s.Facts.ClockName == clock) && offsets.All(o => Math.Abs(o) < SameClockNs);
            return isOne ? new ClockAlignment(new long[sources.Count], $"clock {clock}") : new ClockAlignment(offsets, "wall time");
        }

        if (sources[0].Facts.ClockName is { } name && sources.All(s => s.Facts.ClockName == name))
            return new ClockAlignment(new long[sources.Count], $"clock {name}");
        int unknown = Enumerable.Range(0, sources.Count).First(i => sources[i].Facts.RealtimeOffsetNs is null);
        throw new TraceException(
            ErrorId.BadInput, $"trace {unknown + 1} of {sources.Count} tells neither the same clock as the others nor its wall time: use --align 'marker'");
    }

    /// <summary>By an event of one name: the first of it in each trace happened at the same time.</summary>
    /// <param name="sources">The traces.</param>
    /// <param name="marker">A glob on the event's name.</param>
    /// <exception cref="TraceException"><see cref="ErrorId.BadInput"/>: a trace has no such event.</exception>
    public static ClockAlignment ByMarker(IReadOnlyList<ITraceSource> sources, string marker)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var times = new long[sources.Count];
        for (int i = 0; i < times.Length; i++)
        {
            var first = new FirstOf(marker, sources[i].Texts);
            sources[i].Read(first, EventParts.Times | EventParts.Names);
            times[i] = first.TimeNs ?? throw new TraceException(ErrorId.BadInput, $"trace {i + 1} of {times.Length} has no event '{marker}' to align by");
        }

        return new ClockAlignment([.. times.Select(t => times[0] - t)], $"event '{marker}'");
    }

    /// <summary>Wall clocks are set while a machine runs; a boot takes longer.</summary>
    private const long SameClockNs = 5_000_000_000;

    private sealed class FirstOf(string glob, TextTable texts) : IEventSink
    {
        private readonly Dictionary<int, bool> _known = [];

        public long? TimeNs { get; private set; }

        public void Event(scoped in TraceEvent e)
        {
            if (e.Name == 0 || e.Kind == EventKind.End || e.TimeNs >= TimeNs)
                return;
            if (!_known.TryGetValue(e.Name, out bool matches))
                _known[e.Name] = matches = NamePattern.Glob(glob, texts.Get(e.Name), ignoreCase: false);
            if (matches)
                TimeNs = e.TimeNs;
        }
    }
}
