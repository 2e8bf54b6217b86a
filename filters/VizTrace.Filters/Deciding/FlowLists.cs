using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Deciding;

/// <summary>Notes the flows of an event in its row: one in place, several in a list of their own.</summary>
internal sealed class FlowLists
{
    private const int Many = int.MinValue;

    private readonly List<ulong[]> _lists = [];

    /// <summary>Notes those of an event, and <paramref name="bits"/> (31 of them).</summary>
    public void Note(scoped in TraceEvent e, uint bits, ref SliceRow row)
    {
        if (IsFlow(e.Kind))
        {
            row = row with { Extra = e.Kind == EventKind.FlowEnd && !e.BindsEnclosing ? 1 : 0 };
            return;
        }

        bool many = e.Flows.Length + e.EndingFlows.Length > 1;
        if (!many && bits == 0)
            return;
        if (many)
            _lists.Add([.. e.Flows, .. e.EndingFlows]);
        row = row with { FlowId = many ? (ulong)_lists.Count - 1 : row.FlowId, Extra = (int)bits | (many ? Many : 0) };
    }

    /// <summary>Whether the event is a flow's own.</summary>
    public static bool IsFlow(EventKind kind) => kind is EventKind.FlowBegin or EventKind.FlowStep or EventKind.FlowEnd;

    /// <summary>Whether a flow's event belongs to the next slice that begins.</summary>
    public static bool BindsNext(in SliceRow row) => row.Extra != 0;

    /// <summary>Cuts the flows of an event that goes.</summary>
    public void Cut(in SliceRow row, int place, FlowCuts cuts)
    {
        if ((row.Extra & Many) != 0)
        {
            foreach (ulong flow in _lists[(int)row.FlowId])
                cuts.Cut(flow, place);
        }
        else if (row.FlowId != 0)
        {
            cuts.Cut(row.FlowId, place);
        }
    }
}
