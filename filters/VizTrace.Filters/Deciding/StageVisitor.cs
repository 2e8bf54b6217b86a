using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Deciding;

/// <summary>
/// One reading of a stage: its filters in order, each asked about what those before it leave. Filters that go by the row alone and stand
/// first are asked while the file is read, and what they drop never enters the walk.
/// </summary>
internal sealed class StageVisitor(Stage stage, SliceWalk walk, RowTotals? totals) : IStageVisitor, IRowNotes
{
    private readonly Filter[] _filters = stage.Filters;
    private readonly List<OpenCalls?> _open = [];
    private readonly FlowLists _flows = new();
    private readonly EndedCall _ended = new();

    /// <summary>What was decided.</summary>
    public StageResult Result { get; } = new(stage.Filters.Length);

    /// <summary>Where an event ends.</summary>
    public static long EndOf(EventKind kind, long timeNs, long durationNs) =>
        kind != EventKind.Complete || durationNs <= 0 ? timeNs : timeNs > long.MaxValue - durationNs ? long.MaxValue : timeNs + durationNs;

    /// <inheritdoc/>
    public bool Note(scoped in TraceEvent e, ref SliceRow row)
    {
        totals?.Add(e);
        bool isFlow = FlowLists.IsFlow(e.Kind);
        if (isFlow)
            Result.Flows.Add(e);
        uint bits = 0;
        for (int place = 0; place < stage.Leading; place++)
        {
            Filter filter = _filters[place];
            if (filter.DroppedRows?[e.Track] == true)
            {
                CutFlows(e, place);
                if (!isFlow)
                {
                    Result.Counts[place].Drop(IsSlice(e.Kind), e.Bytes);
                    Result.Drop(e.Track);
                }

                return false;
            }

            if (filter is DropFlows)
                CutFlows(e, place);
            else if (filter.Bits > 0 && filter.Note(e) != 0)
                Result.Counts[place].Changed++;
        }

        if (stage.IsFlat)
        {
            if (!isFlow)
                Result.Cover(e.TimeNs, EndOf(e.Kind, e.TimeNs, e.DurationNs));
            if (IsSlice(e.Kind))
                Result.KeptSlices++;
            return false;
        }

        for (int place = stage.Leading; place < _filters.Length; place++)
        {
            if (_filters[place].Bits > 0 && !isFlow)
                bits |= _filters[place].Note(e) << _filters[place].FirstBit;
            else if (_filters[place] is DropFlows)
                CutFlows(e, place);
        }

        _flows.Note(e, bits, ref row);
        return true;
    }

    /// <inheritdoc/>
    public void Begin(scoped in SliceRow slice, int depth)
    {
        OpenCalls on = Of(slice.Track);
        int by = OpenCalls.Kept;
        for (int place = stage.Leading; place < stage.Begins && by == OpenCalls.Kept; place++)
        {
            Filter filter = _filters[place];
            if (filter.DroppedRows is { } rows ? rows[slice.Track] : filter.DropsBegin(slice, on, place))
                by = place;
            else
                CountArguments(filter, place, slice);
        }

        on.Push(slice, by);
        if (by != OpenCalls.Kept)
            Drop(slice, by);
        if (on.Awaiting is not { Count: > 0 } awaiting)
            return;
        foreach (ulong flow in awaiting)
            Bind(ref on.Last, flow);
        awaiting.Clear();
    }

    /// <inheritdoc/>
    public void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen)
    {
        OpenCalls.Call call = Of(slice.Track).Remove(slice.Ordinal);
        int by = call.DroppedBy;
        if (by == OpenCalls.Kept)
        {
            by = DecideEnded(call, endNs, isOpen);
            if (by != OpenCalls.Kept)
            {
                Drop(slice, by);
                CutFlows(call.Flows, by);
            }
            else
            {
                Keep(slice, endNs, endOrdinal, isOpen);
            }
        }

        if (by != OpenCalls.Kept && endOrdinal >= 0)
            Drop(walk.EndRow, by);
    }

    /// <inheritdoc/>
    public void Other(scoped in SliceRow row, int depth)
    {
        OpenCalls on = Of(row.Track);
        int by = OpenCalls.Kept;
        for (int place = stage.Leading; place < _filters.Length && by == OpenCalls.Kept; place++)
        {
            Filter filter = _filters[place];
            if (filter.DroppedRows is { } rows ? rows[row.Track] : filter.DropsOther(row, on, place))
                by = place;
            else
                CountArguments(filter, place, row);
        }

        if (!FlowLists.IsFlow(row.Kind))
        {
            if (by != OpenCalls.Kept)
            {
                Drop(row, by);
                return;
            }

            Result.Cover(row.TimeNs, EndOf(row.Kind, row.TimeNs, row.DurationNs));
            Result.KeptSlices += IsSlice(row.Kind) ? 1 : 0;
            return;
        }

        // A flow's events go with the flow, and are counted with it.
        if (by != OpenCalls.Kept)
            Result.Flows.Cut(row.FlowId, by);
        if (FlowLists.BindsNext(row))
            (on.Awaiting ??= []).Add(row.FlowId);
        else if (on.Count > 0)
            Bind(ref on.Last, row.FlowId);
    }

    private static bool IsSlice(EventKind kind) => kind is EventKind.Begin or EventKind.Complete;

    private int DecideEnded(in OpenCalls.Call call, long endNs, bool isOpen)
    {
        _ended.Slice = call.Slice;
        _ended.BeginNs = call.Slice.TimeNs;
        _ended.EndNs = endNs;
        _ended.IsOpen = isOpen;
        _ended.Depth = call.Depth;
        _ended.Added.Clear();
        for (int place = stage.Begins; place < _filters.Length; place++)
        {
            Filter filter = _filters[place];
            int added = _ended.Added.Count;
            if (filter.DroppedRows is { } rows ? rows[call.Slice.Track] : filter.DropsEnded(_ended))
                return place;
            if (_ended.Added.Count > added)
                Result.Counts[place].Changed++;
            CountArguments(filter, place, call.Slice);
        }

        return OpenCalls.Kept;
    }

    private void Keep(in SliceRow slice, long endNs, long endOrdinal, bool isOpen)
    {
        Result.KeptSlices++;
        Result.Cover(_ended.BeginNs, isOpen ? _ended.BeginNs : _ended.EndNs);
        if (_ended.Added.Count == 0)
            return;
        long? time = _ended.BeginNs != slice.TimeNs ? _ended.BeginNs : null;
        long? duration = slice.Kind == EventKind.Complete && !isOpen ? _ended.EndNs - _ended.BeginNs : null;
        Result.Changes[slice.Ordinal] = new Change(time, duration, null, [.. _ended.Added]);
        if (endOrdinal >= 0 && _ended.EndNs != endNs)
            Result.Changes[endOrdinal] = new Change(_ended.EndNs, null, null, null);
    }

    private void Drop(in SliceRow row, int place)
    {
        Result.Dropped.Set(row.Ordinal);
        Result.Counts[place].Drop(IsSlice(row.Kind), row.Bytes);
        Result.Drop(row.Track);
        _flows.Cut(row, place, Result.Flows);
    }

    private void Bind(ref OpenCalls.Call call, ulong flow)
    {
        if (call.DroppedBy != OpenCalls.Kept)
            Result.Flows.Cut(flow, call.DroppedBy);
        else
            (call.Flows ??= []).Add(flow);
    }

    private void CutFlows(scoped in TraceEvent e, int place)
    {
        if (FlowLists.IsFlow(e.Kind))
            Result.Flows.Cut(e.FlowId, place);
        foreach (ulong flow in e.Flows)
            Result.Flows.Cut(flow, place);
        foreach (ulong flow in e.EndingFlows)
            Result.Flows.Cut(flow, place);
    }

    private void CutFlows(List<ulong>? flows, int place)
    {
        if (flows is null)
            return;
        foreach (ulong flow in flows)
            Result.Flows.Cut(flow, place);
    }

    private void CountArguments(Filter filter, int place, in SliceRow row)
    {
        if (filter is DropArguments && ((uint)row.Extra >> filter.FirstBit & 1) != 0 && !FlowLists.IsFlow(row.Kind))
            Result.Counts[place].Changed++;
    }

    private OpenCalls Of(int track)
    {
        while (_open.Count <= track)
            _open.Add(null);
        return _open[track] ??= new OpenCalls(_filters.Length);
    }
}
