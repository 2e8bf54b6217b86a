using VizTrace.Model.Slices;

namespace VizTrace.Filters.Deciding;

/// <summary>The slices that are open on one row, with what each filter of a stage made of them.</summary>
internal sealed class OpenCalls(int places)
{
    /// <summary>No filter dropped it.</summary>
    public const int Kept = int.MaxValue;

    private readonly int[] _depth = new int[places + 1];
    private readonly int[] _inside = new int[places];
    private Call[] _calls = new Call[8];
    private Dictionary<(int Place, int Name), int>? _outermost;
    private ulong _marks;

    /// <summary>Number of open slices, dropped ones among them.</summary>
    public int Count { get; private set; }

    /// <summary>Flows that belong to the next slice that begins.</summary>
    public List<ulong>? Awaiting { get; set; }

    /// <summary>The slice that began last.</summary>
    public ref Call Last => ref _calls[Count - 1];

    /// <summary>How many open slices reach the filter at a place: those that no filter before it dropped.</summary>
    public int Depth(int place) => _depth[place];

    /// <summary>How many open slices the filter at a place marked.</summary>
    public int Inside(int place) => _inside[place];

    /// <summary>The filter marks the slice that begins.</summary>
    public void Mark(int place) => _marks |= 1UL << place;

    /// <summary>How often the innermost slice that reaches the filter called this name before, since it began.</summary>
    public int CountCall(int place, int name)
    {
        int i = Count - 1;
        while (i >= 0 && _calls[i].DroppedBy < place)
            i--;
        Dictionary<(int, int), int> counts = i < 0 ? _outermost ??= [] : _calls[i].Calls ??= [];
        counts.TryGetValue((place, name), out int count);
        counts[(place, name)] = count + 1;
        return count;
    }

    /// <summary>A slice begins; <paramref name="droppedBy"/> is the place of the filter that drops it.</summary>
    public void Push(in SliceRow slice, int droppedBy)
    {
        if (Count == _calls.Length)
            Array.Resize(ref _calls, Count * 2);
        ref Call call = ref _calls[Count++];
        call.Slice = slice;
        call.DroppedBy = droppedBy;
        call.Marks = _marks;
        call.Depth = _depth[places] + 1;
        Tally(call, 1);
        _marks = 0;
    }

    /// <summary>A slice ends.</summary>
    public Call Remove(long ordinal)
    {
        int i = Count - 1;
        while (_calls[i].Slice.Ordinal != ordinal)
            i--;
        Call call = _calls[i];
        Count--;
        if (i < Count)
            Array.Copy(_calls, i + 1, _calls, i, Count - i);
        _calls[Count].Flows = null;
        _calls[Count].Calls = null;
        Tally(call, -1);
        return call;
    }

    private void Tally(in Call call, int by)
    {
        int last = Math.Min(call.DroppedBy, places);
        for (int place = 0; place <= last; place++)
            _depth[place] += by;
        for (ulong marks = call.Marks; marks != 0; marks &= marks - 1)
            _inside[System.Numerics.BitOperations.TrailingZeroCount(marks)] += by;
    }

    /// <summary>An open slice.</summary>
    internal struct Call
    {
        public SliceRow Slice;

        /// <summary>Place of the filter that dropped it, or <see cref="Kept"/>.</summary>
        public int DroppedBy;

        /// <summary>Filters that marked it, a bit each.</summary>
        public ulong Marks;

        /// <summary>Depth among those that are kept when they begin; 1: outermost.</summary>
        public int Depth;

        /// <summary>Flows that hang on it by events of their own.</summary>
        public List<ulong>? Flows;

        /// <summary>Calls of <c>--sample-calls</c> within it.</summary>
        public Dictionary<(int Place, int Name), int>? Calls;
    }
}

/// <summary>A slice that has ended, for filters that decide then. Used again for each.</summary>
internal sealed class EndedCall
{
    public SliceRow Slice { get; set; }

    /// <summary>Begin as it will be.</summary>
    public long BeginNs { get; set; }

    /// <summary>End as it will be.</summary>
    public long EndNs { get; set; }

    /// <summary>Whether it has no end.</summary>
    public bool IsOpen { get; set; }

    /// <summary>1: outermost.</summary>
    public int Depth { get; set; }

    /// <summary>Arguments to add.</summary>
    public List<KeyValuePair<string, object>> Added { get; } = [];

    /// <summary>Its duration; one without an end is longer than any.</summary>
    public long DurationNs => IsOpen ? long.MaxValue : (long)Int128.Min((Int128)EndNs - BeginNs, long.MaxValue);

    /// <summary>Adds an argument.</summary>
    public void Add(string name, object value) => Added.Add(new(name, value));
}
