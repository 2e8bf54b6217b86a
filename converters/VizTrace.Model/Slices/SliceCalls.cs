using VizTrace.Model.Events;

namespace VizTrace.Model.Slices;

/// <summary>
/// Turns the slices of a trace of any tool into calls, for who counts calls: threads with their processes, names as functions, categories as
/// modules. What is no call of a thread is counted and told as a remark. Feed it by <see cref="SliceWalk"/>. Not thread-safe.
/// </summary>
public sealed class SliceCalls : ISliceVisitor
{
    private const int BatchSize = 4096;

    /// <summary>Other tools put whole tables there.</summary>
    private const int LongestMetadata = 120;

    private readonly ITraceSource _source;
    private readonly ITraceSink _sink;
    private readonly Dictionary<(int Name, int Category), int> _functions = [];
    private readonly HashSet<int> _otherTracks = [];
    private readonly long[] _others = new long[(int)EventKind.Scheduling + 1];
    private readonly SliceEdge[] _batch = new SliceEdge[BatchSize];
    private readonly bool[] _isThread;
    private int _batchCount;
    private int _batchTrack = -1;
    private long _slicesElsewhere;
    private long _calls;
    private long _open;

    /// <summary>Begins: tells <paramref name="sink"/> of the trace, its processes and threads. <paramref name="source"/> has been read once.</summary>
    public SliceCalls(ITraceSource source, ITraceSink sink)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(sink);
        _source = source;
        _sink = sink;
        TraceFacts facts = source.Facts;
        sink.Start(new TraceMetadata
        {
            Producer = facts.Producer,
            StartNs = facts.FirstNs == long.MaxValue ? 0 : facts.FirstNs,
            RealtimeOffsetNs = facts.RealtimeOffsetNs ?? 0,
            Extra = [new KeyValuePair<string, string>("format", facts.Format), .. facts.Metadata.DistinctBy(m => m.Key).Select(m => new KeyValuePair<string, string>(m.Key, Short(m.Value)))],
        });
        _isThread = new bool[source.Tracks.Count];
        TellRows();
    }

    /// <inheritdoc />
    public void Begin(scoped in SliceRow slice, int depth)
    {
        if (!_isThread[slice.Track])
        {
            _slicesElsewhere++;
            _otherTracks.Add(slice.Track);
            return;
        }

        _calls++;
        Add(slice.Track, new SliceEdge(slice.TimeNs, Function(slice), EdgeKind.Begin));
    }

    /// <inheritdoc />
    public void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen)
    {
        if (!_isThread[slice.Track])
            return;
        if (isOpen)
            _open++;
        Add(slice.Track, new SliceEdge(endNs, Function(slice), EdgeKind.End, isOpen ? EdgeFlags.Unfinished : EdgeFlags.None));
    }

    /// <inheritdoc />
    public void Other(scoped in SliceRow row, int depth) => _others[(int)row.Kind]++;

    /// <summary>Ends the trace.</summary>
    public void Finish()
    {
        Flush();
        var remarks = new List<string>();
        if (_slicesElsewhere > 0)
            remarks.Add($"{_slicesElsewhere:N0} slices on {_otherTracks.Count:N0} rows that are no threads are not counted here");
        Tell(EventKind.Instant, "instants");
        Tell(EventKind.Counter, "values of counters");
        Tell(EventKind.Sample, "stack samples");
        Tell(EventKind.Scheduling, "rows of the scheduler");
        remarks.AddRange(_source.Facts.Remarks);
        _sink.Finish(new TraceSummary { Calls = _calls, Unfinished = _open, Remarks = remarks });

        void Tell(EventKind kind, string what)
        {
            if (_others[(int)kind] > 0)
                remarks.Add($"{_others[(int)kind]:N0} {what} besides");
        }
    }

    private static string Short(string value) => value.Length <= LongestMetadata ? value : value[..LongestMetadata] + "…";

    private void TellRows()
    {
        TrackTable tracks = _source.Tracks;
        bool hasOrphans = false;
        for (int id = 0; id < tracks.Count; id++)
        {
            TrackRow row = tracks[id];
            if (row.Kind == TrackKind.Process)
                _sink.Process(new ProcessInfo(id, row.Pid, row.Name ?? "") { CommandLine = row.CommandLine ?? "" });
            hasOrphans |= row.Kind == TrackKind.Thread && tracks.ProcessOf(id) is null;
        }

        if (hasOrphans)
            _sink.Process(new ProcessInfo(tracks.Count, 0, "(no process)"));
        for (int id = 0; id < tracks.Count; id++)
        {
            TrackRow row = tracks[id];
            _isThread[id] = row.Kind == TrackKind.Thread;
            if (!_isThread[id])
                continue;
            _sink.Thread(new ThreadInfo(id, tracks.ProcessOf(id)?.Id ?? tracks.Count, row.Tid)
            {
                ManagedId = row.ManagedId,
                ManagedName = row.Name,
                Role = row.Role,
            });
        }
    }

    private int Function(in SliceRow slice)
    {
        if (_functions.TryGetValue((slice.Name, slice.Category), out int id))
            return id;
        id = _functions.Count;
        _functions.Add((slice.Name, slice.Category), id);
        _sink.Function(new FunctionInfo(id, _source.Texts.Get(slice.Name))
        {
            Module = slice.Category == 0 ? null : _source.Texts.Get(slice.Category),
        });
        return id;
    }

    private void Add(int track, SliceEdge edge)
    {
        if (track != _batchTrack || _batchCount == BatchSize)
        {
            Flush();
            _batchTrack = track;
        }

        _batch[_batchCount++] = edge;
    }

    private void Flush()
    {
        if (_batchCount > 0)
            _sink.Slices(_batchTrack, _batch.AsSpan(0, _batchCount));
        _batchCount = 0;
    }
}
