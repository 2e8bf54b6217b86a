using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>What reading a row has shown.</summary>
/// <param name="Calls">Calls.</param>
/// <param name="Told">Records that the thread itself told to have lost: its process's pool counts them too.</param>
/// <param name="Missing">Records that were recorded and are damaged or missing.</param>
/// <param name="Unfinished">Calls that were open at the end.</param>
/// <param name="LastNs">Time of its last edge; null when it has none.</param>
internal readonly record struct RowCounts(long Calls, long Told, long Missing, long Unfinished, long? LastNs);

/// <summary>
/// Feeds the pieces of one row after another to the sink, in order, and tells of what is missing between them. Not thread-safe.
/// </summary>
internal sealed class RowReader(ITraceSink sink, FunctionIds ids)
{
    /// <summary>More calls than this cannot be open on a thread: the head of the chunk is damaged.</summary>
    private const uint MostOpened = 1 << 20;

    private readonly PieceReader _reader = new();
    private readonly SliceNester _nester = new(sink, ids);
    private RecordSieve _sieve = null!;
    private ProcessCapture _process = null!;
    private Place _place;
    private int _row;
    private long _told;
    private long _missing;

    /// <summary>What a call must last to be in the trace, ns; 0: all are.</summary>
    public long MinDurationNs { get; init; }

    /// <summary>Told of every piece when it is done: its records.</summary>
    public Action<long>? Progress { get; set; }

    /// <summary>Leaves without an open call, over all rows.</summary>
    public long Orphans { get; private set; }

    /// <summary>Time stamps that ran backwards, over all rows.</summary>
    public long Clamped { get; private set; }

    /// <summary>Chunks that are missing, over all rows.</summary>
    public long MissingChunks { get; private set; }

    /// <summary>Blocks whose records are damaged, over all rows.</summary>
    public long DamagedBlocks { get; private set; }

    /// <summary>
    /// Reads a row: all records of <paramref name="slots"/>, which are in order of time. Calls open at the end are closed at
    /// <paramref name="endNs"/>, but not before the last record.
    /// </summary>
    public RowCounts Read(ProcessCapture process, FunctionTable functions, int row, List<uint> slots, long endNs)
    {
        (_process, _row, _told, _missing) = (process, row, 0, 0);
        _reader.Absences = process.Absences;
        _nester.Start(row, functions, process.Clock);
        _sieve ??= new RecordSieve(_nester);
        _sieve.Start(process.Clock, MinDurationNs, process.Journal.HasTraceOnly ? process.Journal.TraceOnly : null);
        foreach (uint slot in slots)
        {
            ReadSlot(process.PiecesOf(slot));
            if (process.Journal.LostAtEnd.TryGetValue(slot, out (ulong Records, ulong FromTicks, ulong ToTicks) lost))
                LoseAtEnd((long)Math.Min(lost.Records, long.MaxValue), process.Clock.ToNs(lost.FromTicks), process.Clock.ToNs(lost.ToTicks));
        }

        _sieve.Flush();
        if (slots.Count > 0)
            _nester.Finish(endNs);
        Orphans += _nester.Orphans;
        Clamped += _nester.Clamped;
        return new RowCounts(_nester.Calls, _told, _missing, _nester.Unfinished, _nester.LastNs);
    }

    private void ReadSlot(ReadOnlySpan<Piece> pieces)
    {
        _place = default;
        foreach (Piece piece in pieces)
        {
            if (!ReadPiece(piece))
                ReadMoved(piece);
            Progress?.Invoke(piece.Count);
        }
    }

    /// <summary>False when the recorder has moved it: then nothing was told of it.</summary>
    private bool ReadPiece(in Piece piece)
    {
        bool newChunk = !_place.IsBegun || piece.Sequence != _place.Sequence;

        // The part that another piece told of already, and the part between them that none tells of.
        uint end = newChunk ? 0 : _place.End;
        uint skip = piece.First < end ? Math.Min(end - piece.First, piece.Count) : 0;
        uint hole = piece.First > end ? piece.First - end : 0;
        if (skip == piece.Count && skip > 0)
            return true;
        bool sound = _reader.Read(_process.FileOf(piece), piece, !newChunk && piece.First == end ? _place.Before : 0);
        if (_reader.HasMoved)
            return false;
        if (newChunk)
        {
            uint expected = _place.IsBegun ? _place.Sequence + 1 : 0;
            if (piece.Sequence != expected)
                Missing(piece.Sequence - expected);
            _place = new Place(IsBegun: true, piece.Sequence, End: 0, Before: 0);
            BeginChunk();
        }

        if (hole > 0)
            LoseUpTo(_reader.Chunk.StartTicks, hole, "damaged block");
        ulong before = 0;
        if (sound)
        {
            _sieve.Append(_reader.Ticks[(int)skip..], _reader.Words[(int)skip..]);
            before = _reader.Count > 0 ? _reader.Ticks[^1] : _place.Before;
        }
        else
        {
            DamagedBlocks++;
            LoseUpTo(0, piece.Count - skip, "damaged block");
        }

        _place = _place with { End = Math.Max(_place.End, piece.End), Before = before };
        return true;
    }

    /// <summary>The recorder works on the capture: what it has moved since then is read from where it is now.</summary>
    private void ReadMoved(in Piece chunk)
    {
        foreach (Piece block in _process.BlocksOf(chunk))
            _ = ReadPiece(block);
        if (_place.IsBegun && _place.Sequence == chunk.Sequence && _place.End >= chunk.End)
            return;
        if (_process.Pool is { Header.MinTicks: > 0 })
        {
            _reader.MayShrink = true;
            bool read = ReadPiece(chunk);
            _reader.MayShrink = false;
            if (read)
                return;
        }

        DamagedBlocks++;
        LoseUpTo(0, chunk.Count, "chunk gone from the pool");
    }

    /// <summary>Tells of the records that the thread itself lost before it got the chunk that was just read.</summary>
    private void BeginChunk()
    {
        ref readonly ChunkHeader chunk = ref _reader.Chunk;
        if (chunk.LostBefore == 0)
            return;
        _sieve.Flush();
        long lost = (long)Math.Min(chunk.LostBefore, long.MaxValue);
        long endNs = Math.Max(_process.Clock.ToNs(chunk.StartTicks), _nester.LastNs ?? 0);
        long startNs = chunk.GapStartTicks == 0 ? _nester.LastNs ?? endNs : _process.Clock.ToNs(chunk.GapStartTicks);
        _told += lost;
        sink.Loss(new RecordLoss(_row, Math.Min(startNs, endNs), endNs, lost, "no free chunk"));
        if (chunk.GapOpened <= Math.Min((ulong)lost, MostOpened) && chunk.GapClosed <= (ulong)lost)
            _nester.Gap(endNs, chunk.GapClosed, chunk.GapOpened);
        else
            _nester.Doubt();
    }

    /// <summary>Tells of the records that the thread lost after its last chunk: which of its open calls they left is not known.</summary>
    private void LoseAtEnd(long records, long startNs, long endNs)
    {
        _told += records;
        _sieve.Flush();
        sink.Loss(new RecordLoss(_row, Math.Min(startNs, endNs), endNs, records, "no free chunk"));
        _nester.Doubt();
    }

    /// <summary>
    /// Tells of chunks that are missing before the piece that was just read. They were full: only then does a thread take another.
    /// </summary>
    private void Missing(uint chunks)
    {
        MissingChunks += chunks;
        LoseUpTo(_reader.Chunk.StartTicks, (long)chunks * PoolLayout.RecordsPerChunk, "missing chunks");
    }

    /// <summary>
    /// Tells of a loss that ends where the reader's records begin, or at <paramref name="ticks"/> when it has none; 0: that is not known.
    /// </summary>
    private void LoseUpTo(ulong ticks, long records, string reason)
    {
        _sieve.Flush();
        if (_reader.Count > 0)
            ticks = _reader.Ticks[0];
        long startNs = _nester.LastNs ?? _process.Clock.ToNs(_reader.Chunk.StartTicks);
        long endNs = ticks == 0 ? startNs : _process.Clock.ToNs(ticks);
        _missing += records;
        sink.Loss(new RecordLoss(_row, Math.Min(startNs, endNs), endNs, records, reason));
        _nester.Doubt();
    }

    /// <summary>How far a slot has been read: its chunk, the record behind the last of it, and that last one's ticks (0: not known).</summary>
    private readonly record struct Place(bool IsBegun, uint Sequence, uint End, ulong Before);
}
