using VizTrace.Recorder.Interop;
using VizTrace.Recorder.Pool;
using VizTrace.Recorder.Threads;
using VizTrace.Records;

namespace VizTrace.Recorder.Draining;

/// <summary>
/// One process that the profiler has made a directory for: from the moment when its pool is ready to its end. Owns pool mapping, blocks,
/// ledger and thread watch. Not thread-safe.
/// </summary>
internal sealed class ProcessRecording : IDisposable
{
    private const ulong CalibrationPaceNs = 1_000_000_000;
    private const ulong PartlyPaceNs = 60_000_000_000;
    private const ulong GrowthRetryNs = 100_000_000;

    /// <summary>The pool is given its usual size once the process is so old, or has filled a chunk: the very short ones need less.</summary>
    private const ulong ShortLifeNs = 100_000_000;

    /// <summary>That size: 32 MB, what two threads fill in some 20 ms.</summary>
    private const int UsualChunks = 256;

    /// <summary>While it is younger the pool is small, and fills within milliseconds.</summary>
    private const ulong YoungNs = 200_000_000;

    /// <summary>
    /// A round that comes so late, by either clock (a machine that sleeps stops only one of them), is told: within a chunk times are known
    /// modulo 2^40 ticks, and the rounds keep that unambiguous.
    /// </summary>
    private const ulong AwayNs = 30_000_000_000;
    private const ulong AwayTicks = 1UL << 37;

    /// <summary>How often it is asked whether a process that cannot be seen is dead.</summary>
    private const ulong UnseenPaceNs = 50_000_000;

    /// <summary>
    /// Chunks drained before it is looked whether the pool must grow: 6 ms, in which two threads that do nothing but call fill some 70.
    /// </summary>
    private const int ChunksInOneGo = 8;

    /// <summary>Chunks drained in one round after the end: 8 MB, some 10 ms in which no other pool is drained.</summary>
    private const int RestChunks = 64;

    private readonly SharedPool _pool;
    private readonly BlockFile _blocks;
    private readonly Ledger _ledger;
    private readonly PoolDrain _drain;
    private readonly ThreadWatch _threads;
    private readonly ulong _foundNs;
    private (ulong Ticks, ulong Ns) _lastRound;
    private ulong _nextUnseen;
    private long _usedPoolBytes;
    private ulong _nextCalibration;
    private ulong _nextPartly;
    private ulong _nextGrowth;
    private bool _hasUsualSize;
    private bool _blind;
    private bool _ended;

    private ProcessRecording(int pid, ulong start, string directory, SharedPool pool, BlockFile blocks, Ledger ledger, ulong nowNs)
    {
        Pid = pid;
        Directory = directory;
        _pool = pool;
        _blocks = blocks;
        _ledger = ledger;
        _foundNs = nowNs;
        _drain = new PoolDrain(pool, blocks);

        IsSeen = ProcessStat.TryReadStart(pid, out ulong actual) && actual == start;
        PidFd = IsSeen ? Libc.OpenPidFd(pid) : -1;
        _threads = new ThreadWatch(IsSeen ? pid : -1, ledger, nowNs);
        _usedPoolBytes = UsedPoolBytes();
        _nextPartly = nowNs + PartlyPaceNs;
        _lastRound = (TickClock.Now(Clock), nowNs);
    }

    /// <summary>Its process id.</summary>
    public int Pid { get; }

    /// <summary>Its directory.</summary>
    public string Directory { get; }

    /// <summary>
    /// Whether <see cref="Pid"/> is its number here. A number of another pid namespace names nobody, or somebody else, and so does that of a
    /// process that was dead already.
    /// </summary>
    public bool IsSeen { get; }

    /// <summary>Becomes readable when it ends; -1 when that cannot be had.</summary>
    public int PidFd { get; private set; }

    /// <summary>False from the moment on when its end was seen.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>False once everything of it has been drained and closed; what is told of it here stays.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>How it ended, when known.</summary>
    public ProcessEnding? Ending { get; private set; }

    /// <summary>Why recording stopped before the process did; null: it did not.</summary>
    public string? StoppedEarly { get; private set; }

    /// <summary>Records moved to the blocks file.</summary>
    public long DrainedRecords => _drain.Records;

    /// <summary>Bytes that the blocks take, and the chunks of the pool that are in use.</summary>
    public long Bytes => _usedPoolBytes + _blocks.Length;

    /// <summary>Chunks of its pool.</summary>
    public int Capacity => _pool.Capacity;

    /// <summary>Whether its pool is on the way to another size: the next round should come at once.</summary>
    public bool IsGrowing => _drain.IsGrowing;

    /// <summary>Ledger entries that could not be written.</summary>
    public int LedgerFailures => _ledger.Failures;

    private ClockKind Clock => (ClockKind)_pool.Header.Clock;

    /// <summary>
    /// Begins to record when the pool in <paramref name="directory"/> is ready; null when it is not, and when it or our own files cannot be
    /// opened: then <paramref name="failure"/> says why.
    /// </summary>
    public static ProcessRecording? TryBegin(int pid, ulong start, string directory, string poolPath, ulong nowNs, out OpenFailure? failure)
    {
        SharedPool? pool = SharedPool.TryOpen(poolPath, out failure);
        if (pool is null)
            return null;
        Ledger? ledger = null;
        BlockFile? blocks = BlockFile.TryCreate(Path.Combine(directory, CaptureLayout.BlocksFile), out int error);
        if (blocks is not null)
            ledger = Ledger.TryCreate(Path.Combine(directory, CaptureLayout.LedgerFile), out error);
        if (ledger is not null)
            return new ProcessRecording(pid, start, directory, pool, blocks!, ledger, nowNs);
        failure = OpenFailure.Of($"blocks and ledger cannot be made in {directory}", error);
        if (!failure.Value.MayPass)
        {
            // Nothing can be drained: stop now, so that the trace says so, rather than when the pool is full.
            Interlocked.CompareExchange(ref pool.Header.Stop, (uint)StopReason.WriteFailed, 0);
            pool.Header.StopTicks = TickClock.Now((ClockKind)pool.Header.Clock);
        }

        blocks?.Dispose();
        pool.Dispose();
        return null;
    }

    /// <summary>Whether it was found only a moment before <paramref name="nowNs"/>.</summary>
    public bool IsYoung(ulong nowNs) => nowNs - _foundNs < YoungNs;

    /// <summary>
    /// One round: grow (up to <paramref name="chunkLimit"/> chunks), drain, watch. The number of chunks that were drained.
    /// </summary>
    public int Pass(ulong nowNs, int chunkLimit)
    {
        (ulong Ticks, ulong Ns) before = _lastRound;
        _lastRound = (TickClock.Now(Clock), nowNs);
        bool wasAway = IsAway(before, _lastRound);
        Volatile.Write(ref _pool.Header.RecorderSeenNs, nowNs);

        // Before anything is drained: a pool that runs dry loses records, what waits in it is safe. On a machine whose cores are all busy this
        // is the little time that the recorder gets.
        if (!_blind && _drain.WriteError == 0 && Volatile.Read(ref _pool.Header.Stop) == 0)
        {
            if (!_hasUsualSize && (_drain.AnyWaits || nowNs - _foundNs > ShortLifeNs))
            {
                _hasUsualSize = true;
                _drain.Want(UsualChunks);
            }

            Grow(nowNs, chunkLimit);
        }

        // Once stopped, no chunk is given out again: what is full may stay where it is.
        int drained = _blind ? 0 : _drain.DrainFull(wasAway ? int.MaxValue : ChunksInOneGo);
        if (_drain.WriteError == 0 && (wasAway || nowNs >= _nextPartly))
        {
            _drain.DrainPartly(TickClock.Now(Clock));
            _nextPartly = nowNs + PartlyPaceNs;
        }

        if (wasAway)
            _ledger.Away(before, _lastRound, TickClock.Now(Clock));

        if (_drain.WriteError != 0)
        {
            Stop(IsFull(_drain.WriteError) ? StopReason.DiskFull : StopReason.WriteFailed, Libc.ErrorText(_drain.WriteError));
        }
        else if (Volatile.Read(ref _pool.Header.Stop) != 0)
        {
            Stop((StopReason)_pool.Header.Stop, "stopped by the program's side");
        }

        _threads.Look(nowNs);
        if (nowNs >= _nextCalibration)
        {
            _ledger.Calibrate(Clock);
            _nextCalibration = nowNs + CalibrationPaceNs;
        }

        _usedPoolBytes = UsedPoolBytes();
        return drained;
    }

    /// <summary>Moves what stands in chunks that are still being filled; done by itself every 60 s.</summary>
    public void DrainPartly() => _drain.DrainPartly(TickClock.Now(Clock));

    /// <summary>Stops the recording, once; the program goes on.</summary>
    public void Stop(StopReason reason, string text)
    {
        if (_blind || !IsOpen)
            return;
        _blind = true;
        ulong ticks = TickClock.Now(Clock);
        var first = (StopReason)Interlocked.CompareExchange(ref _pool.Header.Stop, (uint)reason, 0);
        if (first == StopReason.None)
            _pool.Header.StopTicks = ticks;
        else
            (reason, ticks) = (first, Volatile.Read(ref _pool.Header.StopTicks));
        StoppedEarly = reason switch
        {
            StopReason.SizeLimit => "size limit reached",
            StopReason.DiskFull => "disk full",
            StopReason.WriteFailed => "capture cannot be written",
            StopReason.RecorderLeft => "the command had ended before this process",
            StopReason.RecorderDied => "the recorder was not heard of for ten seconds",
            _ => "stopped",
        };
        _ledger.Blind(reason, ticks, text);
    }

    /// <summary>
    /// The process has ended. When the command has too, what is left in its pool stays there for the reader: draining it would only make the
    /// end of a short program longer. Else <see cref="DrainRest"/>.
    /// </summary>
    public void End(ProcessEnding? ending)
    {
        IsAlive = false;
        if (_ended)
            return;
        _ended = true;
        Ending = ending;
        (ulong Ticks, ulong Ns) now = (TickClock.Now(Clock), Libc.Nanoseconds(Libc.ClockMonotonic));
        if (IsAway(_lastRound, now))
            _ledger.Away(_lastRound, now, now.Ticks);
        _ledger.Calibrate(Clock);
        _ledger.Exit(now.Ns, ending);
    }

    /// <summary>
    /// Ends it, with <paramref name="ending"/> if that is known, when its process cannot be seen and turns out to be dead. That is asked 20
    /// times a second, and in every round when <paramref name="commandEnded"/>.
    /// </summary>
    public void EndWhenUnseenAndDead(ulong nowNs, bool commandEnded, ProcessEnding? ending)
    {
        if (IsSeen || !IsAlive || (!commandEnded && nowNs < _nextUnseen))
            return;
        _nextUnseen = nowNs + UnseenPaceNs;
        if (_pool.IsOursAlone())
            End(ending);
    }

    /// <summary>
    /// After the end, while the command goes on: moves some of what is left to the blocks; once all has been moved, gives the pool's space back
    /// and closes everything, for there may be hundreds of such processes to come. The number of chunks that were drained.
    /// </summary>
    public int DrainRest()
    {
        int drained = _drain.DrainRest(RestChunks);
        if (drained > 0)
            return drained;
        if (_drain.WriteError == 0)
            _pool.CutToHeader();
        _usedPoolBytes = PoolLayout.ChunkOffset(_pool.Capacity);
        IsOpen = false;
        Dispose();
        return 0;
    }

    /// <summary>A last look at threads and clocks, when we stop and the process does not.</summary>
    public void Leave()
    {
        _threads.LookNow(Libc.Nanoseconds(Libc.ClockMonotonic), names: true);
        Stop(StopReason.RecorderLeft, "the command had ended");
        _ledger.Calibrate(Clock);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _threads.Dispose();
        _ledger.Dispose();
        _blocks.Dispose();
        _pool.Dispose();
        if (PidFd >= 0)
            Libc.Close(PidFd);
        PidFd = -1;
    }

    /// <summary>
    /// A pool that cannot grow (a small /dev/shm) goes round with the chunks it has: what finds none free is lost and counted. A disk that is
    /// full ends the recording where it matters, when blocks cannot be written.
    /// </summary>
    private void Grow(ulong nowNs, int chunkLimit)
    {
        if (nowNs >= _nextGrowth && _drain.Grow(chunkLimit) != 0)
            _nextGrowth = nowNs + GrowthRetryNs;
    }

    /// <summary>The tests' clock, which is given, may be ahead of the one that is read.</summary>
    private static bool IsAway((ulong Ticks, ulong Ns) before, (ulong Ticks, ulong Ns) now) =>
        (now.Ns > before.Ns && now.Ns - before.Ns > AwayNs) || (now.Ticks > before.Ticks && now.Ticks - before.Ticks > AwayTicks);

    private long UsedPoolBytes() => PoolLayout.ChunkOffset(Math.Max(1, _pool.Capacity - _drain.CountFree()));

    private static bool IsFull(int error) => error is Libc.ErrorNoSpace or Libc.ErrorQuota;
}
