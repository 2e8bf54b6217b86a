using System.Runtime.InteropServices;
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
    private int _begun;

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

    /// <summary>Calls whose <c>E</c> has an earlier time than their <c>B</c>.</summary>
    public long EndedEarly { get; private set; }

    /// <summary>Calls that did not nest and were cut at the end of the enclosing one.</summary>
    public long Cut { get; private set; }

    /// <summary>Time of the first call; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstNs { get; private set; } = long.MaxValue;

    /// <summary>Adds a complete call.</summary>
    public void Add(long beginNs, long endNs, int functionId, EdgeFlags flags, bool stretched) =>
        Take(new OpenBegin(beginNs, functionId, flags, _begun++), endNs, stretched);

    /// <summary>A <c>B</c> event.</summary>
    public void Begin(long timeNs, int functionId, EdgeFlags flags)
    {
        _lastNs = Math.Max(_lastNs, timeNs);
        _open.Add(new OpenBegin(timeNs, functionId, flags, _begun++));
    }

    /// <summary>An <c>E</c> event; false when nothing is open. A time before that of its <c>B</c> makes an empty call.</summary>
    public bool End(long timeNs, EdgeFlags flags)
    {
        if (_open.Count == 0)
            return false;
        OpenBegin begin = _open[^1];
        _open.RemoveAt(_open.Count - 1);
        if (timeNs < begin.TimeNs)
            EndedEarly++;
        Take(begin with { Flags = begin.Flags | flags }, Math.Max(timeNs, begin.TimeNs), stretched: false);
        return true;
    }

    /// <summary>Closes what has no <c>E</c> at the thread's last time.</summary>
    public void CloseOpen()
    {
        while (_open.Count > 0)
            End(_lastNs, EdgeFlags.Unfinished);
    }

    /// <summary>Sorts, nests and hands on all calls with their times since <paramref name="startNs"/>, and forgets them.</summary>
    public void Feed(ITraceSink sink, long startNs)
    {
        // Between equals the file's order of begins decides: the parent comes first.
        Span<Call> calls = CollectionsMarshal.AsSpan(_calls);
        calls.Sort(static (a, b) =>
            a.BeginNs != b.BeginNs ? a.BeginNs.CompareTo(b.BeginNs)
            : a.EndNs != b.EndNs ? b.EndNs.CompareTo(a.EndNs)
            : a.Begun.CompareTo(b.Begun));

        var batch = new EdgeBatch(sink, Id, startNs);
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
        // Not before its children's: in a foreign file they may not be stretched.
        long endNs = (call.FunctionAndFlags & StretchedBit) != 0 ? Math.Max(batch.LastNs, call.EndNs - 1) : call.EndNs;
        batch.Add(new SliceEdge(endNs, call.FunctionId, EdgeKind.End, call.Flags & ~EdgeFlags.StartLost));
    }

    /// <summary>
    /// Whether <paramref name="top"/> is over when <paramref name="next"/> begins. An empty call at the very end of another is inside it when
    /// its end stands before the other's in the file: <c>X</c> events written at their end have their children before them.
    /// </summary>
    private static bool EndsBefore(in Call top, in Call next) =>
        top.EndNs < next.BeginNs
        || (top.EndNs == next.BeginNs && !(next.BeginNs == next.EndNs && next.Ended < top.Ended));

    private void Take(OpenBegin begin, long endNs, bool stretched)
    {
        if ((begin.Flags & EdgeFlags.Unfinished) != 0)
            Unfinished++;
        FirstNs = Math.Min(FirstNs, begin.TimeNs);
        _lastNs = Math.Max(_lastNs, endNs);
        uint packed = ((uint)begin.FunctionId << FlagBits) | (stretched ? StretchedBit : 0) | (uint)begin.Flags;
        _calls.Add(new Call(begin.TimeNs, endNs, packed, begin.Begun, _calls.Count));
    }

    /// <summary>
    /// 28 bytes: function id above five bits of flags, its number among the thread's begins and among its ends, in the order of the file. An
    /// <c>X</c> event is both in one.
    /// </summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly record struct Call(long BeginNs, long EndNs, uint FunctionAndFlags, int Begun, int Ended)
    {
        public int FunctionId => (int)(FunctionAndFlags >> FlagBits);

        public EdgeFlags Flags => (EdgeFlags)(FunctionAndFlags & (StretchedBit - 1));
    }

    private readonly record struct OpenBegin(long TimeNs, int FunctionId, EdgeFlags Flags, int Begun);

    /// <summary>Collects edges for one call of the sink.</summary>
    private sealed class EdgeBatch(ITraceSink sink, int threadId, long startNs)
    {
        private readonly SliceEdge[] _edges = new SliceEdge[EdgesAtOnce];
        private int _count;

        /// <summary>Time of the last edge, as in the file.</summary>
        public long LastNs { get; private set; }

        public void Add(SliceEdge edge)
        {
            LastNs = edge.TimeNs;
            if (_count == EdgesAtOnce)
                Flush();
            _edges[_count++] = edge with { TimeNs = ReadTrace.Absolute(edge.TimeNs, startNs) };
        }

        public void Flush()
        {
            if (_count != 0)
                sink.Slices(threadId, _edges.AsSpan(0, _count));
            _count = 0;
        }
    }
}
