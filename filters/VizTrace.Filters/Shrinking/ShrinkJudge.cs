using VizTrace.Filters.Deciding;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Shrinking;

/// <summary>
/// Carries a <see cref="ShrinkChoice"/> out: fed in order of time it notes down which events go, asked in the order of the file it answers. What
/// runs of equal calls became (<paramref name="merged"/>) comes first. Not thread-safe.
/// </summary>
internal sealed class ShrinkJudge(ITraceSource source, IEventJudge merged, Weights weights, ShrinkChoice choice) : ISliceVisitor, IEventJudge
{
    private readonly EventBits _dropped = new();
    private readonly HashSet<ulong> _cutFlows = [];
    private readonly Dictionary<int, int> _depth = [];
    private readonly long[] _longEnough = LongEnough(source, weights, choice);
    private readonly Tally _short = new();
    private readonly Tally _deep = new();
    private readonly Tally _others = new();
    private long _keptSlices;
    private long _otherNumber;

    /// <summary>Events that stay.</summary>
    public long KeptEvents { get; private set; }

    /// <inheritdoc />
    public EventParts Parts => merged.Parts | (_cutFlows.Count > 0 ? EventParts.Flows : 0) | (choice.DropsArguments ? EventParts.Arguments : 0);

    /// <inheritdoc />
    public bool DecidesByTrack => false;

    /// <inheritdoc />
    public bool KeepsTrack(int track) => merged.KeepsTrack(track);

    /// <inheritdoc />
    public bool KeepsEventsOf(int track) => merged.KeepsEventsOf(track);

    /// <inheritdoc />
    public void Begin(scoped in SliceRow slice, int depth) => _depth[slice.Track] = depth;

    /// <inheritdoc />
    public void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen)
    {
        int depth = _depth[slice.Track]--;
        long duration = endNs - slice.TimeNs;
        bool isExempt = duration >= _longEnough[slice.Track] || weights.Calls(slice.Name) <= choice.RareCalls;
        bool isShort = duration < choice.MinDurationNs;
        if (isExempt || (!isShort && depth <= choice.MaxDepth))
        {
            _keptSlices++;
            KeptEvents += endOrdinal >= 0 ? 2 : 1;
            return;
        }

        (isShort ? _short : _deep).Add(slice.Bytes + (endOrdinal >= 0 ? slice.Bytes / 2 : 0), endOrdinal >= 0 ? 2 : 1, 1);
        _dropped.Set(slice.Ordinal);
        if (endOrdinal >= 0)
            _dropped.Set(endOrdinal);
    }

    /// <inheritdoc />
    public void Other(scoped in SliceRow row, int depth)
    {
        if (row.Kind is EventKind.Other or EventKind.FlowBegin or EventKind.FlowStep or EventKind.FlowEnd || _otherNumber++ % choice.OtherStride == 0)
        {
            KeptEvents++;
            return;
        }

        _others.Add(row.Bytes, 1, 0);
        _dropped.Set(row.Ordinal);
    }

    /// <summary>All has been seen: cuts the flows of what goes, and says what went.</summary>
    public Ledger Finish(Ledger first, string command)
    {
        if (source.Facts.HasFlows && _dropped.Any)
            source.Read(new FlowCutter(this), EventParts.Times | EventParts.Flows);
        var entries = new List<LedgerEntry>(first.Entries);
        if (_short.Events > 0)
            entries.Add(_short.Entry($"calls shorter than {choice.MinDurationNs} ns, but for the {choice.LongestPerRow} longest of each row and names with at most {choice.RareCalls} calls"));
        if (_deep.Events > 0)
            entries.Add(_deep.Entry($"calls deeper than {choice.MaxDepth}, with the same exceptions"));
        if (choice.DropsArguments)
            entries.Add(new LedgerEntry("arguments", 0, 0, 0) { Changed = _keptSlices });
        if (_others.Events > 0)
            entries.Add(_others.Entry($"of instants, values of counters and samples all but one in {choice.OtherStride}"));
        if (_cutFlows.Count > 0)
            entries.Add(new LedgerEntry("flows to calls that are gone", 0, 0, 0) { Flows = _cutFlows.Count });
        return new Ledger(command, entries)
        {
            StartNs = first.StartNs,
            EndNs = first.EndNs,
            KeptSlices = _keptSlices,
        };
    }

    /// <inheritdoc />
    public Verdict Judge(scoped in TraceEvent e, EventEdit edit)
    {
        if (_dropped[e.Ordinal])
            return Verdict.Drop;
        Verdict verdict = merged.Judge(in e, edit);
        if (verdict == Verdict.Drop)
            return verdict;
        if (_cutFlows.Count > 0)
        {
            if (e.FlowId != 0 && e.Kind is EventKind.FlowBegin or EventKind.FlowStep or EventKind.FlowEnd && _cutFlows.Contains(e.FlowId))
                return Verdict.Drop;
            if (IsCut(e.Flows) || IsCut(e.EndingFlows))
            {
                edit.DropsFlow = _cutFlows.Contains;
                verdict = Verdict.Change;
            }
        }

        if (choice.DropsArguments && !e.RawArguments.IsEmpty && e.Kind is EventKind.Begin or EventKind.End or EventKind.Complete or EventKind.Instant)
        {
            edit.DropsArgument = static _ => true;
            verdict = Verdict.Change;
        }

        return verdict;
    }

    private static long[] LongEnough(ITraceSource source, Weights weights, ShrinkChoice choice)
    {
        var durations = new long[source.Tracks.Count];
        for (int track = 0; track < durations.Length; track++)
            durations[track] = weights.LongestOf(track, choice.LongestPerRow);
        return durations;
    }

    private bool IsCut(ReadOnlySpan<ulong> flows)
    {
        foreach (ulong flow in flows)
        {
            if (_cutFlows.Contains(flow))
                return true;
        }

        return false;
    }

    /// <summary>Notes down the flows of events that go: they lose their other ends too.</summary>
    private sealed class FlowCutter(ShrinkJudge judge) : IEventSink
    {
        public void Event(scoped in TraceEvent e)
        {
            if (!judge._dropped[e.Ordinal])
                return;
            foreach (ulong flow in e.Flows)
                judge._cutFlows.Add(flow);
            foreach (ulong flow in e.EndingFlows)
                judge._cutFlows.Add(flow);
        }
    }

    private sealed class Tally
    {
        private long _bytes;
        private long _slices;

        public long Events { get; private set; }

        public void Add(long bytes, int events, int slices)
        {
            _bytes += bytes;
            Events += events;
            _slices += slices;
        }

        public LedgerEntry Entry(string what) => new(what, _slices, Events, _bytes);
    }
}
