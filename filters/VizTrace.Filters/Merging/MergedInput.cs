using VizTrace.Model.Events;

namespace VizTrace.Filters.Merging;

/// <summary>One of the traces that are merged: how its ids become those of the whole.</summary>
internal sealed class MergedInput(MergedSource whole, ITraceSource source, int index, long shiftNs, long firstOrdinal)
{
    private int[] _texts = [];
    private int[] _stacks = [];
    private int _firstTrack;

    /// <summary>The trace.</summary>
    public ITraceSource Source => source;

    /// <summary>Adds its rows to the whole; ids that an earlier trace has are replaced, the same one by the same one.</summary>
    public void AddRows(FreeIds ids)
    {
        TrackTable tracks = source.Tracks;
        _firstTrack = whole.Tracks.Count;
        var pids = new Dictionary<long, long>();
        var tids = new Dictionary<long, long>();
        for (int id = 0; id < tracks.Count; id++)
        {
            TrackRow from = tracks[id];
            TrackRow to = whole.Tracks.Add(from.Kind, from.Parent < 0 ? -1 : _firstTrack + from.Parent);
            if (!pids.TryGetValue(from.Pid, out long pid))
                pids.Add(from.Pid, pid = ids.Pid(from.Pid));
            if (!tids.TryGetValue(from.Tid, out long tid))
                tids.Add(from.Tid, tid = from.Tid == from.Pid ? pid : ids.Tid(from.Tid));
            to.Pid = pid;
            to.Tid = tid;
            to.OriginalPid = from.OriginalPid ?? (pid == from.Pid ? null : from.Pid);
            to.OriginalTid = from.OriginalTid ?? (tid == from.Tid ? null : from.Tid);
            to.SourceId = from.SourceId == 0 ? 0 : Unique(from.SourceId);
            to.SourceText = from.SourceText is null || index == 0 ? from.SourceText : $"{index}:{from.SourceText}";
            to.Name = from.Name;
            to.CommandLine = from.CommandLine;
            to.ManagedId = from.ManagedId;
            to.Role = from.Role;
            to.SortIndex = from.SortIndex;
            to.Unit = from.Unit;
            to.IsIncremental = from.IsIncremental;
        }

        ids.Take(pids.Values, tids.Values);
    }

    /// <summary>Reads it as part of the whole.</summary>
    public void Read(IEventSink sink, EventParts parts, Action<double>? progress) => source.Read(new Mover(this, sink), parts, progress);

    /// <summary>An id that no other trace has. The first trace keeps its own; the others' are mixed, one to one within each (SplitMix64).</summary>
    private ulong Unique(ulong id)
    {
        if (index == 0)
            return id;
        ulong x = id + ((ulong)index * 0x9E3779B97F4A7C15);
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        x ^= x >> 31;
        return x == 0 ? 1 : x;
    }

    private int Text(int id)
    {
        if (id == 0)
            return 0;
        if (id >= _texts.Length)
            Array.Resize(ref _texts, Math.Max(id + 1, source.Texts.Count * 2));
        if (_texts[id] == 0)
            _texts[id] = whole.Texts.Add(source.Texts.Utf8(id));
        return _texts[id];
    }

    /// <summary>Outermost frames first, without recursion: stacks are as deep as programs make them.</summary>
    private int Stack(int id)
    {
        if (id == 0)
            return 0;
        if (id >= _stacks.Length)
            Array.Resize(ref _stacks, Math.Max(id + 1, source.Stacks.Count * 2));
        if (_stacks[id] != 0)
            return _stacks[id];
        var open = new Stack<int>();
        for (int at = id; at != 0 && _stacks[at] == 0; at = source.Stacks[at].Callers)
            open.Push(at);
        while (open.TryPop(out int next))
        {
            StackFrame frame = source.Stacks[next];
            _stacks[next] = whole.Stacks.Add(frame.Callers == 0 ? 0 : _stacks[frame.Callers], Text(frame.Function), Text(frame.Module));
        }

        return _stacks[id];
    }

    /// <summary>Hands events on with the ids and the time of the whole.</summary>
    private sealed class Mover(MergedInput input, IEventSink sink) : IEventSink
    {
        private ulong[] _flows = [];
        private ulong[] _ending = [];

        public void Event(scoped in TraceEvent e)
        {
            TraceEvent moved = e;
            moved.Ordinal += input.FirstOrdinal;
            moved.Track += input._firstTrack;
            moved.TimeNs += input.ShiftNs;
            moved.Name = input.Text(e.Name);
            moved.Category = input.Text(e.Category);
            moved.Stack = input.Stack(e.Stack);
            if (e.FlowId != 0)
                moved.FlowId = input.Unique(e.FlowId);
            moved.Flows = Move(e.Flows, ref _flows);
            moved.EndingFlows = Move(e.EndingFlows, ref _ending);
            sink.Event(in moved);
        }

        private ReadOnlySpan<ulong> Move(ReadOnlySpan<ulong> flows, ref ulong[] to)
        {
            if (flows.IsEmpty)
                return [];
            if (to.Length < flows.Length)
                to = new ulong[flows.Length * 2];
            for (int i = 0; i < flows.Length; i++)
                to[i] = input.Unique(flows[i]);
            return to.AsSpan(0, flows.Length);
        }
    }

    private long FirstOrdinal => firstOrdinal;

    private long ShiftNs => shiftNs;
}
