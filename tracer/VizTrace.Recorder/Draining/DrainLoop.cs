using System.Buffers.Text;
using System.Text;
using VizTrace.Recorder.Interop;
using VizTrace.Recorder.Launching;
using VizTrace.Recorder.Pool;
using VizTrace.Recorder.Threads;
using VizTrace.Records;

namespace VizTrace.Recorder.Draining;

/// <summary>
/// The recorder's one thread while the program runs: finds recorded processes, drains them, and sleeps in between: 0.5 ms while there is
/// much to do, 5 ms while there is nothing. It is woken at once by the end of a process or a signal. Not thread-safe.
/// </summary>
internal sealed class DrainLoop : IDisposable
{
    private const ulong Millisecond = 1_000_000;

    /// <summary>A process must be found before it has filled its first 8 MB.</summary>
    private const ulong DiscoveryPaceNs = 5 * Millisecond;

    /// <summary>A look at hundreds of directories is not repeated before this many times its own duration has passed, or 50 ms.</summary>
    private const ulong LargestShare = 100;

    /// <summary>For so long a directory without a pool is expected to get one, even when its process cannot be seen.</summary>
    private const ulong YoungNs = 1000 * Millisecond;
    private const ulong OldPaceNs = 50 * Millisecond;
    private const long ShortestSleepNs = 500_000;
    private const long LongestSleepNs = 5_000_000;
    private const long LongestSleepOfYoungNs = 1_000_000;

    /// <summary>So many chunks in one round (1 MB, all that one process is given): go on without a sleep.</summary>
    private const int ManyChunks = 8;

    /// <summary>How long recorded processes may go on when the command has ended (they mostly are about to end too).</summary>
    private const ulong GraceNs = 300 * Millisecond;

    private readonly string _directory;
    private readonly DirectoryEntries _entries;
    private readonly long _maxBytes;
    private readonly int _chunkLimit;
    private readonly List<ProcessRecording> _recordings = [];
    private readonly List<Candidate> _candidates = [];
    private readonly HashSet<(int Pid, ulong Start)> _known = [];
    private readonly List<string> _problems = [];
    private Libc.PollFd[] _polled = new Libc.PollFd[4];
    private ulong _nextDiscovery;
    private long _sleepNs = ShortestSleepNs;
    private long _longestSleepNs = LongestSleepNs;
    private bool _isGrowing;
    private bool _limitReached;

    /// <summary>
    /// Watches <paramref name="captureDirectory"/>; stops all recording when pools and blocks reach <paramref name="maxBytes"/>. All pools
    /// together grow to <paramref name="chunkLimit"/> chunks.
    /// </summary>
    public DrainLoop(string captureDirectory, long maxBytes, int chunkLimit)
    {
        _directory = captureDirectory;
        _maxBytes = maxBytes;
        _chunkLimit = chunkLimit;
        _entries = DirectoryEntries.Open(captureDirectory);
    }

    /// <summary>The recorded processes, in the order in which they were found.</summary>
    public IReadOnlyList<ProcessRecording> Recordings => _recordings;

    /// <summary>What went wrong, a sentence each.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Bytes of all pools and blocks.</summary>
    public long Bytes
    {
        get
        {
            long bytes = 0;
            foreach (ProcessRecording recording in _recordings)
                bytes += recording.Bytes;
            return bytes;
        }
    }

    /// <summary>
    /// Works until the command has ended, and the recorded processes with it. Those that outlive it by 0.3 s (daemons) are left: their
    /// recording is stopped, for nobody would drain it, and they go on. Whatever goes wrong here, the command is waited for.
    /// </summary>
    public ProcessEnding Run(ChildProcess child, SignalForwarding signals)
    {
        ProcessEnding? ending = null;
        ulong endedNs = 0;
        bool broken = false;
        while (true)
        {
            ulong now = Libc.Nanoseconds(Libc.ClockMonotonic);
            if (ending is null)
            {
                if (child.TryGetEnding() is { } how)
                    (ending, endedNs) = (how, now);
                signals.Pass(child, now);
            }

            int drained = 0;
            try
            {
                if (!broken)
                    drained = Round(now, child, ending);
            }
            catch (Exception failure)
            {
                broken = true;
                GiveUp(failure);
            }

            if (ending is { } end && (broken || now - endedNs > GraceNs || !AnyAlive()))
            {
                foreach (ProcessRecording recording in _recordings)
                {
                    if (recording.IsAlive && !broken)
                        recording.Leave();
                }

                return end;
            }

            Sleep(child, ending is not null, drained);
        }
    }

    /// <summary>One round without the waiting: looks for processes, then drains them. The number of chunks that were drained.</summary>
    public int Round(ulong now, ChildProcess? child, ProcessEnding? childEnding)
    {
        if (now >= _nextDiscovery || childEnding is not null)
        {
            ulong before = Libc.Nanoseconds(Libc.ClockMonotonic);
            Discover(now);
            ulong pause = (Libc.Nanoseconds(Libc.ClockMonotonic) - before) * LargestShare;
            _nextDiscovery = now + Math.Clamp(pause, DiscoveryPaceNs, OldPaceNs);
            BeginCandidates(now, childEnding is not null);
        }

        int drained = 0;
        int chunks = 0;
        foreach (ProcessRecording recording in _recordings)
            chunks += recording.Capacity;
        _isGrowing = false;
        _longestSleepNs = LongestSleepNs;
        foreach (ProcessRecording recording in _recordings)
        {
            if (!recording.IsOpen)
                continue;
            recording.EndWhenUnseenAndDead(now, childEnding is not null, recording.Pid == child?.Pid ? childEnding : null);
            if (recording.IsAlive)
            {
                int before = recording.Capacity;
                drained += recording.Pass(now, before + Math.Max(0, _chunkLimit - chunks));
                chunks += recording.Capacity - before;
                _isGrowing |= recording.IsGrowing;
                if (recording.IsYoung(now))
                    _longestSleepNs = LongestSleepOfYoungNs;
            }

            if (recording.IsSeen && recording.Pid == child?.Pid && childEnding is not null)
                recording.End(childEnding);
            else if (!recording.IsAlive && childEnding is null)
                drained += recording.DrainRest();
        }

        if (!_limitReached && Bytes >= _maxBytes)
        {
            _limitReached = true;
            foreach (ProcessRecording recording in _recordings)
                recording.Stop(StopReason.SizeLimit, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the capture has reached {_maxBytes} bytes"));
        }

        return drained;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _recordings.ForEach(static r => r.Dispose());
        _entries.Dispose();
    }

    private bool AnyAlive()
    {
        foreach (ProcessRecording recording in _recordings)
        {
            if (recording.IsAlive)
                return true;
        }

        return false;
    }

    private void Discover(ulong now)
    {
        _entries.Restart();
        while (_entries.TryNext(out ReadOnlySpan<byte> name))
        {
            if (TryParse(name, out int pid, out ulong start) && _known.Add((pid, start)))
                _candidates.Add(new Candidate(pid, start, Path.Combine(_directory, Encoding.ASCII.GetString(name)), now));
        }
    }

    /// <summary>
    /// A directory becomes a recording when its pool is ready; one without a pool belongs to a process that was passed through. That a
    /// process cannot be seen says little: it may be of another pid namespace.
    /// </summary>
    private void BeginCandidates(ulong now, bool commandEnded)
    {
        for (int i = _candidates.Count - 1; i >= 0; i--)
        {
            Candidate candidate = _candidates[i];
            bool isOld = now - candidate.SeenNs > YoungNs;
            if (isOld && now < candidate.NextLookNs && !commandEnded)
                continue;
            candidate.NextLookNs = now + OldPaceNs;

            // Looked at first: a process that dies in between has finished its pool, or never will.
            bool isGone = isOld && !(ProcessStat.TryReadStart(candidate.Pid, out ulong start) && start == candidate.Start);
            var recording = ProcessRecording.TryBegin(
                candidate.Pid, candidate.Start, candidate.Directory, candidate.PoolPath, now, out OpenFailure? failure);
            if (failure is { } told && !candidate.IsTold)
            {
                candidate.IsTold = true;
                _problems.Add(told.Text);
            }

            if (recording is not null)
            {
                _recordings.Add(recording);
                if (_limitReached)
                    recording.Stop(StopReason.SizeLimit, "the capture was full before this process began");
            }

            if (recording is not null || failure is { MayPass: false } || (failure is null && isGone))
                _candidates.RemoveAt(i);
        }
    }

    /// <summary>Sleeps until there may be something to do, or a process ends.</summary>
    private void Sleep(ChildProcess child, bool childEnded, int drained)
    {
        if (drained >= ManyChunks || _isGrowing)
            return;
        _sleepNs = drained > 0 ? ShortestSleepNs : Math.Min(_longestSleepNs, _sleepNs * 2);
        if (_polled.Length < _recordings.Count + 2)
            _polled = new Libc.PollFd[(_recordings.Count * 2) + 2];
        _polled[0] = new Libc.PollFd { Fd = childEnded ? -1 : child.PidFd, Events = 1 };
        _polled[1] = new Libc.PollFd { Fd = childEnded ? -1 : SignalForwarding.Descriptor, Events = 1 };
        int count = 2;
        foreach (ProcessRecording recording in _recordings)
            _polled[count++] = new Libc.PollFd { Fd = recording.IsAlive && recording.Pid != child.Pid ? recording.PidFd : -1, Events = 1 };
        var timeout = new Libc.TimeSpec { Nanoseconds = _sleepNs };
        _ = Libc.Poll(ref _polled[0], (nuint)count, timeout, 0);
        for (int i = 2; i < count; i++)
        {
            ProcessRecording recording = _recordings[i - 2];
            if (_polled[i].Returned != 0 || (recording.IsAlive && recording.IsSeen && recording.PidFd < 0 && Libc.Kill(recording.Pid, 0) != 0))
                recording.End(null);
        }
    }

    /// <summary>A defect of ours: the traces say from when on they are blind, and the command goes on.</summary>
    private void GiveUp(Exception failure)
    {
        _problems.Add($"the recorder failed: {failure}");
        foreach (ProcessRecording recording in _recordings)
            recording.Stop(StopReason.WriteFailed, failure.Message);
    }

    /// <summary><c>p[pid]-[start]</c>.</summary>
    private static bool TryParse(ReadOnlySpan<byte> name, out int pid, out ulong start)
    {
        pid = 0;
        start = 0;
        if (name.Length < 4 || name[0] != (byte)CaptureLayout.ProcessDirectoryPrefix[0] || !Utf8Parser.TryParse(name[1..], out pid, out int used))
            return false;
        ReadOnlySpan<byte> rest = name[(1 + used)..];
        return pid > 0 && rest.Length > 1 && rest[0] == '-' && Utf8Parser.TryParse(rest[1..], out start, out used) && used == rest.Length - 1;
    }

    /// <summary>A directory whose pool is not ready yet.</summary>
    private sealed class Candidate(int pid, ulong start, string directory, ulong seenNs)
    {
        public int Pid { get; } = pid;

        public ulong Start { get; } = start;

        public string Directory { get; } = directory;

        public string PoolPath { get; } = Path.Combine(directory, CaptureLayout.PoolFile);

        public ulong SeenNs { get; } = seenNs;

        public ulong NextLookNs { get; set; }

        /// <summary>Whether its failure has been told.</summary>
        public bool IsTold { get; set; }
    }
}
