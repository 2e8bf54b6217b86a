using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.Perfetto.Reading;

/// <summary>
/// Finds the rows of a trace: by uuid, by pid and tid, by the id of asynchronous events. Each reading makes the same rows in the same order;
/// the first one fills them in, the others find them again.
/// </summary>
internal sealed class RowTable
{
    private readonly TrackTable _tracks;
    private readonly bool _first;
    private readonly Dictionary<ulong, int> _byUuid = [];
    private readonly Dictionary<(long Pid, long Tid), int> _byPidTid = [];
    private readonly Dictionary<long, int> _byTid = [];
    private readonly Dictionary<long, int> _byPid = [];
    private readonly Dictionary<(long Scope, ulong Id, int Text), int> _async = [];
    private readonly Dictionary<int, ulong> _parents = [];
    private readonly List<(long Pid, ulong Uuid)> _state = [];
    private int _next;

    /// <summary>Creates a table that fills in <paramref name="tracks"/> (<paramref name="first"/>) or finds its rows again.</summary>
    public RowTable(TrackTable tracks, bool first)
    {
        _tracks = tracks;
        _first = first;
        Make(TrackKind.Global, -1);
    }

    /// <summary>The row of the trace as a whole.</summary>
    public const int Global = 0;

    /// <summary>The row with this uuid, new or known.</summary>
    public int OfUuid(ulong uuid)
    {
        if (uuid == 0) return Global;
        if (_byUuid.TryGetValue(uuid, out var id)) return id;
        id = Make(TrackKind.Async, -1);
        Bind(id, uuid);
        return id;
    }

    /// <summary>The row with this uuid; -1: none.</summary>
    public int Find(ulong uuid) => uuid == 0 ? Global : _byUuid.GetValueOrDefault(uuid, -1);

    /// <summary>The thread with this number, the last that had it; -1: none.</summary>
    public int FindThread(long tid) => _byTid.GetValueOrDefault(tid, -1);

    /// <summary>A thread by both its numbers, the pid as it was told; -1: none.</summary>
    public int FindThread(long pid, long tid) => pid != 0 ? _byPidTid.GetValueOrDefault((pid, tid), -1) : FindThread(tid);

    /// <summary>The process with this number; -1: none.</summary>
    public int FindProcess(long pid) => _byPid.GetValueOrDefault(pid, -1);

    /// <summary>A thread by its numbers; <paramref name="pid"/> 0: not known.</summary>
    public int OfThread(long pid, long tid)
    {
        int id;
        if (pid != 0)
        {
            if (_byPidTid.TryGetValue((pid, tid), out id)) return id;
            if (!_byTid.TryGetValue(tid, out id) || Pid(id) != 0) id = Make(TrackKind.Thread, -1);
            SetThread(id, pid, tid);
            return id;
        }
        if (_byTid.TryGetValue(tid, out id)) return id;
        id = Make(TrackKind.Thread, -1);
        SetThread(id, 0, tid);
        return id;
    }

    /// <summary>A process by its number.</summary>
    public int OfProcess(long pid)
    {
        if (_byPid.TryGetValue(pid, out var id)) return id;
        id = Make(TrackKind.Process, -1);
        SetProcess(id, pid);
        return id;
    }

    /// <summary>A row of asynchronous events: of a process or thread (<paramref name="scope"/>, a row) or of the trace (-1).</summary>
    public int OfAsync(long scope, ulong id, int text, int parent, TrackKind kind)
    {
        if (_async.TryGetValue((scope, id, text), out var row)) return row;
        row = Make(kind, parent);
        _async.Add((scope, id, text), row);
        if (_first)
        {
            _tracks[row].SourceId = id;
        }
        return row;
    }

    /// <summary>The row with <paramref name="uuid"/> is a thread.</summary>
    public int TellThread(ulong uuid, long pid, long tid)
    {
        if (_byUuid.TryGetValue(uuid, out var id))
        {
            SetThread(id, pid, tid);
            return id;
        }
        // A thread that was known by its numbers alone; with a uuid of its own it is an earlier one whose tid was used again.
        id = uuid == 0 ? OfThread(pid, tid)
            : _byPidTid.TryGetValue((pid, tid), out var known) && Uuid(known) == 0 ? known
            : !_byPidTid.ContainsKey((pid, tid)) && _byTid.TryGetValue(tid, out known) && Pid(known) == 0 ? known
            : Make(TrackKind.Thread, -1);
        if (uuid != 0) Bind(id, uuid);
        SetThread(id, pid, tid);
        return id;
    }

    /// <summary>The row with <paramref name="uuid"/> is a process.</summary>
    public int TellProcess(ulong uuid, long pid)
    {
        if (_byUuid.TryGetValue(uuid, out var id))
        {
            SetProcess(id, pid);
            return id;
        }
        id = uuid == 0 ? OfProcess(pid) : _byPid.TryGetValue(pid, out var known) && Uuid(known) == 0 ? known : Make(TrackKind.Process, -1);
        if (uuid != 0) Bind(id, uuid);
        SetProcess(id, pid);
        return id;
    }

    /// <summary>The row hangs below the one with <paramref name="parent"/>, which may be told later.</summary>
    public void TellParent(int id, ulong parent)
    {
        if (_first) _parents[id] = parent;
    }

    /// <summary>All is read: who hangs below whom.</summary>
    public void Finish()
    {
        if (!_first) return;
        for (var id = 1; id < _tracks.Count; id++)
        {
            var row = _tracks[id];
            if (row.Kind is TrackKind.Thread && row.Parent < 0)
            {
                row.Parent = _parents.TryGetValue(id, out var above) && _byUuid.TryGetValue(above, out var process) && _tracks[process].Kind == TrackKind.Process ? process
                    : row.Pid != 0 && _byPid.TryGetValue(row.Pid, out process) ? process : -1;
            }
            else if (row.Kind is not (TrackKind.Process or TrackKind.Thread) && _parents.TryGetValue(id, out var uuid) && uuid != 0 && _byUuid.TryGetValue(uuid, out var parent))
            {
                row.Parent = IsBelow(parent, id) ? -1 : parent;
            }
            if (row is { Kind: TrackKind.Thread, Role: ThreadRole.Unknown } && row.Pid != 0 && row.Pid == row.Tid) row.Role = ThreadRole.Main;
        }
    }

    private bool IsBelow(int row, int top)
    {
        for (var steps = 0; row >= 0 && steps <= _tracks.Count; steps++)
        {
            if (row == top) return true;
            row = _tracks[row].Parent;
        }
        return row >= 0;
    }

    private void SetThread(int id, long pid, long tid)
    {
        _byPidTid[(pid, tid)] = id;
        _byTid[tid] = id;
        _state[id] = (pid, _state[id].Uuid);
        // The process gets its row now, so that its number is the same in each reading.
        if (pid != 0) OfProcess(pid);
        if (!_first) return;
        var row = _tracks[id];
        row.Kind = TrackKind.Thread;
        row.Tid = tid;
        row.Pid = pid;
    }

    private void SetProcess(int id, long pid)
    {
        _byPid[pid] = id;
        if (!_first) return;
        _tracks[id].Kind = TrackKind.Process;
        _tracks[id].Pid = pid;
    }

    // Rows are looked at as they stand at this place of the file, not as the whole of it left them.
    private long Pid(int id) => _state[id].Pid;

    private ulong Uuid(int id) => _state[id].Uuid;

    private void Bind(int id, ulong uuid)
    {
        _byUuid[uuid] = id;
        _state[id] = (_state[id].Pid, uuid);
        if (_first) _tracks[id].SourceId = uuid;
    }

    private int Make(TrackKind kind, int parent)
    {
        var id = _next++;
        _state.Add((0, 0));
        if (id == _tracks.Count) _tracks.Add(kind, parent);
        return id;
    }
}
