using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>Finds the blocks of a blocks file by their heads alone; payloads are read and verified when they are decoded.</summary>
internal static class BlockIndex
{
    private const int SearchBytes = 1 << 20;

    /// <summary>
    /// Adds every whole block of <paramref name="file"/> from <paramref name="offset"/> on to <paramref name="pieces"/> and tells of its chunk's
    /// begin. Where no sound head stands, the next one is searched for: <paramref name="damaged"/> gets the offset and length of each stretch
    /// that is no whole block, the last one to the end of the file. <paramref name="latest"/> are the ticks of the latest record, 0 when there is
    /// none. Returns the offset behind the last whole block, from which to go on when the file has grown.
    /// </summary>
    public static long Walk(
        CaptureFile file, long offset, List<Piece> pieces, Action<ChunkHeader>? begun, List<(long Offset, long Length)>? damaged, out ulong latest)
    {
        latest = 0;
        long searchFrom = offset, wholeEnd = offset;
        while (offset < file.Length)
        {
            if (TryReadHead(file, offset) is not { } header)
            {
                // From behind the last sound head on: a hole in the file moves what follows forward into the block before.
                long next = Search(file, Math.Min(offset, searchFrom));
                long end = next < 0 ? file.Length : next;
                if (end > offset)
                    damaged?.Add((offset, end - offset));
                if (next < 0)
                    break;
                offset = next;
                continue;
            }

            pieces.Add(new Piece(
                header.Chunk.Slot, header.Chunk.Sequence, header.FirstRecord, header.RecordCount, offset, InPool: false));
            begun?.Invoke(header.Chunk);
            latest = Math.Max(latest, header.RecordCount > 0 ? header.LastTicks : 0);
            searchFrom = offset + BlockHeader.Bytes;
            offset = wholeEnd = searchFrom + header.PayloadBytes;
        }

        return wholeEnd;
    }

    /// <summary>The head at <paramref name="offset"/>; null when no sound head of a block that the file holds whole stands there.</summary>
    private static BlockHeader? TryReadHead(CaptureFile file, long offset)
    {
        BlockHeader header = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<BlockHeader>(ref header));
        return file.ReadAt(offset, bytes) == bytes.Length && IsSound(header) && file.Length - offset - bytes.Length >= header.PayloadBytes
            ? header
            : null;
    }

    /// <summary>Offset of the first sound head from <paramref name="offset"/> on; -1 when there is none.</summary>
    private static long Search(CaptureFile file, long offset)
    {
        byte[] bytes = new byte[SearchBytes];
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, BlockHeader.BlockMagic);
        while (true)
        {
            ReadOnlySpan<byte> read = bytes.AsSpan(0, file.ReadAt(offset, bytes));
            for (int at = 0; read[at..].IndexOf(magic) is >= 0 and int found; at++)
            {
                at += found;
                if (TryReadHead(file, offset + at) is not null)
                    return offset + at;
            }

            if (read.Length < bytes.Length)
                return -1;
            // A magic may lie across the border.
            offset += read.Length - (magic.Length - 1);
        }
    }

    /// <summary>Whether a head is as it was written.</summary>
    public static bool IsSound(in BlockHeader header) =>
        header.Magic == BlockHeader.BlockMagic
        && header.HeadChecksum == BlockHeader.ChecksumOf(header)
        && header.RecordCount <= PoolLayout.RecordsPerChunk
        && header.FirstRecord <= PoolLayout.RecordsPerChunk - header.RecordCount
        && (BlockEncoding)header.Encoding switch
        {
            BlockEncoding.Raw => header.PayloadBytes == header.RecordCount * sizeof(ulong),
            BlockEncoding.Compact => header.PayloadBytes <= CompactBlock.MaxBytes((int)header.RecordCount),
            _ => false,
        };
}
