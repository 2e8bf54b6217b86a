using VizTrace.Model.Events;

namespace VizTrace.Filters.Merging;

/// <summary>Puts the rows of several traces into one table, with ids of processes and threads that do not clash.</summary>
internal sealed class MergedRows(TrackTable into)
{
    private readonly Dictionary<long, int> _pids = [];
    private readonly Dictionary<long, int> _tids = [];
    private readonly HashSet<long> _taken = [];
    private long _next = 1;

    /// <summary>Adds the rows of the trace with this number; they come behind those that are there, in the same order.</summary>
    public void Add(TrackTable rows, int trace)
    {
        int first = into.Count;
        var pids = new Dictionary<long, long>();
        var tids = new Dictionary<long, long>();
        for (int id = 0; id < rows.Count; id++)
        {
            _taken.Add(rows[id].Pid);
            _taken.Add(rows[id].Tid);
        }

        for (int id = 0; id < rows.Count; id++)
        {
            TrackRow from = rows[id];
            TrackRow row = into.Add(from.Kind, from.Parent < 0 ? -1 : first + from.Parent);
            row.Pid = Free(from.Pid, trace, _pids, pids);

            // On Linux the first thread of a process has its id: it keeps that.
            row.Tid = from.Tid != 0 && from.Tid == from.Pid ? row.Pid : Free(from.Tid, trace, _tids, tids);
            row.OriginalPid = from.OriginalPid ?? (row.Pid != from.Pid ? from.Pid : null);
            row.OriginalTid = from.OriginalTid ?? (row.Tid != from.Tid ? from.Tid : null);
            row.SourceId = MergedSource.Unique(from.SourceId, trace);
            row.SourceText = from.SourceText is null || trace == 0 ? from.SourceText : $"{from.SourceText}#{trace + 1}";
            row.Name = from.Name;
            row.CommandLine = from.CommandLine;
            row.ManagedId = from.ManagedId;
            row.Role = from.Role;
            row.SortIndex = from.SortIndex;
            row.Unit = from.Unit;
            row.IsIncremental = from.IsIncremental;
        }
    }

    /// <summary>The id in the merged trace: its own unless an earlier trace has it.</summary>
    private long Free(long id, int trace, Dictionary<long, int> owners, Dictionary<long, long> given)
    {
        if (id == 0)
            return 0;
        if (given.TryGetValue(id, out long known))
            return known;
        long free = id;
        if (owners.TryGetValue(id, out int owner) && owner != trace)
        {
            while (_taken.Contains(_next))
                _next++;
            free = _next;
            _taken.Add(free);
        }

        owners[free] = trace;
        given[id] = free;
        return free;
    }
}
