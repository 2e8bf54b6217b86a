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
    private readonly Dictionary<long, ProcessInfo> _processes = [];
    private readonly Dictionary<ulong, long> _processRows = [];
    private bool _started;
    private TraceMetadata _metadata = new();

    private ReadClock? ClockOf(uint id)
    {
        if (id == 0) id = _sequence.DefaultClock;
        if (id == 0) id = ClockIds.Boottime;
        return id is >= ClockIds.Incremental and <= ClockIds.LastOfSequence ? _sequence.Clocks[id - ClockIds.Incremental] : _clocks.GetValueOrDefault(id);
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
            var clock = new ReadClock
            {
                IsIncremental = c.IsIncremental,
                UnitNs = Unit(c),
                OffsetNs = monotonic == null ? 0 : unchecked(Ns(c) - monotonic.Value),
                Last = (long)c.Timestamp,
            };
            if (c.ClockId is >= ClockIds.Incremental and <= ClockIds.LastOfSequence) _sequence.Clocks[c.ClockId - ClockIds.Incremental] = clock;
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
                _rows.Add(row.Uuid, known = AddThread(thread.Pid, thread.Tid));
                _threadsByTid[(thread.Pid, thread.Tid)] = known;
            }
            Tell(known, thread.Pid, thread.Tid, thread.HasThreadName ? thread.ThreadName : row.HasName ? row.Name : null);
        }
        else if (row.Process is { } process)
        {
            _processRows[row.Uuid] = process.Pid;
            Tell(process);
        }
        else if (row.Name == AboutEvents.LostTrackName)
        {
            _lostRows[row.Uuid] = row.ParentUuid;
        }
    }

    private void OldProcess(ProcessDescriptor process) => Tell(process);

    private void OldThread(ThreadDescriptor thread)
    {
        var known = ThreadByTid(thread.Pid, thread.Tid);
        Tell(known, thread.Pid, thread.Tid, thread.HasThreadName ? thread.ThreadName : null);
        _sequence.OldThread = known;
        _sequence.OldTimeUs = thread.ReferenceTimestampUs;
    }

    private ReadThread ThreadByTid(long pid, long tid)
    {
        if (_threadsByTid.TryGetValue((pid, tid), out var thread)) return thread;
        thread = AddThread(pid, tid);
        _threadsByTid.Add((pid, tid), thread);
        Tell(thread, pid, tid, null);
        return thread;
    }

    private ReadThread AddThread(long pid, long tid)
    {
        var thread = new ReadThread(_threads.Count);
        _threads.Add(thread);
        thread.Info = new ThreadInfo(thread.Id, ProcessOf(pid).Id, tid) { Role = pid == tid ? ThreadRole.Main : ThreadRole.Unknown };
        return thread;
    }

    // All that a row tells is the shown name. It stands as the OS's until we know better.
    private void Tell(ReadThread thread, long pid, long tid, string? name)
    {
        var info = thread.Info! with { ProcessId = ProcessOf(pid).Id, OsTid = tid };
        if (!string.IsNullOrEmpty(name) && !thread.IsComplete) info = info with { OsName = name };
        thread.Info = info;
        EnsureStarted();
        _sink.Thread(info);
    }

    private ProcessInfo ProcessOf(long pid)
    {
        if (_processes.TryGetValue(pid, out var process)) return process;
        process = new ProcessInfo(_processes.Count, pid, "");
        _processes.Add(pid, process);
        if (_started) _sink.Process(process);
        return process;
    }

    private void Tell(ProcessDescriptor told)
    {
        var before = ProcessOf(told.Pid);
        var process = before;
        if (!string.IsNullOrEmpty(told.ProcessName)) process = process with { Name = told.ProcessName };
        if (told.Cmdline.Count > 0) process = process with { CommandLine = string.Join(' ', told.Cmdline) };
        if (process == before) return;
        _processes[told.Pid] = process;
        if (_started) _sink.Process(process);
    }

    // Processes wait for this, because our traces tell the first one before the metadata.
    private void EnsureStarted()
    {
        if (_started) return;
        _started = true;
        _sink.Start(_metadata with { BoottimeOffsetNs = Offset(ClockIds.Boottime), RealtimeOffsetNs = Offset(ClockIds.Realtime) });
        foreach (var process in _processes.Values.OrderBy(p => p.Id)) _sink.Process(process);

        long Offset(uint clock) => _clocks.TryGetValue(clock, out var c) ? c.OffsetNs : 0;
    }
}
