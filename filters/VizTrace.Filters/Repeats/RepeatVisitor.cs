using VizTrace.Filters.Deciding;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Repeats;

/// <summary>The reading that merges repeats: a sliding window of undecided slices below each open one.</summary>
internal sealed class RepeatVisitor(MergeRepeats filter, SliceWalk walk, RowTotals? totals) : IStageVisitor, IRowNotes
{
    /// <summary>Events that all undecided slices together may hold back; 64 bytes each.</summary>
    private const int MostHeld = 1 << 18;

    private readonly StageResult _result = new(1);
    private readonly FlowLists _flows = new();
    private readonly List<List<Call>?> _open = [];
    private readonly List<List<ulong>?> _awaiting = [];
    private readonly Stack<Call> _unused = new();
    private long _slices;
    private int _held;

    /// <inheritdoc/>
    public StageResult Result
    {
        get
        {
            foreach (List<Call>? row in _open)
            {
                if (row is not null)
                    Slide(row[0], isLast: true);
            }

            _result.KeptSlices = _slices - _result.Counts[0].Slices;
            return _result;
        }
    }

    /// <inheritdoc/>
    public bool Note(scoped in TraceEvent e, ref SliceRow row)
    {
        totals?.Add(e);
        if (FlowLists.IsFlow(e.Kind))
            _result.Flows.Add(e);
        else
            _result.Cover(e.TimeNs, StageVisitor.EndOf(e.Kind, e.TimeNs, e.DurationNs));
        _slices += IsSlice(e.Kind) ? 1 : 0;
        _flows.Note(e, 0, ref row);
        return true;
    }

    /// <inheritdoc/>
    public void Begin(scoped in SliceRow slice, int depth)
    {
        List<Call> on = Of(slice.Track);
        Call call = New(slice, merges: true);
        on.Add(call);
        if (_awaiting[slice.Track] is not { Count: > 0 } flows)
            return;
        call.Flows.AddRange(flows);
        flows.Clear();
    }

    /// <inheritdoc/>
    public void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen)
    {
        List<Call> on = Of(slice.Track);
        int i = on.Count - 1;
        while (on[i].Slice.Ordinal != slice.Ordinal)
            i--;

        // What began in it and goes on overlaps it.
        for (int overlapping = i; i < on.Count - 1 && overlapping < on.Count; overlapping++)
            Release(on[overlapping]);
        Call call = on[i];
        if (isOpen || endNs - slice.TimeNs > filter.LongestNs)
            Release(call);
        on.RemoveAt(i);
        Slide(call, isLast: true);
        call.EndNs = endNs;
        call.EndRow = endOrdinal >= 0 ? walk.EndRow : null;
        Call above = on[i - 1];
        if (call.Merges)
            above.Shape = Call.Mixed(above.Shape, call.Shape);
        else
            Release(above);
        above.Undecided.Add(call);
        Slide(above, isLast: false);
    }

    /// <inheritdoc/>
    public void Other(scoped in SliceRow row, int depth)
    {
        List<Call> on = Of(row.Track);
        Call inner = on[^1];
        if (FlowLists.IsFlow(row.Kind))
        {
            if (FlowLists.BindsNext(row))
                (_awaiting[row.Track] ??= []).Add(row.FlowId);
            else
                inner.Flows.Add(row.FlowId);
            if (on.Count == 1)
                inner.Flows.Clear();
        }
        else if (row.Kind is EventKind.Instant or EventKind.End or EventKind.Begin or EventKind.Complete)
        {
            Hold(inner, row);
        }
    }

    private static bool IsSlice(EventKind kind) => kind is EventKind.Begin or EventKind.Complete;

    /// <summary>Decides over the slices below <paramref name="above"/> as far as they are known.</summary>
    private void Slide(Call above, bool isLast)
    {
        List<Call> undecided = above.Undecided;
        while (undecided.Count > 0 || (isLast && above.Run is not null))
        {
            if (above.Run is { } run)
            {
                int alike = 0;
                while (alike < Math.Min(undecided.Count, run.Shapes.Length) && undecided[alike].Merges && undecided[alike].Shape == run.Shapes[alike])
                    alike++;
                if (alike == run.Shapes.Length)
                    Join(run, undecided, alike);
                else if (alike < undecided.Count || isLast)
                    Close(above, run);
                else
                    return;
                continue;
            }

            int length = Sequence(undecided, isLast, out bool mayCome);
            if (length > 0)
                above.Run = Open(undecided, length);
            else if (mayCome)
                return;
            else
                Leave(above, undecided);
        }
    }

    /// <summary>Length of the shortest sequence that repeats from the first slice on; 0: none does (yet).</summary>
    private static int Sequence(List<Call> slices, bool isLast, out bool mayCome)
    {
        mayCome = false;
        for (int length = 1; length <= MergeRepeats.LongestSequence; length++)
        {
            int needed = length * MergeRepeats.FewestRepeats;
            int known = Math.Min(needed, slices.Count);
            int i = length;
            while (i < known && Call.Alike(slices[i], slices[i - length]))
                i++;
            if (i < known || !slices[0].Merges)
                continue;
            if (known == needed)
                return length;
            mayCome |= !isLast;
        }

        return 0;
    }

    private Run Open(List<Call> slices, int length)
    {
        Call first = slices[0];
        var run = new Run
        {
            Shapes = [.. slices.Take(length).Select(s => s.Shape)],
            Name = length == 1 ? null : string.Join(", ", slices.Take(length).Select(s => filter.Texts.Get(s.Slice.Name))),
            First = first.Slice,
        };
        run.Flows.AddRange(first.Flows);
        return run;
    }

    /// <summary>A sequence goes into a run.</summary>
    private void Join(Run run, List<Call> slices, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Call call = slices[i];
            bool isFirst = call.Slice.Ordinal == run.First.Ordinal;
            if (!isFirst)
            {
                Drop(call.Slice);
                Cut(call.Flows);
            }

            foreach (SliceRow row in call.Below)
                Drop(row);
            Cut(call.FlowsBelow);
            if (call.EndRow is { } end)
            {
                // The last end event of the run stays where the first begin is an event of its own: its time is already right.
                SliceRow? goes = run.First.Kind == EventKind.Complete ? end : run.EndRow;
                if (goes is { } row)
                    Drop(row);
                if (run.First.Kind != EventKind.Complete)
                    run.EndRow = end;
            }

            run.EndNs = call.EndNs;
            run.TotalNs += call.EndNs - call.Slice.TimeNs;
            Recycle(call);
        }

        run.Repeats++;
        slices.RemoveRange(0, count);
    }

    /// <summary>A run is complete.</summary>
    private void Close(Call above, Run run)
    {
        above.Run = null;
        long? duration = run.First.Kind == EventKind.Complete ? run.EndNs - run.First.TimeNs : null;
        _result.Changes[run.First.Ordinal] = new Change(null, duration, run.Name, [new("repeats", run.Repeats), new("total_ns", run.TotalNs)]);
        _result.Counts[0].Changed++;
        Hold(above, run.First);
        if (run.EndRow is { } end)
        {
            string? name = end.Name != 0 ? run.Name : null;
            if (end.TimeNs != run.EndNs || name is not null)
                _result.Changes[end.Ordinal] = new Change(end.TimeNs != run.EndNs ? run.EndNs : null, null, name, null);
            Hold(above, end);
        }

        if (above.Merges)
            above.FlowsBelow.AddRange(run.Flows);
    }

    /// <summary>The first undecided slice repeats nothing: it stays as it is.</summary>
    private void Leave(Call above, List<Call> undecided)
    {
        Call call = undecided[0];
        undecided.RemoveAt(0);
        Hold(above, call.Slice);
        if (call.EndRow is { } end)
            Hold(above, end);
        foreach (SliceRow row in call.Below)
            Hold(above, row);
        if (above.Merges)
        {
            above.FlowsBelow.AddRange(call.Flows);
            above.FlowsBelow.AddRange(call.FlowsBelow);
        }

        Recycle(call);
    }

    /// <summary>An event goes with a slice, should that be merged.</summary>
    private void Hold(Call call, in SliceRow row)
    {
        if (!call.Merges)
            return;
        if (call.Below.Count == MergeRepeats.MostBelow || _held == MostHeld)
        {
            Release(call);
            return;
        }

        call.Below.Add(row);
        _held++;
    }

    /// <summary>The slice will not be merged.</summary>
    private void Release(Call call)
    {
        _held -= call.Below.Count;
        call.Below.Clear();
        call.FlowsBelow.Clear();
        call.Merges = false;
    }

    private void Drop(in SliceRow row)
    {
        if (_result.Changes.Remove(row.Ordinal, out Change change) && change.Added is not null)
            _result.Counts[0].Changed--;
        _result.Dropped.Set(row.Ordinal);
        _result.Counts[0].Drop(IsSlice(row.Kind), row.Bytes);
        _result.Drop(row.Track);
        _flows.Cut(row, 0, _result.Flows);
    }

    private void Cut(List<ulong> flows)
    {
        foreach (ulong flow in flows)
            _result.Flows.Cut(flow, 0);
    }

    private List<Call> Of(int track)
    {
        while (_open.Count <= track)
        {
            _open.Add(null);
            _awaiting.Add(null);
        }

        // The first stands for the row itself.
        return _open[track] ??= [New(default, merges: false)];
    }

    private Call New(in SliceRow slice, bool merges)
    {
        Call call = _unused.Count > 0 ? _unused.Pop() : new Call();
        call.Begin(slice, merges);
        return call;
    }

    private void Recycle(Call call)
    {
        _held -= call.Below.Count;
        call.Below.Clear();
        _unused.Push(call);
    }
}
