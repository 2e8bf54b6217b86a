using System.Runtime.InteropServices;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>
/// Reads pieces into full ticks and words, into buffers of its own that the next read overwrites. Not thread-safe; allocates nothing after
/// its making.
/// </summary>
internal sealed class PieceReader
{
    private readonly ulong[] _ticks = new ulong[PoolLayout.RecordsPerChunk];
    private readonly uint[] _words = new uint[PoolLayout.RecordsPerChunk];
    private readonly byte[] _bytes = new byte[BlockHeader.Bytes + CompactBlock.MaxBytes(PoolLayout.RecordsPerChunk)];
    private ChunkHeader _chunk;

    /// <summary>When nobody drained the process whose pieces are read; null: always somebody did.</summary>
    public Absences? Absences { get; set; }

    /// <summary>
    /// Whether the last records of a chunk may be missing by now: the program takes records back, and the recorder has not moved the chunk.
    /// </summary>
    public bool MayShrink { get; set; }

    /// <summary>Head of the chunk from which the last piece came. Sound even when its records are not.</summary>
    public ref readonly ChunkHeader Chunk => ref _chunk;

    /// <summary>Ticks of the last piece's records.</summary>
    public ReadOnlySpan<ulong> Ticks => _ticks.AsSpan(0, Count);

    /// <summary>Words of the last piece's records.</summary>
    public ReadOnlySpan<uint> Words => _words.AsSpan(0, Count);

    /// <summary>Records that were read; 0 when the piece is damaged.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Whether the last piece was a chunk that the recorder has drained since it was indexed: the capture is being recorded, and the records
    /// are in its blocks by now.
    /// </summary>
    public bool HasMoved { get; private set; }

    /// <summary>
    /// Reads a piece; false when it is damaged, or <see cref="HasMoved"/>. <paramref name="before"/> are the ticks of the record before it in
    /// the same chunk, 0 when that is not known: a chunk in the pool holds only 40 bits of each.
    /// </summary>
    public bool Read(CaptureFile file, in Piece piece, ulong before)
    {
        Count = 0;
        HasMoved = false;
        if (piece.InPool ? !ReadChunk(file, piece, before) : !ReadBlock(file, piece))
            return false;
        Absences?.Correct(_ticks.AsSpan(0, Count));
        return true;
    }

    private bool ReadBlock(CaptureFile file, in Piece piece)
    {
        int read = file.ReadAt(piece.Offset, _bytes.AsSpan(0, BlockHeader.Bytes));
        if (read < BlockHeader.Bytes)
            return false;
        BlockHeader header = MemoryMarshal.Read<BlockHeader>(_bytes);
        if (!BlockIndex.IsSound(header) || header.RecordCount != piece.Count)
            return false;
        _chunk = header.Chunk;
        Span<byte> payload = _bytes.AsSpan(0, (int)header.PayloadBytes);
        if (file.ReadAt(piece.Offset + BlockHeader.Bytes, payload) < payload.Length || Checksum.Of(payload) != header.PayloadChecksum)
            return false;
        int count = (int)piece.Count;
        if ((BlockEncoding)header.Encoding == BlockEncoding.Raw)
            Unpack(MemoryMarshal.Cast<byte, ulong>(payload), header.FirstTicks);
        else if (!Decode(payload, header.FirstTicks, count))
            return false;
        // The recorder counts from the first record to the last without those between: of rounds of the counter it may miss some.
        if (count > 0 && ((_ticks[count - 1] - header.LastTicks) & Record.TimeMask) != 0)
            return false;
        Count = count;
        return true;
    }

    /// <summary>A payload knows its own count; that it is the head's shows in the last word, as no word is zero.</summary>
    private bool Decode(ReadOnlySpan<byte> payload, ulong firstTicks, int count)
    {
        Span<uint> words = _words.AsSpan(0, count);
        if (count > 0)
            words[^1] = 0;
        return CompactBlock.TryDecode(payload, firstTicks, _ticks.AsSpan(0, count), words) && (count == 0 || words[^1] != 0);
    }

    private bool ReadChunk(CaptureFile file, in Piece piece, ulong before)
    {
        int read = file.ReadAt(piece.Offset, _bytes.AsSpan(0, PoolLayout.ChunkBytes));

        // The head again, and only now: while it names the same chunk, nobody else has begun to write it.
        ChunkHeader after = default;
        bool isWhole = file.ReadAt(piece.Offset, MemoryMarshal.AsBytes(new Span<ChunkHeader>(ref after))) == PoolLayout.ChunkHeaderBytes;
        ReadOnlySpan<ulong> records = Pool.Records(_bytes.AsSpan(0, read));
        HasMoved = !isWhole || after.Slot != piece.Slot || after.Sequence != piece.Sequence;
        if (HasMoved)
            return false;
        int count = (int)Math.Min(piece.End, (uint)records.Length) - (int)piece.First;
        int zero = count > 0 ? records.Slice((int)piece.First, count).IndexOf(0UL) : 0;
        count = zero >= 0 ? zero : count;
        HasMoved = count < piece.Count && !MayShrink;
        if (HasMoved)
            return false;
        _chunk = MemoryMarshal.Read<ChunkHeader>(_bytes);
        Unpack(records.Slice((int)piece.First, count), Math.Max(before, Pool.CountFrom(_chunk, piece.First)));
        Count = count;
        return true;
    }

    /// <summary>Rebuilds 64-bit ticks, each from the one before it.</summary>
    private void Unpack(ReadOnlySpan<ulong> records, ulong before)
    {
        Span<ulong> ticks = _ticks.AsSpan(0, records.Length);
        Span<uint> words = _words.AsSpan(0, records.Length);
        for (int i = 0; i < records.Length; i++)
        {
            ulong record = records[i];
            before = Record.TicksAfter(before, record);
            ticks[i] = before;
            words[i] = (uint)record & ((1U << Record.WordBits) - 1);
        }
    }
}
