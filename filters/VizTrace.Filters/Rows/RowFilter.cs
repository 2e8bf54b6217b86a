using VizTrace.Model.Events;

namespace VizTrace.Filters.Rows;

/// <summary>A filter that takes whole rows, with all that hangs below them.</summary>
public abstract class RowFilter : Filter
{
    private protected RowFilter(string option, string value)
        : base(option, value)
    {
    }

    internal override Decision Decides => Decision.ByRow;

    internal override bool NeedsRows => true;

    internal override void Prepare(ITraceSource input)
    {
        TrackTable rows = input.Tracks;
        var own = new bool[rows.Count];
        for (int id = 0; id < own.Length; id++)
            own[id] = DropsItself(rows[id], rows);
        DroppedRows = new bool[rows.Count];
        for (int id = 0; id < own.Length; id++)
        {
            for (int above = id; above >= 0 && !DroppedRows[id]; above = rows[above].Parent)
                DroppedRows[id] = own[above];
        }
    }

    private protected abstract bool DropsItself(TrackRow row, TrackTable rows);
}
