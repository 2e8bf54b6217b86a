namespace VizTrace.Filters.Deciding;

/// <summary>A bit for each event, by ordinal, in pages that exist only where a bit is set: 16 MB for 130 million events. Not thread-safe.</summary>
internal sealed class EventBits
{
    private const int PageShift = 16;

    private readonly List<ulong[]?> _pages = [];

    /// <summary>Whether any bit was ever set.</summary>
    public bool Any { get; private set; }

    /// <summary>Whether the bit is set.</summary>
    public bool this[long ordinal]
    {
        get
        {
            int page = (int)(ordinal >> PageShift);
            return page < _pages.Count && _pages[page] is { } bits && (bits[(ordinal >> 6) & 1023] >> (int)(ordinal & 63) & 1) != 0;
        }
    }

    /// <summary>Sets a bit; false when it was set.</summary>
    public bool Set(long ordinal)
    {
        Any = true;
        ref ulong word = ref Page((int)(ordinal >> PageShift))[(ordinal >> 6) & 1023];
        ulong bit = 1UL << (int)(ordinal & 63);
        bool isNew = (word & bit) == 0;
        word |= bit;
        return isNew;
    }

    /// <summary>Sets all bits of another, which is not used any more.</summary>
    public void Take(EventBits other)
    {
        Any |= other.Any;
        for (int i = 0; i < other._pages.Count; i++)
        {
            if (other._pages[i] is not { } bits)
                continue;
            if (i >= _pages.Count || _pages[i] is null)
            {
                while (_pages.Count <= i)
                    _pages.Add(null);
                _pages[i] = bits;
                continue;
            }

            ulong[] own = _pages[i]!;
            for (int word = 0; word < own.Length; word++)
                own[word] |= bits[word];
        }
    }

    private ulong[] Page(int page)
    {
        while (_pages.Count <= page)
            _pages.Add(null);
        return _pages[page] ??= new ulong[1 << (PageShift - 6)];
    }
}
