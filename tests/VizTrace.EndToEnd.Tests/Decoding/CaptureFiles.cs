using System.Buffers.Binary;

namespace VizTrace.EndToEnd.Tests.Decoding;

/// <summary>How many records the files of a capture hold, by the offsets that tracer/Records/FORMAT.md gives.</summary>
internal static class CaptureFiles
{
    private const int BlockHead = 112, Chunk = 131_072, ChunkHead = 64;

    /// <summary>Records of each block that is there whole, in the order of the file.</summary>
    public static List<int> BlockRecords(string blocks)
    {
        var counts = new List<int>();
        ReadOnlySpan<byte> rest = File.ReadAllBytes(blocks);
        while (rest.Length >= BlockHead && rest.Length >= BlockHead + U32(rest, 4))
        {
            counts.Add((int)U32(rest, 16));
            rest = rest[(BlockHead + (int)U32(rest, 4))..];
        }

        return counts;
    }

    /// <summary>Records in the pool that were not moved out of it.</summary>
    public static long PoolRecords(string pool)
    {
        long count = 0;
        byte[] bytes = File.ReadAllBytes(pool);
        for (int at = Chunk; at + Chunk <= bytes.Length; at += Chunk)
        {
            ReadOnlySpan<byte> chunk = bytes.AsSpan(at, Chunk);
            if (U32(chunk, 0) == 0)
                continue;
            count -= U32(chunk, 56);
            for (int record = ChunkHead; record < Chunk && BinaryPrimitives.ReadUInt64LittleEndian(chunk[record..]) != 0; record += 8)
                count++;
        }

        return count;
    }

    /// <summary>Where each entry of a journal or ledger ends.</summary>
    public static List<int> EntryEnds(string file)
    {
        var ends = new List<int>();
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(file);
        for (int at = 0; at + 12 <= bytes.Length;)
            ends.Add(at += 12 + (int)U32(bytes, at));
        return ends;
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
