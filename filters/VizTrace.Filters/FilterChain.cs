using VizTrace.Filters.Applying;
using VizTrace.Filters.Deciding;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters;

/// <summary>
/// Filters in the order given. The result equals writing what the first leaves to a file, reading it, and so on; but filters that can be
/// decided together share a reading. Not thread-safe.
/// </summary>
/// <param name="filters">The filters, in order.</param>
public sealed class FilterChain(IReadOnlyList<Filter> filters)
{
    /// <summary>The filters, in order.</summary>
    public IReadOnlyList<Filter> Filters { get; } = filters;

    /// <summary>The chain as a command.</summary>
    public string Command => string.Join(' ', Filters.Select(f => f.ToString()).Prepend("filter"));

    /// <summary>How many events are sorted in memory when a file is not in order of time; 64 bytes each.</summary>
    internal int RowsInMemory { get; init; } = 1 << 18;

    /// <summary>
    /// Decides over every event of <paramref name="source"/>, which need not have been read before: one reading for each stage, and one more
    /// before the first where rows have to be known. Memory: a bit for each event, what the walk needs, and what is changed or cut.
    /// </summary>
    /// <param name="source">The trace.</param>
    /// <param name="temporaryDirectory">Where events are sorted that are not in order of time and do not fit into memory.</param>
    /// <param name="progress">Gets the part done, 0 to 1.</param>
    /// <exception cref="TraceException">The source's own; <see cref="ErrorId.BadOutput"/> or <see cref="ErrorId.DiskFull"/> of the temporary file.</exception>
    public FilterPlan Decide(ITraceSource source, string temporaryDirectory, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        List<Stage> stages = Stage.Of(Filters);
        var run = new ChainRun(source, stages, temporaryDirectory, RowsInMemory, progress);
        return run.Decide(Command);
    }
}

/// <summary>One run of a chain over one source.</summary>
internal sealed class ChainRun(ITraceSource source, List<Stage> stages, string directory, int rowsInMemory, Action<double>? progress)
{
    private readonly Decisions _decisions = new();
    private readonly List<LedgerEntry> _entries = [];
    private readonly List<long> _dropped = [];
    private RowTotals? _totals;
    private bool _sorts;
    private int _readings;
    private int _planned;
    private long _keptSlices;
    private long _tooDeep;
    private long _startNs = long.MaxValue;
    private long _endNs = long.MinValue;

    /// <summary>Reads as often as needed.</summary>
    public FilterPlan Decide(string command)
    {
        bool surveys = stages.Count == 0 || stages[0].NeedsSurvey;
        _planned = stages.Count + (surveys ? 1 : 0);
        if (surveys)
            Survey();
        if (surveys && stages is [] or [{ IsFlat: true }] && !source.Facts.HasFlows && stages.All(s => s.Filters.All(f => f is Rows.RowFilter)))
            DecideByRow();
        else
            stages.ForEach(Run);
        var dropped = new long[source.Tracks.Count];
        for (int id = 0; id < Math.Min(dropped.Length, _dropped.Count); id++)
            dropped[id] = _dropped[id];
        _decisions.HideEmptied(source.Tracks, _totals!, dropped);
        bool covers = _startNs <= _endNs;
        var ledger = new Ledger(command, _entries) { StartNs = covers ? _startNs : 0, EndNs = covers ? _endNs : 0, KeptSlices = _keptSlices };
        return new FilterPlan(_decisions, ledger, _readings, _tooDeep);
    }

    private void Survey()
    {
        _totals = new RowTotals();
        source.Read(new TotalsSink(_totals), EventParts.Times, Part());
        _readings++;
        _sorts = _totals.IsOutOfOrder;
    }

    /// <summary>Rows alone decide and the survey counted them: no further reading.</summary>
    private void DecideByRow()
    {
        Filter[] filters = stages.Count == 0 ? [] : stages[0].Filters;
        foreach (Filter filter in filters)
            filter.Prepare(source);
        var result = new StageResult(filters.Length);
        for (int id = 0; id < source.Tracks.Count; id++)
        {
            RowTotals.Totals row = _totals![id];
            if (row.Events == 0)
                continue;
            int by = Array.FindIndex(filters, f => f.DroppedRows![id]);
            if (by < 0)
            {
                result.Cover(row.StartNs, row.EndNs);
                result.KeptSlices += row.Slices;
                continue;
            }

            result.Counts[by].Slices += row.Slices;
            result.Counts[by].Events += row.Events;
            result.Counts[by].Bytes += row.Bytes;
        }

        if (stages.Count > 0)
            Take(stages[0], result);
        else
            (_keptSlices, _startNs, _endNs) = (result.KeptSlices, result.StartNs, result.EndNs);
    }

    private void Run(Stage stage)
    {
        ITraceSource input = _entries.Count == 0 ? source : new FilteredSource(source, _decisions);
        foreach (Filter filter in stage.Filters)
            filter.Prepare(input);
        bool counts = _totals is null;
        EventParts parts = stage.Parts | (_readings == 0 || source.Facts.HasFlows ? EventParts.Flows : 0);
        var walk = new SliceWalk(input, parts, directory, rowsInMemory) { Sorts = _sorts && !stage.IsFlat };
        StageResult result = walk.Run(
            () =>
            {
                // A walk that starts anew counts anew.
                RowTotals? totals = counts ? _totals = new RowTotals() : null;
                return stage.Visitor(walk, totals);
            },
            Part()).Result;
        _readings += walk.Sorts && !_sorts ? 2 : 1;
        _sorts |= walk.Sorts;
        _tooDeep = Math.Max(_tooDeep, walk.TooDeep);
        Take(stage, result);
    }

    private void Take(Stage stage, StageResult result)
    {
        _decisions.Take(stage, result);
        for (int place = 0; place < stage.Filters.Length; place++)
        {
            Count count = result.Counts[place];
            _entries.Add(new LedgerEntry(stage.Filters[place].ToString(), count.Slices, count.Events, count.Bytes) { Changed = count.Changed, Flows = count.Flows });
        }

        for (int id = 0; id < result.DroppedOf.Count; id++)
        {
            while (_dropped.Count <= id)
                _dropped.Add(0);
            _dropped[id] += result.DroppedOf[id];
        }

        (_keptSlices, _startNs, _endNs) = (result.KeptSlices, result.StartNs, result.EndNs);
    }

    private Action<double>? Part()
    {
        int done = _readings;
        return progress is null ? null : part => progress(Math.Min(1, (done + part) / Math.Max(1, _planned)));
    }

    private sealed class TotalsSink(RowTotals totals) : IEventSink
    {
        public void Event(scoped in TraceEvent e) => totals.Add(e);
    }
}
