using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>A thread as the recorder saw it in /proc. TID and start together are its identity.</summary>
internal sealed class OsThread(long tid, ulong startClockTicks, long seenNs)
{
    /// <summary>OS thread id.</summary>
    public long Tid { get; } = tid;

    /// <summary>Field 22 of its stat: clock ticks since boot.</summary>
    public ulong StartClockTicks { get; } = startClockTicks;

    /// <summary>CLOCK_MONOTONIC ns when it was first seen.</summary>
    public long SeenNs { get; } = seenNs;

    /// <summary>CLOCK_MONOTONIC ns when its absence was seen; null while it lives.</summary>
    public long? GoneNs { get; set; }

    /// <summary>Its names (comm) with the time at which each was seen, in order.</summary>
    public List<(long Ns, string Name)> Names { get; } = [];
}

/// <summary>The ledger of one process: what its recorder saw from outside. Immutable once read.</summary>
internal sealed class Ledger
{
    private readonly Dictionary<(long Tid, ulong Start), OsThread> _threads = [];

    /// <summary>Threads, in the order in which they were first seen.</summary>
    public List<OsThread> Threads { get; } = [];

    /// <summary>Clock readings: ticks, CLOCK_MONOTONIC ns, uncertainty in ticks.</summary>
    public List<(ulong Ticks, ulong Ns, uint Uncertainty)> Calibrations { get; } = [];

    /// <summary>CLOCK_BOOTTIME minus CLOCK_MONOTONIC at the first reading, ns; null when there is none.</summary>
    public long? BoottimeOffsetNs { get; private set; }

    /// <summary>CLOCK_REALTIME minus CLOCK_MONOTONIC at the first reading, ns; null when there is none.</summary>
    public long? RealtimeOffsetNs { get; private set; }

    /// <summary>CLOCK_MONOTONIC ns at which the recorder saw the process end; null when it did not.</summary>
    public long? ExitNs { get; private set; }

    /// <summary>Latest CLOCK_MONOTONIC ns in any entry but the end; 0: none.</summary>
    public long LastNs { get; private set; }

    /// <summary>Exit code; null when a signal ended it or its end is not known.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>Signal that ended it; null when none did or its end is not known.</summary>
    public int? Signal { get; private set; }

    /// <summary>When recording stopped before the program; null when it did not.</summary>
    public (StopReason Reason, ulong Ticks, long Ns, string Text)? Blind { get; private set; }

    /// <summary>When nobody drained, in ticks: from, to, and when what then stood in the pool had been drained.</summary>
    public List<(ulong From, ulong To, ulong Done)> Absences { get; } = [];

    /// <summary>Bytes that are no whole entry; empty when the file is whole.</summary>
    public List<Hole> Holes { get; } = [];

    /// <summary>Reads every whole entry of <paramref name="bytes"/>.</summary>
    public static Ledger Read(ReadOnlySpan<byte> bytes)
    {
        var ledger = new Ledger();
        var entries = new EntryScanner(bytes, ledger.Holes);
        while (entries.TryNext(out uint kind, out ReadOnlySpan<byte> payload, out _))
            ledger.Take((JournalKind)kind, payload);
        return ledger;
    }

    private void Take(JournalKind kind, ReadOnlySpan<byte> payload)
    {
        var reader = new EntryReader(payload);
        switch (kind)
        {
            case JournalKind.OsThread or JournalKind.OsThreadRenamed or JournalKind.OsThreadGone:
                TakeThread(kind, ref reader);
                break;
            case JournalKind.Calibration:
                ulong ticks = reader.U64(), ns = reader.U64();
                Calibrations.Add((ticks, ns, reader.U32()));
                LastNs = Math.Max(LastNs, (long)ns);
                BoottimeOffsetNs ??= (long)(reader.U64() - ns);
                RealtimeOffsetNs ??= (long)(reader.U64() - ns);
                break;
            case JournalKind.Exit:
                ExitNs = (long)reader.U64();
                uint how = reader.U32();
                int code = (int)reader.U32();
                ExitCode = how == 0 ? code : null;
                Signal = how == 1 ? code : null;
                break;
            case JournalKind.Away:
                ulong from = reader.U64();
                reader.U64();
                ulong to = reader.U64();
                reader.U64();
                Absences.Add((from, to, Math.Max(to, reader.U64())));
                break;
            case JournalKind.Blind:
                Blind ??= ((StopReason)reader.U32(), reader.U64(), (long)reader.U64(), reader.Text());
                break;
        }
    }

    private void TakeThread(JournalKind kind, ref EntryReader reader)
    {
        long tid = (long)reader.U64();
        ulong start = reader.U64();
        long ns = (long)reader.U64();
        LastNs = Math.Max(LastNs, ns);
        if (!_threads.TryGetValue((tid, start), out OsThread? thread))
        {
            thread = new OsThread(tid, start, ns);
            _threads.Add((tid, start), thread);
            Threads.Add(thread);
        }

        if (kind == JournalKind.OsThreadGone)
            thread.GoneNs = ns;
        else
            thread.Names.Add((ns, reader.Text()));
    }
}
