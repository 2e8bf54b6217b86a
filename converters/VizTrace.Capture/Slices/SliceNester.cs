using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VizTrace.Model;

namespace VizTrace.Capture;

/// <summary>
/// Turns the enters and leaves of one row after another into edges that nest, and hands them to the sink in batches. Holds the open calls and
/// one batch. Not thread-safe; allocates nothing per record.
/// </summary>
internal sealed class SliceNester(ITraceSink sink, FunctionIds ids)
{
    /// <summary>Edges handed over at once: 128 KB, which stays in the second-level cache between us and the sink.</summary>
    private const int BatchEdges = 8192;

    /// <summary>Records that are converted and nested in one go: what they need stays in the first-level cache.</summary>
    private const int BatchRecords = 1024;

    /// <summary>On a frame: it was open when records were lost and may have ended unseen. Makes the fast comparison fail.</summary>
    private const int Doubtful = 1 << 30;

    /// <summary>A frame that was entered while records were lost: the function that no record has.</summary>
    private const int Nameless = 0;

    private readonly SliceEdge[] _edges = new SliceEdge[BatchEdges];
    private readonly long[] _times = new long[BatchRecords];
    private int _count;

    /// <summary>
    /// Functions of the open calls from index 1 on; index 0 matches nothing. The process's own ids: in the trace, functions that look alike
    /// share one.
    /// </summary>
    private int[] _stack = [-2, .. new int[255]];
    private int _depth;
    private int _row;
    private long _lastNs;
    private bool _any;
    private ClockLine _line;
    private ClockMap _clock = ClockMap.Identity;
    private FunctionTable _functions = null!;

    /// <summary>Begins of the current row.</summary>
    public long Calls { get; private set; }

    /// <summary>Calls of the current row that were open at its end for certain.</summary>
    public long Unfinished { get; private set; }

    /// <summary>Leaves of the current row that belong to no open call and were dropped, and records without a function.</summary>
    public long Orphans { get; private set; }

    /// <summary>Time stamps of the current row that ran backwards and were moved up.</summary>
    public long Clamped { get; private set; }

    /// <summary>Time of the row's last edge; null when it has none.</summary>
    public long? LastNs => _any ? _lastNs : null;

    /// <summary>Begins the row with thread id <paramref name="row"/>.</summary>
    public void Start(int row, FunctionTable functions, ClockMap clock)
    {
        (_row, _functions, _clock) = (row, functions, clock);
        (_depth, _count, _lastNs, _any, _line) = (0, 0, 0, false, default);
        (Calls, Unfinished, Orphans, Clamped) = (0, 0, 0, 0);
    }

    /// <summary>Appends records: 64-bit ticks and 24-bit words, as many of both.</summary>
    public void Append(ReadOnlySpan<ulong> ticks, ReadOnlySpan<uint> words)
    {
        while (words.Length > 0)
        {
            int batch = Math.Min(words.Length, BatchRecords);
            Convert(ticks[..batch]);
            AppendConverted(words[..batch]);
            ticks = ticks[batch..];
            words = words[batch..];
        }
    }

    /// <summary>
    /// Records were lost from some time before <paramref name="endNs"/> up to it: <paramref name="closed"/> calls ended and
    /// <paramref name="opened"/> began meanwhile and are still open.
    /// </summary>
    public void Gap(long endNs, uint closed, uint opened)
    {
        endNs = NotBefore(endNs);
        for (long left = Math.Min(closed, _depth); left > 0; left--)
            End(endNs, EdgeFlags.EndLost);
        int id = opened > 0 ? ids.AddEnteredWhileLost() : 0;
        for (uint i = 0; i < opened; i++)
            Begin(endNs, Nameless, id, EdgeFlags.StartLost);
    }

    /// <summary>Records were lost, and nothing is known of what they said: any open call may have ended.</summary>
    public void Doubt()
    {
        for (int i = 1; i <= _depth; i++)
            _stack[i] |= Doubtful;
    }

    /// <summary>Ends the row: closes what is open at <paramref name="endNs"/>, or at the last record when that is later, and hands over the rest.</summary>
    public void Finish(long endNs)
    {
        endNs = Math.Max(endNs, _lastNs);
        while (_depth > 0)
        {
            bool doubtful = (_stack[_depth] & Doubtful) != 0;
            Unfinished += doubtful ? 0 : 1;
            End(endNs, doubtful ? EdgeFlags.EndLost : EdgeFlags.Unfinished);
        }

        Flush();
    }

    /// <summary>Nests records whose times stand in <see cref="_times"/>.</summary>
    private void AppendConverted(ReadOnlySpan<uint> words)
    {
        int done = 0;
        while (done < words.Length)
        {
            if (_count == _edges.Length)
                Flush();
            int room = Math.Min(words.Length - done, _edges.Length - _count);
            Reserve(room);
            int plain = AppendPlain(words.Slice(done, room), done);
            done += plain;
            if (plain < room)
            {
                AppendOdd(_times[done], words[done]);
                done++;
            }
        }
    }

    /// <summary>
    /// Appends up to the first record that is not plain: plain is an enter of a known function and a leave of the innermost open call. Returns
    /// how many. There is room for all in edges and stack.
    /// </summary>
    /// <remarks>
    /// No branch depends on whether a call is entered or left: programs are not that regular, and a wrong guess costs more than the whole
    /// record. Times have been converted in a loop of their own, and unchecked references stand in for spans, so that what each loop needs
    /// fits into registers. They stay in bounds: a function is compared with the map's length, the depth moves by one a record and
    /// <see cref="Reserve"/> made room for that, and leaving at depth 0 is stopped by the stack's first entry, which equals no function.
    /// </remarks>
    private int AppendPlain(ReadOnlySpan<uint> words, int first)
    {
        ReadOnlySpan<int> map = _functions.Map;
        ref int idOf = ref MemoryMarshal.GetReference(map);
        uint known = (uint)map.Length;
        ref int stack = ref MemoryMarshal.GetArrayDataReference(_stack);
        ref uint word = ref MemoryMarshal.GetReference(words);
        ref long times = ref _times[first];
        ref SliceEdge edges = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_edges), _count);
        nint depth = _depth, i = 0;
        for (; i < words.Length; i++)
        {
            uint record = Unsafe.Add(ref word, i);
            uint function = record >> 1;
            if (function >= known)
                break;
            int id = Unsafe.Add(ref idOf, (nint)function), leave = (int)(record & 1);
            if ((((Unsafe.Add(ref stack, depth) ^ (int)function) & -leave) | (id >> 31)) != 0)
                break;
            Unsafe.Add(ref stack, depth + 1) = (int)function;
            depth += 1 - (2 * leave);
            Unsafe.Add(ref edges, i) = new SliceEdge(Unsafe.Add(ref times, i), id, (EdgeKind)leave);
        }

        // Begins and ends are i in all, and their difference is what the depth rose by.
        Calls += ((int)i + (int)depth - _depth) / 2;
        if (i > 0)
        {
            _any = true;
            _lastNs = Unsafe.Add(ref times, i - 1);
        }

        _count += (int)i;
        _depth = (int)depth;
        return (int)i;
    }

    /// <summary>Converts ticks to ns that never fall, into <see cref="_times"/>.</summary>
    private void Convert(ReadOnlySpan<ulong> ticks)
    {
        Span<long> times = _times.AsSpan(0, ticks.Length);
        ClockLine line = _line;
        long lastNs = _lastNs;
        for (int i = 0; i < times.Length; i++)
        {
            ulong elapsed = ticks[i] - line.StartTicks;
            if (elapsed >= line.Span)
            {
                line = _clock.LineAt(ticks[i]);
                elapsed = ticks[i] - line.StartTicks;
            }

            long ns = line.StartNs + (long)((elapsed * line.Factor) >> 32);
            if (ns < lastNs)
            {
                ns = lastNs;
                Clamped++;
            }

            lastNs = ns;
            times[i] = ns;
        }

        _line = line;
    }

    private void AppendOdd(long ns, uint word)
    {
        uint function = word >> 1;
        (_lastNs, _any) = (ns, true);
        if (function == 0)
        {
            Orphans++;
            return;
        }

        if ((word & 1) == 0)
        {
            Begin(ns, (int)function, _functions.IdOf(function), EdgeFlags.None);
            return;
        }

        int at = _depth;
        while (at > 0 && (_stack[at] & ~Doubtful) is var frame && frame != function && frame != Nameless)
            at--;
        if (at == 0)
        {
            Orphans++;
            return;
        }

        while (_depth > at)
            End(ns, (_stack[_depth] & Doubtful) != 0 ? EdgeFlags.EndLost : EdgeFlags.Unwound);
        if ((_stack[at] & ~Doubtful) != Nameless)
        {
            End(ns, EdgeFlags.None);
            return;
        }

        _depth--;
        Add(new SliceEdge(ns, _functions.IdOf(function), EdgeKind.End, EdgeFlags.Named));
    }

    private void Begin(long ns, int function, int id, EdgeFlags flags)
    {
        Reserve(1);
        _stack[++_depth] = function;
        Calls++;
        Add(new SliceEdge(ns, id, EdgeKind.Begin, flags));
    }

    private void End(long ns, EdgeFlags flags)
    {
        int function = _stack[_depth--] & ~Doubtful;
        Add(new SliceEdge(ns, function == Nameless ? ids.EnteredWhileLostId : _functions.Map[function], EdgeKind.End, flags));
    }

    private void Add(SliceEdge edge)
    {
        if (_count == _edges.Length)
            Flush();
        _edges[_count++] = edge;
        _lastNs = edge.TimeNs;
        _any = true;
    }

    private long NotBefore(long ns)
    {
        if (ns >= _lastNs)
            return ns;
        Clamped++;
        return _lastNs;
    }

    private void Reserve(int frames)
    {
        // One above: the fast path writes there also when it leaves.
        if (_depth + frames + 2 > _stack.Length)
            Array.Resize(ref _stack, Math.Max(_stack.Length * 2, _depth + frames + 2));
    }

    private void Flush()
    {
        if (_count > 0)
            sink.Slices(_row, _edges.AsSpan(0, _count));
        _count = 0;
    }
}
