using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>What was read of one thread: its calls, in the order of their ends, until all are known and can be sorted and nested.</summary>
internal sealed class ReadThread(RowKey pid, RowKey tid)
{
    private const int FlagBits = 5;
    private const uint StretchedBit = 1 << 4;
    private const int EdgesAtOnce = 4096;

    private readonly List<Call> _calls = [];
    private readonly List<OpenBegin> _open = [];
    private long _lastNs = long.MinValue;

    /// <summary>Largest function id that fits beside the flags.</summary>
    public const int MaxFunctionId = (int)(uint.MaxValue >> FlagBits);

    /// <summary>Its process's id in the file.</summary>
    public RowKey Pid { get; } = pid;

    /// <summary>Its id in the file.</summary>
    public RowKey Tid { get; } = tid;

    /// <summary>Name from a <c>thread_name</c> event.</summary>
    public string? Name { get; set; }

    /// <summary>Identity from our own metadata event.</summary>
    public ThreadInfo? Identity { get; set; }

    /// <summary>Number within the trace, once given.</summary>
    public int Id { get; set; }

    /// <summary>Calls, once all are read.</summary>
    public long Calls => _calls.Count;

    /// <summary>Calls that a flag says were never finished, or whose <c>E</c> event is missing.</summary>
    public long Unfinished { get; private set; }

    /// <summary>Calls that did not nest and were cut at the end of the enclosing one.</summary>
    public long Cut { get; private set; }

    /// <summary>Time of the first call; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstNs { get; private set; } = long.MaxValue;

    /// <summary>Adds a complete call.</summary>
    public void Add(long beginNs, long endNs, int functionId, EdgeFlags flags, bool stretched) =>
        Insert(_calls.Count, beginNs, endNs, functionId, flags, stretched);

    /// <summary>A <c>B</c> event.</summary>
    public void Begin(long timeNs, int functionId, EdgeFlags flags)
    {
        _lastNs = Math.Max(_lastNs, timeNs);
        _open.Add(new OpenBegin(timeNs, functionId, flags, _calls.Count));
    }

    /// <summary>An <c>E</c> event; false when nothing is open.</summary>
    public bool End(long timeNs, EdgeFlags flags)
    {
        if (_open.Count == 0)
            return false;
        OpenBegin begin = _open[^1];
        _open.RemoveAt(_open.Count - 1);
        long endNs = Math.Max(timeNs, begin.TimeNs);
        _lastNs = Math.Max(_lastNs, endNs);
        // Where child and parent have the same times the parent has to come first, as in X events.
        int at = _calls.Count;
        while (at > begin.CallsBefore && _calls[at - 1].BeginNs == begin.TimeNs && _calls[at - 1].EndNs == endNs)
            at--;
        Insert(at, begin.TimeNs, endNs, begin.FunctionId, begin.Flags | flags, stretched: false);
        return true;
    }

    /// <summary>Closes what has no <c>E</c> at the thread's last time.</summary>
    public void CloseOpen()
    {
        while (_open.Count > 0)
            End(_lastNs, EdgeFlags.Unfinished);
    }

    /// <summary>Sorts, nests and hands on all calls, and forgets them.</summary>
    public void Feed(ITraceSink sink)
    {
        // The file's order decides between equals.
        Span<Call> calls = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_calls);
        for (int i = 0; i < calls.Length; i++)
            calls[i] = calls[i] with { Order = i };
        calls.Sort(static (a, b) =>
            a.BeginNs != b.BeginNs ? a.BeginNs.CompareTo(b.BeginNs)
            : a.EndNs != b.EndNs ? b.EndNs.CompareTo(a.EndNs)
            : a.Order.CompareTo(b.Order));

        var batch = new EdgeBatch(sink, Id);
        var stack = new Stack<Call>();
        foreach (Call next in calls)
        {
            while (stack.TryPeek(out Call top) && EndsBefore(in top, in next))
                End(stack.Pop(), batch);
            Call call = next;
            if (stack.TryPeek(out Call outer) && call.EndNs > outer.EndNs)
            {
                Cut++;
                call = call with { EndNs = outer.EndNs };
            }

            batch.Add(new SliceEdge(call.BeginNs, call.FunctionId, EdgeKind.Begin, call.Flags & EdgeFlags.StartLost));
            stack.Push(call);
        }

        while (stack.TryPop(out Call call))
            End(call, batch);
        batch.Flush();
        _calls.Clear();
        _calls.TrimExcess();
    }

    private static void End(in Call call, EdgeBatch batch)
    {
        long endNs = (call.FunctionAndFlags & StretchedBit) != 0 ? Math.Max(call.BeginNs, call.EndNs - 1) : call.EndNs;
        batch.Add(new SliceEdge(endNs, call.FunctionId, EdgeKind.End, call.Flags & ~EdgeFlags.StartLost));
    }

    /// <summary>
    /// Whether <paramref name="top"/> is over when <paramref name="next"/> begins. An empty call at the very end of another is inside it when
    /// it stands before it in the file: events written at their end have their children before them.
    /// </summary>
    private static bool EndsBefore(in Call top, in Call next) =>
        top.EndNs < next.BeginNs
        || (top.EndNs == next.BeginNs && !(next.BeginNs == next.EndNs && next.Order < top.Order));

    private void Insert(int at, long beginNs, long endNs, int functionId, EdgeFlags flags, bool stretched)
    {
        if ((flags & EdgeFlags.Unfinished) != 0)
            Unfinished++;
        FirstNs = Math.Min(FirstNs, beginNs);
        uint packed = ((uint)functionId << FlagBits) | (stretched ? StretchedBit : 0) | (uint)flags;
        var call = new Call(beginNs, endNs, packed, 0);
        if (at == _calls.Count)
            _calls.Add(call);
        else
            _calls.Insert(at, call);
    }

    /// <summary>24 bytes: function id above five bits of flags, and the place in the file.</summary>
    private readonly record struct Call(long BeginNs, long EndNs, uint FunctionAndFlags, int Order)
    {
        public int FunctionId => (int)(FunctionAndFlags >> FlagBits);

        public EdgeFlags Flags => (EdgeFlags)(FunctionAndFlags & (StretchedBit - 1));
    }

    private readonly record struct OpenBegin(long TimeNs, int FunctionId, EdgeFlags Flags, int CallsBefore);

    /// <summary>Collects edges for one call of the sink.</summary>
    private sealed class EdgeBatch(ITraceSink sink, int threadId)
    {
        private readonly SliceEdge[] _edges = new SliceEdge[EdgesAtOnce];
        private int _count;

        public void Add(SliceEdge edge)
        {
            if (_count == EdgesAtOnce)
                Flush();
            _edges[_count++] = edge;
        }

        public void Flush()
        {
            if (_count != 0)
                sink.Slices(threadId, _edges.AsSpan(0, _count));
            _count = 0;
        }
    }
}
