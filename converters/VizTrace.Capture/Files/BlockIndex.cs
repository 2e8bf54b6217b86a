using System.Runtime.InteropServices;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>Finds the blocks of a blocks file by their heads alone; payloads are read and verified when they are decoded.</summary>
internal static class BlockIndex
{
    /// <summary>
    /// Adds every whole block of <paramref name="file"/> from <paramref name="offset"/> on to <paramref name="pieces"/> and tells of its chunk's
    /// begin. Returns the offset of the first thing that is no whole block, which is the file's length when it is whole.
    /// </summary>
    public static long Walk(CaptureFile file, long offset, List<Piece> pieces, Action<ChunkHeader>? begun)
    {
        BlockHeader header = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<BlockHeader>(ref header));
        while (offset < file.Length)
        {
            if (file.ReadAt(offset, bytes) < bytes.Length || !IsSound(header) || file.Length - offset - bytes.Length < header.PayloadBytes)
                return offset;
            pieces.Add(new Piece(
                header.Chunk.Slot, header.Chunk.Sequence, header.FirstRecord, header.RecordCount, offset, InPool: false));
            begun?.Invoke(header.Chunk);
            offset += bytes.Length + header.PayloadBytes;
        }

        return offset;
    }

    /// <summary>Whether the numbers of a head can be true at all.</summary>
    public static bool IsSound(in BlockHeader header) =>
        header.Magic == BlockHeader.BlockMagic
        && header.RecordCount <= PoolLayout.RecordsPerChunk
        && header.FirstRecord <= PoolLayout.RecordsPerChunk - header.RecordCount
        && (BlockEncoding)header.Encoding switch
        {
            BlockEncoding.Raw => header.PayloadBytes == header.RecordCount * sizeof(ulong),
            BlockEncoding.Compact => header.PayloadBytes <= CompactBlock.MaxBytes((int)header.RecordCount),
            _ => false,
        };
}
