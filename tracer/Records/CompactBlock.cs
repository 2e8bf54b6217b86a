using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace VizTrace.Records;

/// <summary>
/// A chunk's records, squeezed to some 2.3 bytes each; the bytes are described in FORMAT.md ("Compact payload"). Whether a record enters
/// or leaves cannot be predicted, and a misprediction costs more than all else here: so the loops have no branch on it. Eight records at a
/// time, times and ids go through a shuffle that drops (or puts back) the bytes that are not needed. Leaves carry no id: a ring of the ids
/// last entered, one slot a depth, foretells it. Both sides treat the ring alike, so what stands in a slot need not be right, only the
/// same; a leave foretold wrongly is listed. Each part has a loop of its own, so that all of its state fits into registers.
/// Static, thread-safe, allocates nothing.
/// </summary>
internal static partial class CompactBlock
{
    /// <summary>Most records of one block.</summary>
    public const int MaxRecords = 65536;

    private const int HeadBytes = 24;

    /// <summary>Zero bytes at the end: vectors are read whole.</summary>
    private const int GuardBytes = 16;
    private const int OddBytes = 8;
    private const int WideBytes = 8;

    /// <summary>In the list of times: the delta is in the list of wide ones.</summary>
    private const uint WideMark = 0xFFFF;
    private const int RingSlots = 1024;
    private const uint WordMask = 0xFF_FFFF;

    /// <summary>Largest enter word whose id fits into the list of ids.</summary>
    private const uint LastListedWord = 0x1_FFFF;

    private static bool HasVectors => Sse41.IsSupported && Popcnt.IsSupported;

    /// <summary>
    /// Bytes of room that encoding <paramref name="records"/> records needs; what comes out is mostly less than 3 a record, and at most 8
    /// a record and 64.
    /// </summary>
    public static int MaxBytes(int records) => (records * 13) + 512;

    /// <summary>
    /// Encodes <paramref name="records"/> (as they stand in a chunk) into <paramref name="payload"/>, at least <see cref="MaxBytes"/> long.
    /// Returns the bytes written, or -1 when they do not fit the scheme and must be kept raw (then the payload holds rubbish).
    /// </summary>
    public static int TryEncode(ReadOnlySpan<ulong> records, Span<byte> payload) => TryEncode(records, payload, HasVectors);

    /// <summary>The same, with the choice of path, for tests: the bytes are equal.</summary>
    internal static int TryEncode(ReadOnlySpan<ulong> records, Span<byte> payload, bool vectors)
    {
        int total = records.Length;
        if (total > MaxRecords || payload.Length < MaxBytes(total))
            return -1;

        // Every part has room for the worst that may come, and for vectors stored whole; they are pushed together at the end.
        int groups = (total + 7) >> 3;
        int listLimit = (total >> 1) + 8;
        int timesAt = HeadBytes + (groups * 2);
        int idsAt = timesAt + (total * 2) + 32;
        int wideAt = idsAt + (total * 2) + 32;
        int oddAt = wideAt + ((listLimit + 8) * WideBytes);
        ref byte start = ref MemoryMarshal.GetReference(payload);
        Span<byte> leaveBits = payload.Slice(HeadBytes, groups);
        Span<byte> longBits = payload.Slice(HeadBytes + groups, groups);
        int idBytes = EncodeIds(records, leaveBits, ref Unsafe.Add(ref start, idsAt), vectors, out bool largeIds);
        int odd = ListOdd(records, leaveBits, ref Unsafe.Add(ref start, oddAt), listLimit, vectors, largeIds);
        if (odd < 0)
            return -1;
        int timeBytes = EncodeTimes(
            records, longBits, ref Unsafe.Add(ref start, timesAt), ref Unsafe.Add(ref start, wideAt), listLimit, vectors, out int wide);
        if (wide > listLimit)
            return -1;

        int end = timesAt + timeBytes;
        Move(payload, idsAt, idBytes, ref end);
        Move(payload, wideAt, wide * WideBytes, ref end);
        Move(payload, oddAt, odd * OddBytes, ref end);
        payload.Slice(end, GuardBytes).Clear();
        end += GuardBytes;
        var head = new Head { Records = (uint)total, TimeBytes = (uint)timeBytes, IdBytes = (uint)idBytes, WideTimes = (uint)wide, OddWords = (uint)odd };
        Unsafe.WriteUnaligned(ref start, head);
        return end > (total * 8) + 64 ? -1 : end;
    }

    /// <summary>
    /// Decodes what <see cref="TryEncode(ReadOnlySpan{ulong}, Span{byte})"/> wrote: full 64-bit time stamps (beginning with
    /// <paramref name="firstTicks"/>) and 24-bit words. Both spans must hold all records of the block. False when the payload is damaged
    /// (the spans then hold rubbish); damage that keeps the parts' lengths right goes unseen here, for the checksum to find. Never reads
    /// or writes out of bounds.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> payload, ulong firstTicks, Span<ulong> ticks, Span<uint> words) =>
        TryDecode(payload, firstTicks, ticks, words, HasVectors);

    /// <summary>The same, with the choice of path, for tests.</summary>
    internal static bool TryDecode(ReadOnlySpan<byte> payload, ulong firstTicks, Span<ulong> ticks, Span<uint> words, bool vectors)
    {
        if (!TryReadHead(payload, out Head head) || head.Records > ticks.Length || head.Records > words.Length)
            return false;

        // What TryReadHead has checked keeps every read below inside the payload: the bits say how far times and ids go in all, and the
        // guard takes the reads that are wider than what they need.
        int total = (int)head.Records;
        int groups = (total + 7) >> 3;
        ref byte leaveBits = ref Unsafe.Add(ref MemoryMarshal.GetReference(payload), HeadBytes);
        ref byte longBits = ref Unsafe.Add(ref leaveBits, groups);
        ref byte times = ref Unsafe.Add(ref longBits, groups);
        ref byte ids = ref Unsafe.Add(ref times, (int)head.TimeBytes);
        ReadOnlySpan<byte> lists = payload[(HeadBytes + (groups * 2) + (int)(head.TimeBytes + head.IdBytes))..^GuardBytes];
        ReadOnlySpan<byte> wide = lists[..((int)head.WideTimes * WideBytes)];
        ReadOnlySpan<byte> odd = lists[wide.Length..];
        return DecodeTimes(ref longBits, ref times, wide, firstTicks, ticks[..total], vectors)
            && DecodeWords(ref leaveBits, ref ids, odd, words[..total], vectors);
    }

    /// <summary>Reads the head and checks that the parts make up the payload exactly.</summary>
    private static bool TryReadHead(ReadOnlySpan<byte> payload, out Head head)
    {
        head = default;
        if (payload.Length < HeadBytes + GuardBytes)
            return false;
        head = MemoryMarshal.Read<Head>(payload);
        if (head.Records > MaxRecords || head.WideTimes > head.Records || head.OddWords > head.Records)
            return false;
        int groups = (int)((head.Records + 7) >> 3);
        if (payload.Length < HeadBytes + (groups * 2) + GuardBytes)
            return false;
        ReadOnlySpan<byte> bits = payload.Slice(HeadBytes, groups * 2);
        uint leaves = Ones(bits[..groups], head.Records);
        uint longs = Ones(bits[groups..], head.Records);
        return leaves <= head.Records && longs <= head.Records
            && head.IdBytes == 2 * (head.Records - leaves)
            && head.TimeBytes == head.Records + longs
            && payload.Length == HeadBytes + bits.Length + head.TimeBytes + head.IdBytes + (head.WideTimes * WideBytes)
                + (head.OddWords * OddBytes) + GuardBytes;
    }

    /// <summary>Number of set bits; more than <paramref name="records"/> (damage) when bits beyond the last record are set.</summary>
    private static uint Ones(ReadOnlySpan<byte> bits, uint records)
    {
        if ((records & 7) != 0 && bits[^1] >> (int)(records & 7) != 0)
            return uint.MaxValue;
        uint count = 0;
        for (; bits.Length >= 8; bits = bits[8..])
            count += (uint)BitOperations.PopCount(MemoryMarshal.Read<ulong>(bits));
        foreach (byte rest in bits)
            count += (uint)BitOperations.PopCount(rest);
        return count;
    }

    private static void Move(Span<byte> payload, int from, int length, ref int to)
    {
        payload.Slice(from, length).CopyTo(payload[to..]);
        to += length;
    }

    /// <summary>First bytes of a payload, little endian.</summary>
    [StructLayout(LayoutKind.Sequential, Size = HeadBytes)]
    private struct Head
    {
        public uint Records;
        public uint TimeBytes;
        public uint IdBytes;
        public uint WideTimes;
        public uint OddWords;
    }
}
