using VizTrace.NetTrace.Payloads;

namespace VizTrace.NetTrace.Wire;

/// <summary>An event between its block and its translation.</summary>
internal struct RawEvent
{
    public EventType Type;
    public long Ticks;

    /// <summary>Place in the file: what orders events of one time.</summary>
    public long Order;
    public int Track;
    public uint Stack;
    public Guid Activity;
    public int Bytes;

    /// <summary>Where its payload lies in the sorter's buffer.</summary>
    public int Start;
    public int Length;
}

/// <summary>Takes events in order of time.</summary>
internal interface IRawEvents
{
    /// <summary>Takes one.</summary>
    void Take(in RawEvent raw, ReadOnlySpan<byte> payload);
}

/// <summary>
/// Puts events in order of time. The writer promises that no event crosses a sequence point and that behind an event marked as sorted none is
/// older, so that what has to wait is what the runtime wrote within about 100 ms.
/// </summary>
internal sealed class EventSorter(IRawEvents next)
{
    private const int Enough = 1 << 14;

    /// <summary>A file without sequence points and marks is handed on in pieces of this size: memory stays bounded, the order is lost between pieces.</summary>
    private const int MostBytes = 1 << 26;

    private static readonly Comparer<RawEvent> s_byTime = Comparer<RawEvent>.Create(static (a, b) => a.Ticks != b.Ticks ? a.Ticks.CompareTo(b.Ticks) : a.Order.CompareTo(b.Order));

    private RawEvent[] _waiting = new RawEvent[1 << 10];
    private byte[] _payloads = new byte[1 << 16];
    private int _count;
    private int _used;
    private long _mark = long.MinValue;
    private int _enough = Enough;

    /// <summary>Takes one from its block.</summary>
    public void Add(RawEvent raw, ReadOnlySpan<byte> payload, bool isSorted)
    {
        if (_used + payload.Length > MostBytes)
            Flush(long.MaxValue);
        if (_count == _waiting.Length)
            Array.Resize(ref _waiting, _count * 2);
        if (_used + payload.Length > _payloads.Length)
            Array.Resize(ref _payloads, Math.Max(_payloads.Length * 2, _used + payload.Length));
        payload.CopyTo(_payloads.AsSpan(_used));
        raw.Start = _used;
        raw.Length = payload.Length;
        _used += payload.Length;
        _waiting[_count++] = raw;
        if (isSorted && raw.Ticks > _mark)
            _mark = raw.Ticks;
    }

    /// <summary>A block is complete: what no later event precedes may go, when it pays.</summary>
    public void EndBlock()
    {
        if (_count >= _enough)
        {
            Flush(_mark);
            // What stays is not sorted again for every block.
            _enough = Math.Max(Enough, _count * 2);
        }
    }

    /// <summary>Everything goes: a sequence point, or the end.</summary>
    public void FlushAll() => Flush(long.MaxValue);

    private void Flush(long before)
    {
        Span<RawEvent> waiting = _waiting.AsSpan(0, _count);
        waiting.Sort(s_byTime);
        int done = 0;
        while (done < waiting.Length && (waiting[done].Ticks < before || before == long.MaxValue))
        {
            next.Take(waiting[done], _payloads.AsSpan(waiting[done].Start, waiting[done].Length));
            done++;
        }

        if (done == 0)
            return;
        waiting[done..].CopyTo(waiting);
        waiting[(_count - done)..].Clear();
        _count -= done;
        Compact();
    }

    private void Compact()
    {
        if (_count == 0)
        {
            _used = 0;
            return;
        }

        byte[] rest = new byte[_payloads.Length];
        _used = 0;
        foreach (ref RawEvent raw in _waiting.AsSpan(0, _count))
        {
            _payloads.AsSpan(raw.Start, raw.Length).CopyTo(rest.AsSpan(_used));
            raw.Start = _used;
            _used += raw.Length;
        }

        _payloads = rest;
    }
}
