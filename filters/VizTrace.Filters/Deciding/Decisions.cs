using VizTrace.Filters.Applying;
using VizTrace.Model.Events;

namespace VizTrace.Filters.Deciding;

/// <summary>What the stages of a chain decided so far, as a judge.</summary>
internal sealed class Decisions : IEventJudge
{
    private readonly EventBits _dropped = new();
    private readonly Dictionary<long, Change> _changes = [];
    private readonly HashSet<ulong> _cut = [];
    private readonly List<DropArguments> _arguments = [];
    private readonly Func<ulong, bool> _isCut;
    private readonly ArgumentChoice _dropsArgument;
    private readonly OutermostNames _names = new();
    private bool[] _goneRows = [];
    private bool[] _hiddenRows = [];

    public Decisions()
    {
        _isCut = _cut.Contains;
        _dropsArgument = DropsArgument;
    }

    /// <inheritdoc/>
    public EventParts Parts =>
        EventParts.Times | (_cut.Count > 0 ? EventParts.Flows : 0) | (_arguments.Count > 0 ? EventParts.Arguments : 0);

    /// <inheritdoc/>
    public bool DecidesByTrack => !_dropped.Any && _changes.Count == 0 && _cut.Count == 0 && _arguments.Count == 0;

    /// <inheritdoc/>
    public bool KeepsTrack(int track) => KeepsEventsOf(track) && !(track < _hiddenRows.Length && _hiddenRows[track]);

    /// <inheritdoc/>
    public bool KeepsEventsOf(int track) => track >= _goneRows.Length || !_goneRows[track];

    /// <inheritdoc/>
    public Verdict Judge(scoped in TraceEvent e, EventEdit edit)
    {
        if (!KeepsEventsOf(e.Track) || _dropped[e.Ordinal])
            return Verdict.Drop;
        bool changes = false;
        if (_changes.Count > 0 && _changes.TryGetValue(e.Ordinal, out Change change))
        {
            changes = true;
            edit.TimeNs = change.TimeNs;
            edit.DurationNs = change.DurationNs;
            edit.Name = change.Name;
            if (change.Added is not null)
                edit.Added.AddRange(change.Added);
        }

        if (_cut.Count > 0)
        {
            if (e.Kind is EventKind.FlowBegin or EventKind.FlowStep or EventKind.FlowEnd && _cut.Contains(e.FlowId))
                return Verdict.Drop;
            if (AnyCut(e.Flows) || AnyCut(e.EndingFlows))
            {
                changes = true;
                edit.DropsFlow = _isCut;
            }
        }

        if (_arguments.Count > 0 && DropArguments.Concerns(e.Kind) && _names.Any(e, _dropsArgument))
        {
            changes = true;
            edit.DropsArgument = _dropsArgument;
        }

        return changes ? Verdict.Change : Verdict.Keep;
    }

    /// <summary>Adds what a stage decided.</summary>
    public void Take(Stage stage, StageResult result)
    {
        _dropped.Take(result.Dropped);
        foreach ((long ordinal, Change change) in result.Changes)
            _changes[ordinal] = _changes.TryGetValue(ordinal, out Change earlier) ? earlier.Then(change) : change;
        result.Flows.Settle(result, _cut);
        foreach (Filter filter in stage.Filters)
        {
            if (filter is DropArguments arguments)
                _arguments.Add(arguments);
            else if (filter.DroppedRows is { } rows)
                Drop(rows);
        }
    }

    /// <summary>Hides rows that the filters emptied; <paramref name="dropped"/> counts the events that went, by row.</summary>
    public void HideEmptied(TrackTable rows, RowTotals totals, long[] dropped)
    {
        var before = new long[rows.Count];
        var after = new long[rows.Count];
        for (int id = 0; id < rows.Count; id++)
        {
            long had = totals[id].Events;
            long left = KeepsEventsOf(id) ? had - dropped[id] : 0;
            for (int above = id; above >= 0; above = rows[above].Parent)
            {
                before[above] += had;
                after[above] += left;
            }
        }

        _hiddenRows = new bool[rows.Count];
        for (int id = 0; id < rows.Count; id++)
        {
            for (int above = id; above >= 0 && !_hiddenRows[id]; above = rows[above].Parent)
                _hiddenRows[id] = rows[above].Kind != TrackKind.Global && before[above] > 0 && after[above] == 0;
        }
    }

    private void Drop(bool[] rows)
    {
        if (_goneRows.Length < rows.Length)
            Array.Resize(ref _goneRows, rows.Length);
        for (int id = 0; id < rows.Length; id++)
            _goneRows[id] |= rows[id];
    }

    private bool AnyCut(scoped ReadOnlySpan<ulong> flows)
    {
        foreach (ulong flow in flows)
        {
            if (_cut.Contains(flow))
                return true;
        }

        return false;
    }

    private bool DropsArgument(ReadOnlySpan<byte> name)
    {
        foreach (DropArguments filter in _arguments)
        {
            if (filter.DropsArgument(name))
                return true;
        }

        return false;
    }
}
