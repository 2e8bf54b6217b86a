using VizTrace.Model.Events;

namespace VizTrace.Model.Slices;

/// <summary>Makes begins and ends of events that come in order of time on each row. Allocates only for rows and for deeper nesting.</summary>
internal sealed class Nesting(ISliceVisitor visitor, SliceWalk walk)
{
    /// <summary>Complete slices of one time and row that are put in order; a longer run comes in parts.</summary>
    private const int MostTogether = 4096;

    private static readonly Comparison<SliceRow> s_longestFirst = static (a, b) =>
    {
        int order = ((ulong)b.DurationNs).CompareTo((ulong)a.DurationNs);
        return order != 0 ? order : a.Ordinal.CompareTo(b.Ordinal);
    };

    private readonly List<Row?> _rows = [];
    private int _open;

    /// <summary>Latest time seen, or known beforehand.</summary>
    public long LastNs { get; set; } = long.MinValue;

    /// <summary>Slices that had no room.</summary>
    public long TooDeep { get; private set; }

    /// <summary>Where an event ends; its own time when it has no duration.</summary>
    public static long EndOf(in SliceRow row) =>
        row.Kind != EventKind.Complete || row.DurationNs <= 0 ? row.TimeNs
        : row.TimeNs > long.MaxValue - row.DurationNs ? long.MaxValue
        : row.TimeNs + row.DurationNs;

    /// <summary>Takes the next event; false when it lies before another of its row, and then nothing happened.</summary>
    public bool Take(in SliceRow row)
    {
        Row on = Of(row.Track);
        if (row.TimeNs < on.LastNs)
            return false;
        on.LastNs = row.TimeNs;
        LastNs = Math.Max(LastNs, EndOf(row));
        if (on.WaitingCount > 0 && (row.Kind != EventKind.Complete || row.TimeNs != on.Waiting[0].TimeNs || on.WaitingCount == MostTogether))
            BeginWaiting(on);
        switch (row.Kind)
        {
            case EventKind.Complete:
                on.Wait(row);
                break;
            case EventKind.Begin:
                EndUntil(on, row.TimeNs, keepsEmpty: false);
                Begin(on, row, long.MaxValue);
                break;
            case EventKind.End:
                EndUntil(on, row.TimeNs, keepsEmpty: false);
                End(on, row);
                break;
            default:
                EndUntil(on, row.TimeNs, keepsEmpty: true);
                visitor.Other(row, on.Count);
                break;
        }

        return true;
    }

    /// <summary>No event follows: everything ends.</summary>
    public void Finish()
    {
        for (int track = 0; track < _rows.Count; track++)
            Finish(track);
    }

    /// <summary>No event follows on this row.</summary>
    public void Finish(int track)
    {
        if (_rows[track] is not { } on)
            return;
        BeginWaiting(on);
        EndUntil(on, long.MaxValue - 1, keepsEmpty: false);
        while (on.Count > 0)
        {
            int last = on.Count - 1;
            bool isOpen = on.Open[last].Slice.Kind == EventKind.Begin || on.Open[last].Slice.DurationNs < 0;
            EndAt(on, last, isOpen ? LastNs : long.MaxValue, -1, isOpen);
        }

        _rows[track] = null;
    }

    private void BeginWaiting(Row on)
    {
        if (on.WaitingCount > 1)
            on.Waiting.AsSpan(0, on.WaitingCount).Sort(s_longestFirst);
        for (int i = 0; i < on.WaitingCount; i++)
        {
            ref readonly SliceRow row = ref on.Waiting[i];
            EndUntil(on, row.TimeNs, keepsEmpty: false);
            Begin(on, row, row.DurationNs < 0 ? long.MaxValue : EndOf(row));
        }

        on.WaitingCount = 0;
    }

    private void Begin(Row on, in SliceRow row, long endNs)
    {
        bool overlaps = on.Count >= SliceWalk.MostOverlapping && endNs > on.Open[on.Count - 1].NextEndNs;
        if (_open == SliceWalk.MostOpen || overlaps)
        {
            TooDeep++;
            if (row.Kind == EventKind.Begin)
                on.WithoutRoom++;
            visitor.Other(row, on.Count);
            return;
        }

        _open++;
        on.Push(row, endNs);
        visitor.Begin(row, on.Count);
    }

    private void End(Row on, in SliceRow row)
    {
        if (on.WithoutRoom > 0)
        {
            on.WithoutRoom--;
            visitor.Other(row, on.Count);
            return;
        }

        for (int i = on.Count - 1; i >= 0; i--)
        {
            ref readonly SliceRow slice = ref on.Open[i].Slice;
            if (slice.Kind == EventKind.Begin && Agree(slice.Name, row.Name) && Agree(slice.Category, row.Category))
            {
                walk.EndRow = row;
                EndAt(on, i, row.TimeNs, row.Ordinal, isOpen: false);
                return;
            }
        }

        visitor.Other(row, on.Count);
    }

    private static bool Agree(int a, int b) => a == 0 || b == 0 || a == b;

    /// <summary>Ends Complete slices up to a time. One without duration that began at that time may stay: what hangs on it comes at its time.</summary>
    private void EndUntil(Row on, long ns, bool keepsEmpty)
    {
        while (on.Count > 0 && on.Open[on.Count - 1].NextEndNs <= ns)
        {
            long end = on.Open[on.Count - 1].NextEndNs;
            int i = on.Count - 1;
            while (on.Open[i].EndNs != end)
                i--;
            if (keepsEmpty && end == ns && on.Open[i].Slice.TimeNs == ns)
                return;
            EndAt(on, i, end, -1, isOpen: false);
        }
    }

    private void EndAt(Row on, int index, long endNs, long ordinal, bool isOpen)
    {
        SliceRow slice = on.Open[index].Slice;
        on.Remove(index);
        _open--;
        visitor.End(slice, endNs, ordinal, isOpen);
    }

    private Row Of(int track)
    {
        while (_rows.Count <= track)
            _rows.Add(null);
        return _rows[track] ??= new Row();
    }

    private struct OpenSlice
    {
        public SliceRow Slice;

        /// <summary>Where it ends by itself; <see cref="long.MaxValue"/>: an event ends it, or nothing.</summary>
        public long EndNs;

        /// <summary>Smallest <see cref="EndNs"/> of it and all below it.</summary>
        public long NextEndNs;
    }

    private sealed class Row
    {
        public long LastNs = long.MinValue;
        public OpenSlice[] Open = new OpenSlice[8];
        public int Count;
        public SliceRow[] Waiting = [];
        public int WaitingCount;
        public int WithoutRoom;

        public void Wait(in SliceRow row)
        {
            if (WaitingCount == Waiting.Length)
                Array.Resize(ref Waiting, Math.Max(1, WaitingCount * 2));
            Waiting[WaitingCount++] = row;
        }

        public void Push(in SliceRow row, long endNs)
        {
            if (Count == Open.Length)
                Array.Resize(ref Open, Count * 2);
            ref OpenSlice open = ref Open[Count];
            open.Slice = row;
            open.EndNs = endNs;
            open.NextEndNs = Count == 0 ? endNs : Math.Min(endNs, Open[Count - 1].NextEndNs);
            Count++;
        }

        public void Remove(int index)
        {
            Count--;
            for (int i = index; i < Count; i++)
            {
                Open[i] = Open[i + 1];
                Open[i].NextEndNs = i == 0 ? Open[i].EndNs : Math.Min(Open[i].EndNs, Open[i - 1].NextEndNs);
            }
        }
    }
}
