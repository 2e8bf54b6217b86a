using VizTrace.Model.Events;

namespace VizTrace.Filters.Deciding;

/// <summary>What a reading decided.</summary>
internal sealed class StageResult
{
    /// <summary>Creates one for so many filters.</summary>
    public StageResult(int filters)
    {
        Counts = new Count[filters];
        for (int i = 0; i < filters; i++)
            Counts[i] = new Count();
    }

    /// <summary>For each filter, what went.</summary>
    public Count[] Counts { get; }

    /// <summary>Events that go.</summary>
    public EventBits Dropped { get; } = new();

    /// <summary>Events that change.</summary>
    public Dictionary<long, Change> Changes { get; } = [];

    /// <summary>Flows.</summary>
    public FlowCuts Flows { get; } = new();

    /// <summary>Events of each row that went.</summary>
    public List<long> DroppedOf { get; } = [];

    /// <summary>Slices that stayed.</summary>
    public long KeptSlices { get; set; }

    /// <summary>Time covered by what stayed.</summary>
    public long StartNs { get; private set; } = long.MaxValue;

    /// <summary>See <see cref="StartNs"/>.</summary>
    public long EndNs { get; private set; } = long.MinValue;

    /// <summary>Counts an event of a row that went.</summary>
    public void Drop(int track)
    {
        while (DroppedOf.Count <= track)
            DroppedOf.Add(0);
        DroppedOf[track]++;
    }

    /// <summary>Something of this time stayed.</summary>
    public void Cover(long startNs, long endNs)
    {
        StartNs = Math.Min(StartNs, startNs);
        EndNs = Math.Max(EndNs, endNs);
    }
}

/// <summary>How one event changes.</summary>
internal readonly record struct Change(long? TimeNs, long? DurationNs, string? Name, KeyValuePair<string, object>[]? Added)
{
    /// <summary>This change and then another.</summary>
    public Change Then(Change later) => new(
        later.TimeNs ?? TimeNs,
        later.DurationNs ?? DurationNs,
        later.Name ?? Name,
        Added is null ? later.Added : later.Added is null ? Added : [.. Added, .. later.Added]);
}

/// <summary>What stands on each row, from one reading.</summary>
internal sealed class RowTotals
{
    private readonly List<Totals> _rows = [];

    /// <summary>Whether some row's events are not in order of time.</summary>
    public bool IsOutOfOrder { get; private set; }

    /// <summary>The totals of a row.</summary>
    public Totals this[int track] => track < _rows.Count ? _rows[track] : default;

    /// <summary>Counts an event.</summary>
    public void Add(scoped in TraceEvent e)
    {
        while (_rows.Count <= e.Track)
            _rows.Add(new Totals { StartNs = long.MaxValue, EndNs = long.MinValue, LastNs = long.MinValue });
        ref Totals row = ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rows)[e.Track];
        IsOutOfOrder |= e.TimeNs < row.LastNs;
        row.LastNs = e.TimeNs;
        row.Events++;
        if (FlowLists.IsFlow(e.Kind))
            return;
        bool isSlice = e.Kind is EventKind.Begin or EventKind.Complete;
        row.Slices += isSlice ? 1 : 0;
        row.Bytes += e.Bytes;
        row.StartNs = Math.Min(row.StartNs, e.TimeNs);
        row.EndNs = Math.Max(row.EndNs, StageVisitor.EndOf(e.Kind, e.TimeNs, e.DurationNs));
    }

    internal struct Totals
    {
        public long Events;
        public long Slices;
        public long Bytes;
        public long StartNs;
        public long EndNs;
        public long LastNs;
    }
}
