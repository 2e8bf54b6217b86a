using VizTrace.Model;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Reading;

// Processes, threads and clocks.
internal sealed partial class TraceImporter
{
    private readonly Dictionary<uint, ReadClock> _clocks = [];
    private readonly Dictionary<ulong, ReadThread> _rows = [];
    private readonly Dictionary<ulong, ulong> _lostRows = [];
    private readonly Dictionary<(long Pid, long Tid), ReadThread> _threadsByTid = [];
    private readonly List<ReadThread> _threads = [];
    private readonly List<ProcessInfo> _processes = [];
    private readonly Dictionary<ulong, int> _processRows = [];
    private readonly HashSet<int> _processesWithRow = [];
    private readonly Dictionary<long, int> _processesByPid = [];
    private bool _started;
    private TraceMetadata _metadata = new();

    // Moves an incremental clock on. False: a clock of the sequence's own that nobody explained, or not since packets went missing. The
    // built-in ones are near enough to each other to be taken as they are.
    private bool TryTime(uint id, ulong timestamp, out long time)
    {
        if (id == 0) id = _sequence.DefaultClock;
        if (id == 0) id = ClockIds.Boottime;
        var ofSequence = id is >= ClockIds.Incremental and <= ClockIds.LastOfSequence;
        var clock = ofSequence ? _sequence.Clock(id) : _clocks.GetValueOrDefault(id);
        if (clock is { IsIncremental: true } && clock.Gaps != _gaps) clock = null;
        time = clock?.ToMonotonic(timestamp) ?? (long)timestamp;
        return clock != null || !ofSequence;
    }

    // Each clock's distance to CLOCK_MONOTONIC, by that clock if it is there, else by one whose distance is known, else by boot time as if
    // the machine had never slept.
    private void Snapshot(ClockSnapshot snapshot)
    {
        long? monotonic = null;
        foreach (var c in snapshot.Clocks)
        {
            var ns = Ns(c);
            if (c.ClockId == ClockIds.Monotonic) monotonic = ns;
            else if (monotonic == null && _clocks.TryGetValue(c.ClockId, out var known)) monotonic = ns - known.OffsetNs;
        }
        foreach (var c in snapshot.Clocks)
            if (monotonic == null && c.ClockId == ClockIds.Boottime) monotonic = Ns(c);
        foreach (var c in snapshot.Clocks)
        {
            var ofSequence = c.ClockId is >= ClockIds.Incremental and <= ClockIds.LastOfSequence;
            var clock = new ReadClock
            {
                IsIncremental = c.IsIncremental && ofSequence,
                Gaps = _gaps,
                UnitNs = Unit(c),
                OffsetNs = monotonic == null ? 0 : unchecked(Ns(c) - monotonic.Value),
                Last = (long)c.Timestamp,
            };
            if (ofSequence) _sequence.SetClock(c.ClockId, clock);
            else _clocks[c.ClockId] = clock;
        }

        static long Unit(ClockSnapshot.Types.Clock c) => c.UnitMultiplierNs == 0 ? 1 : (long)c.UnitMultiplierNs;

        static long Ns(ClockSnapshot.Types.Clock c) => unchecked((long)c.Timestamp * Unit(c));
    }

    private void Row(TrackDescriptor row)
    {
        if (row.Thread is { } thread)
        {
            if (!_rows.TryGetValue(row.Uuid, out var known))
            {
                // Another row for the same tid: the number was used again.
                _rows.Add(row.Uuid, known = AddThread(row.ParentUuid, thread.Pid, thread.Tid));
                _threadsByTid[(thread.Pid, thread.Tid)] = known;
            }
            Tell(known, thread.Tid, thread.HasThreadName ? thread.ThreadName : row.HasName ? row.Name : null);
        }
        else if (row.Process is { } process)
        {
            Tell(ProcessOf(row.Uuid, process.Pid), process);
        }
        else if (row.Name == AboutEvents.LostTrackName)
        {
            _lostRows[row.Uuid] = row.ParentUuid;
        }
    }

    private void OldProcess(ProcessDescriptor process) => Tell(ProcessOf(process.Pid), process);

    private void OldThread(ThreadDescriptor thread)
    {
        var known = ThreadByTid(thread.Pid, thread.Tid);
        Tell(known, thread.Tid, thread.HasThreadName ? thread.ThreadName : null);
        _sequence.OldThread = known;
        _sequence.OldTimeUs = thread.ReferenceTimestampUs;
    }

    private ReadThread ThreadByTid(long pid, long tid)
    {
        if (_threadsByTid.TryGetValue((pid, tid), out var thread)) return thread;
        thread = AddThread(0, pid, tid);
        _threadsByTid.Add((pid, tid), thread);
        Tell(thread, tid, null);
        return thread;
    }

    private ReadThread AddThread(ulong processUuid, long pid, long tid)
    {
        var process = _processRows.TryGetValue(processUuid, out var id) ? id : ProcessOf(pid);
        var thread = new ReadThread(_threads.Count);
        _threads.Add(thread);
        thread.Info = new ThreadInfo(thread.Id, process, tid) { Role = pid == tid ? ThreadRole.Main : ThreadRole.Unknown };
        return thread;
    }

    // All that a row tells is the shown name. It stands as the OS's until we know better.
    private void Tell(ReadThread thread, long tid, string? name)
    {
        var info = thread.Info! with { OsTid = tid };
        if (!string.IsNullOrEmpty(name) && !thread.IsComplete) info = info with { OsName = name };
        thread.Info = info;
        EnsureStarted();
        _sink.Thread(info);
    }

    // By its row: two processes may have had one pid. A process that only threads had named gets the row that comes later.
    private int ProcessOf(ulong uuid, long pid)
    {
        if (_processRows.TryGetValue(uuid, out var id)) return id;
        if (!_processesByPid.TryGetValue(pid, out id) || _processesWithRow.Contains(id)) id = AddProcess(pid);
        _processesWithRow.Add(id);
        _processRows.Add(uuid, id);
        return id;
    }

    // By its pid alone, the last process that had it: other tools' threads need not name the row above them.
    private int ProcessOf(long pid) => _processesByPid.TryGetValue(pid, out var id) ? id : AddProcess(pid);

    private int AddProcess(long pid)
    {
        var process = new ProcessInfo(_processes.Count, pid, "");
        _processes.Add(process);
        _processesByPid[pid] = process.Id;
        if (_started) _sink.Process(process);
        return process.Id;
    }

    private void Tell(int id, ProcessDescriptor told)
    {
        var process = _processes[id];
        if (!string.IsNullOrEmpty(told.ProcessName)) process = process with { Name = told.ProcessName };
        if (told.Cmdline.Count > 0) process = process with { CommandLine = string.Join(' ', told.Cmdline) };
        if (process == _processes[id]) return;
        _processes[id] = process;
        if (_started) _sink.Process(process);
    }

    // Processes wait for this, because our traces tell the first one before the metadata.
    private void EnsureStarted()
    {
        if (_started) return;
        _started = true;
        _sink.Start(_metadata with { BoottimeOffsetNs = Offset(ClockIds.Boottime), RealtimeOffsetNs = Offset(ClockIds.Realtime) });
        foreach (var process in _processes) _sink.Process(process);

        long Offset(uint clock) => _clocks.TryGetValue(clock, out var c) ? c.OffsetNs : 0;
    }
}
