using VizTrace.Model.Events;

namespace VizTrace.Filters.Merging;

/// <summary>
/// Several traces as one, on the clock of the first, one after the other in the order of the file. Process and thread ids that clash with an
/// earlier trace's get new ones, and the rows tell the old (<see cref="TrackRow.OriginalPid"/>, <see cref="TrackRow.OriginalTid"/>). Ids of flows
/// and of asynchronous rows are made unique: each trace's are mixed with its number, the first's stay. Memory is that of all the traces'
/// tables. Belongs to one thread at a time, and so do the sources.
/// </summary>
public sealed class MergedSource : ITraceSource
{
    private readonly IReadOnlyList<ITraceSource> _sources;
    private readonly ClockAlignment _clock;
    private readonly Part[] _parts;

    /// <summary>Merges sources that have been read once: their rows are complete.</summary>
    public MergedSource(IReadOnlyList<ITraceSource> sources, ClockAlignment clock)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentOutOfRangeException.ThrowIfNotEqual(clock.OffsetsNs.Count, sources.Count);
        _sources = sources;
        _clock = clock;
        _parts = new Part[sources.Count];
        var rows = new MergedRows(Tracks);
        for (int i = 0; i < sources.Count; i++)
        {
            _parts[i] = new Part(this, sources[i], i, clock.OffsetsNs[i]) { FirstRow = Tracks.Count };
            rows.Add(sources[i].Tracks, i);
            Take(sources[i].Facts, i);
        }

        Facts.Format = string.Join(" + ", sources.Select(s => s.Facts.Format).Distinct());
        Facts.ClockName = sources[0].Facts.ClockName;
        Facts.RealtimeOffsetNs = sources[0].Facts.RealtimeOffsetNs;
        Facts.Metadata.Add(new("merged", $"{sources.Count} traces by {clock.How}"));
    }

    /// <inheritdoc/>
    public TrackTable Tracks { get; } = new();

    /// <inheritdoc/>
    public TextTable Texts { get; } = new();

    /// <inheritdoc/>
    public StackTable Stacks { get; } = new();

    /// <inheritdoc/>
    public TraceFacts Facts { get; } = new();

    /// <inheritdoc/>
    public void Read(IEventSink sink, EventParts parts, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        long ordinal = 0;
        for (int i = 0; i < _sources.Count; i++)
        {
            int done = i;
            _parts[i].Begin(sink, ordinal);
            _sources[i].Read(_parts[i], parts, progress is null ? null : p => progress((done + p) / _sources.Count));
            ordinal = _parts[i].NextOrdinal;
        }
    }

    /// <summary>An id that other traces do not have, unless by a chance of one in 2^64; 0 stays 0.</summary>
    internal static ulong Unique(ulong id, int trace)
    {
        if (id == 0 || trace == 0)
            return id;
        ulong mixed = id + ((ulong)trace * 0x9E3779B97F4A7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        mixed ^= mixed >> 31;
        return mixed == 0 ? (ulong)trace : mixed;
    }

    private void Take(TraceFacts facts, int trace)
    {
        long offset = _clock.OffsetsNs[trace];
        Facts.Events += facts.Events;
        Facts.Bytes += facts.Bytes;
        if (facts.FirstNs != long.MaxValue)
            Facts.FirstNs = Math.Min(Facts.FirstNs, facts.FirstNs + offset);
        if (facts.LastNs != long.MinValue)
            Facts.LastNs = Math.Max(Facts.LastNs, facts.LastNs + offset);
        Facts.HasFlows |= facts.HasFlows;
        Facts.IsTruncated |= facts.IsTruncated;
        // Several tools are nobody's trace: who takes it for one tool's own would leave out the other's events.
        Facts.Producer = trace == 0 || Facts.Producer == facts.Producer ? facts.Producer : "";
        foreach ((string key, string value) in facts.Metadata)
            Facts.Metadata.Add(new(trace == 0 ? key : $"{key} ({trace + 1})", value));
        foreach (string remark in facts.Remarks)
            Facts.Remarks.Add($"trace {trace + 1}: {remark}");
        Facts.Ledgers.AddRange(facts.Ledgers);
    }

    /// <summary>Turns one trace's events into the merged trace's.</summary>
    private sealed class Part(MergedSource whole, ITraceSource source, int trace, long offsetNs) : IEventSink
    {
        private IEventSink? _sink;
        private long _firstOrdinal;
        private int[] _texts = [0];
        private int _textCount = 1;
        private int[] _stacks = [0];
        private int _stackCount = 1;
        private ulong[] _flows = new ulong[8];

        public required int FirstRow { get; init; }

        public long NextOrdinal { get; private set; }

        public void Begin(IEventSink sink, long firstOrdinal)
        {
            _sink = sink;
            _firstOrdinal = NextOrdinal = firstOrdinal;
        }

        public void Event(scoped in TraceEvent e)
        {
            TraceEvent merged = e;
            merged.Ordinal = _firstOrdinal + e.Ordinal;
            NextOrdinal = merged.Ordinal + 1;
            merged.Track = FirstRow + e.Track;
            merged.TimeNs = e.TimeNs + offsetNs;
            merged.Name = Text(e.Name);
            merged.Category = Text(e.Category);
            merged.Stack = Stack(e.Stack);
            if (trace > 0)
            {
                merged.FlowId = Unique(e.FlowId, trace);
                if (e.Flows.Length + e.EndingFlows.Length > 0)
                    Flows(e, ref merged);
            }

            _sink!.Event(merged);
        }

        private void Flows(scoped in TraceEvent e, scoped ref TraceEvent merged)
        {
            int all = e.Flows.Length + e.EndingFlows.Length;
            if (_flows.Length < all)
                _flows = new ulong[all * 2];
            for (int i = 0; i < all; i++)
                _flows[i] = Unique(i < e.Flows.Length ? e.Flows[i] : e.EndingFlows[i - e.Flows.Length], trace);
            merged.Flows = _flows.AsSpan(0, e.Flows.Length);
            merged.EndingFlows = _flows.AsSpan(e.Flows.Length, e.EndingFlows.Length);
        }

        private int Text(int id)
        {
            while (_textCount <= id)
            {
                if (_textCount == _texts.Length)
                    Array.Resize(ref _texts, _textCount * 2);
                _texts[_textCount] = whole.Texts.Add(source.Texts.Utf8(_textCount));
                _textCount++;
            }

            return _texts[id];
        }

        private int Stack(int id)
        {
            // A stack's callers have a smaller id: they were there before it.
            while (_stackCount <= id)
            {
                if (_stackCount == _stacks.Length)
                    Array.Resize(ref _stacks, _stackCount * 2);
                StackFrame frame = source.Stacks[_stackCount];
                _stacks[_stackCount] = whole.Stacks.Add(_stacks[frame.Callers], Text(frame.Function), Text(frame.Module));
                _stackCount++;
            }

            return _stacks[id];
        }
    }
}
