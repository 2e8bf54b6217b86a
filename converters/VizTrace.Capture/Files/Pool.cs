using System.Runtime.InteropServices;
using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>The pool file of one process, as it was left: its head, and the chunks that nobody had drained. Immutable once read.</summary>
internal sealed class Pool
{
    private Pool(in PoolHeader header) => Header = header;

    /// <summary>The head of the file.</summary>
    public PoolHeader Header { get; }

    /// <summary>
    /// Reads the head of <paramref name="file"/>; null when it was never set up (the program died in its first moment, or the file is cut).
    /// Garbage is an exception, and so is another version.
    /// </summary>
    public static Pool? Read(CaptureFile file)
    {
        PoolHeader header = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<PoolHeader>(ref header));
        int read = file.ReadAt(0, bytes);
        if (read < sizeof(ulong) || header.Magic == 0)
            return null;
        if (header.Magic != PoolLayout.Magic)
            throw new TraceException(ErrorId.BadInput, $"{file.Path}: not a pool of records at byte 0");
        if (header.Version != CaptureLayout.Version && read >= 12)
            throw new TraceException(ErrorId.WrongVersion, $"{file.Path}: version {header.Version}, this program reads version {CaptureLayout.Version}");
        return read == bytes.Length ? new Pool(header) : null;
    }

    /// <summary>
    /// Adds what the chunks of <paramref name="file"/> hold beyond <paramref name="pieces"/>, which holds the process's blocks in order.
    /// The recorder may have died at any point between writing a block and giving its chunk back, so both can tell of the same records:
    /// the block wins. Returns the ticks of the latest record found, 0 when there is none.
    /// </summary>
    public static ulong AddChunks(CaptureFile file, List<Piece> pieces, Action<ChunkHeader> begun)
    {
        file.Refresh();
        Span<Piece> blocks = CollectionsMarshal.AsSpan(pieces);
        var found = new List<Piece>();
        ulong latest = 0;
        byte[] bytes = new byte[PoolLayout.ChunkBytes];
        for (int index = 1; index < PoolLayout.MaxChunks && PoolLayout.ChunkOffset(index) + PoolLayout.ChunkHeaderBytes <= file.Length; index++)
        {
            long offset = PoolLayout.ChunkOffset(index);
            ChunkHeader header = default;
            file.ReadAt(offset, MemoryMarshal.AsBytes(new Span<ChunkHeader>(ref header)));
            if (header.Slot == 0 || (ChunkState)header.State is not (ChunkState.Owned or ChunkState.Full or ChunkState.ThreadEnded))
                continue;
            begun(header);
            uint first = Covered(blocks, header.Slot, header.Sequence);
            ReadOnlySpan<ulong> records = Records(bytes.AsSpan(0, file.ReadAt(offset, bytes)));
            // A part that was drained but is in no sound block is still here, unless it was zeroed already.
            if (first < header.Drained && header.Drained < records.Length && records[(int)first] == 0)
                first = header.Drained;
            int count = first < records.Length ? records[(int)first..].IndexOf(0UL) : 0;
            if (count < 0)
                count = records.Length - (int)first;
            // Without a record its head may still tell of a loss.
            if (count > 0 || (first == 0 && header.LostBefore != 0))
                found.Add(new Piece(header.Slot, header.Sequence, first, (uint)count, offset, InPool: true));
            ulong ticks = CountFrom(header, first);
            foreach (ulong record in records.Slice((int)first, count))
                ticks = Record.TicksAfter(ticks, record);
            if (count > 0)
                latest = Math.Max(latest, ticks);
        }

        pieces.AddRange(found);
        return latest;
    }

    /// <summary>The records in the bytes of a chunk, the unwritten ones too; a torn last one is left out.</summary>
    public static ReadOnlySpan<ulong> Records(ReadOnlySpan<byte> chunk) =>
        MemoryMarshal.Cast<byte, ulong>(chunk[Math.Min(chunk.Length, PoolLayout.ChunkHeaderBytes)..]);

    /// <summary>
    /// Ticks from which the record at <paramref name="first"/> is counted, as far as the chunk's head tells. Where the recorder looked in vain
    /// for so long that the counter went round, it left a later time than the chunk's start.
    /// </summary>
    public static ulong CountFrom(in ChunkHeader header, uint first) => first < header.Drained
        ? header.StartTicks
        : Math.Max(header.StartTicks, (ulong)header.QuietUntil << ChunkHeader.QuietShift);

    /// <summary>How many records of a chunk, from its first on, are in blocks without a hole.</summary>
    private static uint Covered(ReadOnlySpan<Piece> blocks, uint slot, uint sequence)
    {
        uint end = 0;
        int at = blocks.BinarySearch(new Piece(slot, sequence, 0, 0, 0, InPool: false));
        if (at < 0)
            at = ~at;
        for (; at < blocks.Length && blocks[at].Slot == slot && blocks[at].Sequence == sequence && blocks[at].First <= end; at++)
            end = Math.Max(end, blocks[at].End);
        return end;
    }
}
