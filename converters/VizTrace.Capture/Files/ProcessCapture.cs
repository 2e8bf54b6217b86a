using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>One recorded process: its directory, indexed. Not thread-safe. Dispose closes the files.</summary>
internal sealed class ProcessCapture : IDisposable
{
    private readonly List<Piece> _late = [];
    private CaptureFile? _blocks;
    private long _blocksEnd;
    private readonly CaptureFile? _poolFile;
    private readonly Dictionary<uint, (int Start, int Count)> _slots = [];
    private Piece[] _pieces = [];

    private ProcessCapture(string directory, Journal journal, Ledger ledger, CaptureFile? blocks, CaptureFile? poolFile)
    {
        Directory = directory;
        Journal = journal;
        Ledger = ledger;
        _blocks = blocks;
        _poolFile = poolFile;
    }

    /// <summary>Its directory.</summary>
    public string Directory { get; }

    /// <summary>What the profiler told.</summary>
    public Journal Journal { get; }

    /// <summary>What the recorder told.</summary>
    public Ledger Ledger { get; }

    /// <summary>The pool; null when there is none or it was never set up.</summary>
    public Pool? Pool { get; private set; }

    /// <summary>OS process id; 0 when nothing tells.</summary>
    public uint ProcessId { get; private set; }

    /// <summary>From its ticks to CLOCK_MONOTONIC; set once all processes have been opened.</summary>
    public ClockMap Clock { get; set; } = ClockMap.Identity;

    /// <summary>What its ticks are.</summary>
    public ClockKind ClockKind { get; private set; }

    /// <summary>CLOCK_MONOTONIC ns at the profiler's start; null when not known.</summary>
    public long? StartNs { get; private set; }

    /// <summary>When nobody drained; null: always somebody did.</summary>
    public Absences? Absences { get; private set; }

    /// <summary>Records in all pieces, those told twice included.</summary>
    public long Records { get; private set; }

    /// <summary>Ticks of the latest record; 0: there is none.</summary>
    public ulong LastRecordTicks { get; private set; }

    /// <summary>Slots that have records.</summary>
    public IEnumerable<uint> UsedSlots => _slots.Keys;

    /// <summary>Whether there is anything of a recorded process in it.</summary>
    public bool IsRecorded => Journal.PassedThrough is null && (Journal.HasProcess || Pool is not null || _pieces.Length > 0);

    /// <summary>
    /// Opens and indexes <paramref name="directory"/>. Damage goes to <paramref name="findings"/>, clock readings to <paramref name="clock"/>.
    /// </summary>
    public static ProcessCapture Open(string directory, uint pid, ClockPoints clock, Findings findings)
    {
        string In(string file) => Path.Combine(directory, file);
        var journal = Journal.Read(CaptureFile.ReadAll(In(CaptureLayout.JournalFile)));
        var ledger = Ledger.Read(CaptureFile.ReadAll(In(CaptureLayout.LedgerFile)));
        var process = new ProcessCapture(
            directory, journal, ledger, CaptureFile.TryOpen(In(CaptureLayout.BlocksFile)), CaptureFile.TryOpen(In(CaptureLayout.PoolFile)));
        try
        {
            process.Index(pid, clock, findings);
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>The pieces of a slot, in order; none when it has no records.</summary>
    public ReadOnlySpan<Piece> PiecesOf(uint slot) =>
        _slots.TryGetValue(slot, out (int Start, int Count) range) ? _pieces.AsSpan(range.Start, range.Count) : default;

    /// <summary>
    /// The blocks to which the recorder has moved the records of <paramref name="piece"/>, a chunk of the pool, since the capture was indexed;
    /// in order. It writes a block before it touches the chunk, so they are there.
    /// </summary>
    public List<Piece> BlocksOf(Piece piece)
    {
        _blocks ??= CaptureFile.TryOpen(Path.Combine(Directory, CaptureLayout.BlocksFile));
        if (_blocks is not null)
        {
            _blocks.Refresh();
            _blocksEnd = BlockIndex.Walk(_blocks, _blocksEnd, _late, begun: null, damaged: null, out _);
        }

        List<Piece> found = _late.FindAll(p => p.Slot == piece.Slot && p.Sequence == piece.Sequence && p.End > piece.First);
        found.Sort();
        return found;
    }

    /// <summary>The file in which a piece lies.</summary>
    public CaptureFile FileOf(in Piece piece) => (piece.InPool ? _poolFile : _blocks)!;

    /// <inheritdoc/>
    public void Dispose()
    {
        _blocks?.Dispose();
        _poolFile?.Dispose();
    }

    private void Index(uint pid, ClockPoints clock, Findings findings)
    {
        Pool = ReadPool(findings);
        ProcessId = Journal.HasProcess ? Journal.ProcessId : Pool?.Header.ProcessId ?? pid;
        ClockKind = Pool is { } pool ? (ClockKind)pool.Header.Clock : Journal.HasProcess ? Journal.Clock : ClockKind.Tsc;
        ClockPoints? points = ClockKind == ClockKind.Monotonic ? null : clock;
        AddPoints(points);
        foreach (Hole hole in Journal.Holes)
            findings.Dropped(1, $"{Path.Combine(Directory, CaptureLayout.JournalFile)}: {hole}");
        foreach (Hole hole in Ledger.Holes)
            findings.Dropped(1, $"{Path.Combine(Directory, CaptureLayout.LedgerFile)}: {hole}");
        Absences = Absences.Of(Ledger);
        void Begun(ChunkHeader chunk)
        {
            points?.Add(chunk.StartTicks, chunk.StartMonotonicNs, chunk.UncertaintyTicks);
            Absences?.Begun(chunk.StartTicks);
        }

        var pieces = new List<Piece>();
        var damaged = new List<(long Offset, long Length)>();
        if (_blocks is not null)
        {
            _blocksEnd = BlockIndex.Walk(_blocks, 0, pieces, Begun, damaged, out ulong latest);
            LastRecordTicks = latest;
        }

        pieces.Sort();
        if (Pool is not null)
        {
            LastRecordTicks = Math.Max(LastRecordTicks, Pool.AddChunks(_poolFile!, pieces, Begun));
            AddLateBlocks(pieces, Begun, damaged);
            pieces.Sort();
        }

        foreach ((long offset, long length) in damaged)
            findings.Dropped(1, $"{_blocks!.Path}: {length} bytes from byte {offset} on are no whole block and were dropped");
        _pieces = [.. pieces];
        for (int start = 0, i = 0; i < _pieces.Length; i++)
        {
            Records += _pieces[i].Count;
            if (_pieces[i].Slot != _pieces[start].Slot)
                start = i;
            _slots[_pieces[i].Slot] = (start, i + 1 - start);
        }
    }

    /// <summary>A recorder at work has drained chunks between the look at the blocks and that at the pool: those would be missing.</summary>
    private void AddLateBlocks(List<Piece> pieces, Action<ChunkHeader> begun, List<(long Offset, long Length)> damaged)
    {
        if (Ledger.ExitNs is not null || _blocks is null)
            return;

        // What was half written then may be whole now.
        damaged.RemoveAll(d => d.Offset >= _blocksEnd);
        _blocks.Refresh();
        _blocksEnd = BlockIndex.Walk(_blocks, _blocksEnd, pieces, begun, damaged, out ulong latest);
        LastRecordTicks = Math.Max(LastRecordTicks, latest);
    }

    /// <summary>Garbage in place of a pool takes only the pool: blocks and journal may be sound.</summary>
    private Pool? ReadPool(Findings findings)
    {
        if (_poolFile is null)
        {
            // The pool may lie in memory, behind a symbolic link: it does not outlive the machine's next start.
            string path = Path.Combine(Directory, CaptureLayout.PoolFile);
            if (new FileInfo(path).LinkTarget is { } target)
                findings.Dropped(1, $"{path}: {target} is gone, and with it what the recorder had not drained");
            return null;
        }

        try
        {
            return Pool.Read(_poolFile);
        }
        catch (TraceException e) when (e.Id == ErrorId.BadInput && (Journal.HasProcess || _blocks is { Length: > 0 }))
        {
            findings.Dropped(1, e.Message);
            return null;
        }
    }

    private void AddPoints(ClockPoints? points)
    {
        if (Pool is { } pool)
        {
            points?.Add(pool.Header.StartTicks, pool.Header.StartMonotonicNs, ClockPoints.UnstatedUncertainty);
            StartNs = (long)pool.Header.StartMonotonicNs;
        }
        else if (Journal.HasProcess)
        {
            points?.Add(Journal.StartTicks, Journal.StartNs, ClockPoints.UnstatedUncertainty);
            StartNs = (long)Journal.StartNs;
        }

        foreach ((ulong ticks, ulong ns, uint uncertainty) in Ledger.Calibrations)
            points?.Add(ticks, ns, uncertainty);
    }
}
