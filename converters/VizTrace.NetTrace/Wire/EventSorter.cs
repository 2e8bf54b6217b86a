namespace VizTrace.NetTrace.Wire;

/// <summary>
/// Puts events in order of time. The writer promises that no event crosses a sequence point and that behind an event marked as sorted none is
/// older, so that what has to wait is what the runtime wrote within about 100 ms.
/// </summary>
internal sealed class EventSorter(IRawEvents next)
{
    private const int Enough = 1 << 14;

    /// <summary>A file without sequence points and marks is handed on in pieces of this size: memory stays bounded, the order is lost between pieces.</summary>
    private const int MostBytes = 1 << 25;
    private const int MostEvents = 1 << 19;

    private RawEvent[] _waiting = new RawEvent[1 << 10];
    private RawEvent[] _rest = [];
    private Key[] _keys = new Key[1 << 10];
    private byte[] _payloads = new byte[1 << 16];
    private byte[] _restPayloads = [];
    private int _count;
    private int _used;
    private long _mark = long.MinValue;
    private int _enough = Enough;
    private bool _isOrdered = true;

    /// <summary>Takes one from its block.</summary>
    public void Add(RawEvent raw, ReadOnlySpan<byte> payload, bool isSorted)
    {
        if (_used + payload.Length > MostBytes || _count == MostEvents)
            Relieve();
        if (_count == _waiting.Length)
        {
            Array.Resize(ref _waiting, _count * 2);
            Array.Resize(ref _keys, _count * 2);
        }

        if (_used + payload.Length > _payloads.Length)
            Array.Resize(ref _payloads, Math.Max(_payloads.Length * 2, _used + payload.Length));
        payload.CopyTo(_payloads.AsSpan(_used));
        raw.Start = _used;
        raw.Length = payload.Length;
        _used += payload.Length;
        _isOrdered = _isOrdered && (_count == 0 || raw.Ticks >= _keys[_count - 1].Ticks);
        _keys[_count] = new Key(raw.Ticks, _count);
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
            // What stays is not looked at again for every block.
            _enough = Math.Max(Enough, _count * 2);
        }
    }

    /// <summary>Everything goes: a sequence point, or the end.</summary>
    public void FlushAll() => Flush(long.MaxValue);

    private void Relieve()
    {
        Flush(_mark);
        if (_used > MostBytes / 2 || _count > MostEvents / 2)
            Flush(long.MaxValue);
    }

    private void Flush(long before)
    {
        // Small keys are sorted, the events stay where they are. At one time the order of the file counts.
        Span<Key> keys = _keys.AsSpan(0, _count);
        if (!_isOrdered)
            keys.Sort(default(ByTime));
        int done = 0;
        for (; done < keys.Length && (keys[done].Ticks < before || before == long.MaxValue); done++)
        {
            ref readonly RawEvent raw = ref _waiting[keys[done].Index];
            next.Take(raw, _payloads.AsSpan(raw.Start, raw.Length));
        }

        Keep(keys[done..]);
    }

    /// <summary>What stays is moved, in order, to other buffers: the old ones become those of the next time.</summary>
    private void Keep(ReadOnlySpan<Key> keys)
    {
        if (keys.Length > 0)
        {
            if (_rest.Length < _waiting.Length)
                _rest = new RawEvent[_waiting.Length];
            if (_restPayloads.Length < _payloads.Length)
                _restPayloads = new byte[_payloads.Length];
        }

        int used = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            RawEvent raw = _waiting[keys[i].Index];
            _payloads.AsSpan(raw.Start, raw.Length).CopyTo(_restPayloads.AsSpan(used));
            raw.Start = used;
            used += raw.Length;
            _rest[i] = raw;
        }

        if (keys.Length > 0)
        {
            (_waiting, _rest) = (_rest, _waiting);
            (_payloads, _restPayloads) = (_restPayloads, _payloads);
            for (int i = 0; i < keys.Length; i++)
                _keys[i] = new Key(_waiting[i].Ticks, i);
        }

        (_count, _used, _isOrdered) = (keys.Length, used, true);
    }

    private readonly record struct Key(long Ticks, int Index);

    private readonly struct ByTime : IComparer<Key>
    {
        public int Compare(Key x, Key y) => x.Ticks != y.Ticks ? x.Ticks.CompareTo(y.Ticks) : x.Index.CompareTo(y.Index);
    }
}
