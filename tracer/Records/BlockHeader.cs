using System.Runtime.InteropServices;

namespace VizTrace.Records;

/// <summary>
/// Head of a block in the blocks file: one drained chunk, or the part of a live chunk that was not drained before. Blocks of one thread
/// are in order of (<see cref="ChunkHeader.Sequence"/>, <see cref="FirstRecord"/>), not in order of the file.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct BlockHeader
{
    /// <summary>Size of this struct.</summary>
    public const int Bytes = 112;

    /// <summary>"VZBK".</summary>
    public const uint BlockMagic = 0x4B425A56;

    /// <summary><see cref="BlockMagic"/>.</summary>
    [FieldOffset(0)] public uint Magic;

    /// <summary>Bytes of payload that follow.</summary>
    [FieldOffset(4)] public uint PayloadBytes;

    /// <summary><see cref="BlockEncoding"/> of the payload.</summary>
    [FieldOffset(8)] public uint Encoding;

    /// <summary>Index within its chunk of the first record in this block (0 unless the chunk was drained in parts).</summary>
    [FieldOffset(12)] public uint FirstRecord;

    /// <summary>Records in the payload.</summary>
    [FieldOffset(16)] public uint RecordCount;

    /// <summary>Checksum of the payload (<see cref="Checksum.Of"/>): a torn block is dropped and counted.</summary>
    [FieldOffset(20)] public uint PayloadChecksum;

    /// <summary>Ticks, all 64 bits, of the first record.</summary>
    [FieldOffset(24)] public ulong FirstTicks;

    /// <summary>Ticks, all 64 bits, of the last record.</summary>
    [FieldOffset(32)] public ulong LastTicks;

    /// <summary>The chunk's own head when it was drained.</summary>
    [FieldOffset(40)] public ChunkHeader Chunk;

    /// <summary>
    /// Checksum of the head's <see cref="ChecksumOffset"/> bytes before this field: a damaged head is told from a damaged payload, and the
    /// next sound block is found behind it.
    /// </summary>
    [FieldOffset(ChecksumOffset)] public uint HeadChecksum;

    /// <summary>Offset of <see cref="HeadChecksum"/>.</summary>
    public const int ChecksumOffset = 104;

    /// <summary>What <see cref="HeadChecksum"/> must be.</summary>
    public static uint ChecksumOf(in BlockHeader header) =>
        Checksum.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<BlockHeader>(in header))[..ChecksumOffset]);
}

/// <summary>How a block's payload is written.</summary>
internal enum BlockEncoding : uint
{
    /// <summary>The records as they are, 8 bytes each.</summary>
    Raw = 0,

    /// <summary><see cref="CompactBlock"/>.</summary>
    Compact = 1,
}
