namespace VizTrace.Filters.Merging;

/// <summary>Process and thread ids that are taken, and new ones for those that clash. Not thread-safe.</summary>
internal sealed class FreeIds
{
    /// <summary>Above what any Linux gives (2^22) and within what Chrome JSON can carry (2^31).</summary>
    private const long FirstNew = 1_500_000_000;

    private readonly HashSet<long> _pids = [];
    private readonly HashSet<long> _tids = [];
    private long _next = FirstNew;

    /// <summary>Ids that one trace uses for itself are no clash: they are taken when the trace is done.</summary>
    public void Take(IEnumerable<long> pids, IEnumerable<long> tids)
    {
        _pids.UnionWith(pids);
        _tids.UnionWith(tids);
    }

    /// <summary>The pid to use: itself, or a new one when another trace has it. 0 is no id.</summary>
    public long Pid(long pid) => pid == 0 || !_pids.Contains(pid) ? pid : New();

    /// <summary>The same for a tid.</summary>
    public long Tid(long tid) => tid == 0 || !_tids.Contains(tid) ? tid : New();

    private long New()
    {
        while (_pids.Contains(_next) || _tids.Contains(_next))
            _next++;
        return _next++;
    }
}
