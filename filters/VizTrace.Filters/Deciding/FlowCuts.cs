using System.Runtime.InteropServices;
using VizTrace.Model.Events;

namespace VizTrace.Filters.Deciding;

/// <summary>
/// Flows of a reading, which filter cut each, and the flow events that go with it. Grows with the number of flows (about 50 bytes each and 16 for each of their events), not
/// with that of other events.
/// </summary>
internal sealed class FlowCuts
{
    private readonly Dictionary<ulong, Flow> _flows = [];
    private readonly List<(ulong Flow, int Track)> _events = [];

    /// <summary>Notes a flow event.</summary>
    public void Add(scoped in TraceEvent e)
    {
        ref Flow flow = ref CollectionsMarshal.GetValueRefOrAddDefault(_flows, e.FlowId, out _);
        flow.Events++;
        flow.Bytes += e.Bytes;
        _events.Add((e.FlowId, e.Track));
    }

    /// <summary>The filter at <paramref name="place"/> cuts a flow; the first in the chain counts.</summary>
    public void Cut(ulong id, int place)
    {
        ref Flow flow = ref CollectionsMarshal.GetValueRefOrAddDefault(_flows, id, out _);
        if (flow.CutBy == 0 || flow.CutBy > place + 1)
            flow.CutBy = place + 1;
    }

    /// <summary>Counts what went, also for its rows, and adds the cut flows' ids to <paramref name="cut"/>.</summary>
    public void Settle(StageResult result, HashSet<ulong> cut)
    {
        foreach ((ulong id, int track) in _events)
        {
            if (_flows[id].CutBy != 0)
                result.Drop(track);
        }

        foreach ((ulong id, Flow flow) in _flows)
        {
            if (flow.CutBy == 0)
                continue;
            cut.Add(id);
            Count count = result.Counts[flow.CutBy - 1];
            count.Flows++;
            count.Events += flow.Events;
            count.Bytes += flow.Bytes;
        }
    }

    private struct Flow
    {
        /// <summary>Place of the filter, from 1; 0: not cut.</summary>
        public int CutBy;
        public int Events;
        public long Bytes;
    }
}

/// <summary>What one filter did.</summary>
internal sealed class Count
{
    public long Slices;
    public long Events;
    public long Bytes;
    public long Changed;
    public long Flows;

    /// <summary>Counts an event that goes.</summary>
    public void Drop(bool isSlice, int bytes)
    {
        Slices += isSlice ? 1 : 0;
        Events++;
        Bytes += bytes;
    }
}
