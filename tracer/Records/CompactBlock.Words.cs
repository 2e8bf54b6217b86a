using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VizTrace.Records;

/// <content>Words: a bit for leave, 16-bit ids of the enters side by side, and the list of words that these do not tell.</content>
internal static partial class CompactBlock
{
    /// <summary>The lanes whose bit is clear, side by side.</summary>
    private static readonly byte[] s_gatherIds = Shuffles(static (bits, shuffle) =>
    {
        for (int lane = 0, to = 0; lane < 8; lane++)
        {
            if ((bits >> lane & 1) != 0)
                continue;
            shuffle[to++] = (byte)(lane * 2);
            shuffle[to++] = (byte)((lane * 2) + 1);
        }
    });

    /// <summary>The way back; zero in the lanes whose bit is set.</summary>
    private static readonly byte[] s_scatterIds = Shuffles(static (bits, shuffle) =>
    {
        for (int lane = 0, from = 0; lane < 8; lane++)
        {
            if ((bits >> lane & 1) != 0)
                continue;
            shuffle[lane * 2] = (byte)from++;
            shuffle[(lane * 2) + 1] = (byte)from++;
        }
    });

    /// <summary>For each byte of leave bits: how far from the depth before them lie the ring slots of the 8 records.</summary>
    private static readonly sbyte[] s_slotOffsets = SlotOffsets();

    private static sbyte[] SlotOffsets()
    {
        var table = new sbyte[256 * 8];
        for (int bits = 0; bits < 256; bits++)
        {
            for (int lane = 0, depth = 0; lane < 8; lane++)
            {
                int leave = bits >> lane & 1;
                depth -= leave;
                table[(bits * 8) + lane] = (sbyte)depth;
                depth += leave ^ 1;
            }
        }

        return table;
    }

    /// <summary>All bits of the lanes whose bit is set: lanes 0 to 3, then (<paramref name="bits"/> shifted by 4) 4 to 7.</summary>
    private static Vector128<uint> LeaveMask(uint bits) =>
        Vector128.Equals(Vector128.Create(bits) & Vector128.Create(1u, 2u, 4u, 8u), Vector128.Create(1u, 2u, 4u, 8u));

    /// <summary>
    /// Lists enters whose id is too large and leaves that the ring does not foretell; their number, or -1 when too many.
    /// A slot of the ring keeps the word last seen there; whether it entered or left does not matter.
    /// </summary>
    private static int ListOdd(ReadOnlySpan<ulong> records, ReadOnlySpan<byte> leaveBits, ref byte odd, int limit, bool vectors, bool largeIds)
    {
        Span<uint> ringSpan = stackalloc uint[RingSlots];
        ringSpan.Clear();
        ref uint ring = ref MemoryMarshal.GetReference(ringSpan);
        Span<uint> maskSpan = stackalloc uint[8];
        ref uint mask = ref MemoryMarshal.GetReference(maskSpan);
        ref sbyte offsets = ref MemoryMarshal.GetArrayDataReference(s_slotOffsets);
        ref ulong record = ref MemoryMarshal.GetReference(records);
        int count = 0;
        nuint depth = 0;
        int whole = vectors && !largeIds ? records.Length >> 3 : 0;
        for (int group = 0; group < whole; group++)
        {
            uint leaves = leaveBits[group];
            LeaveMask(leaves).StoreUnsafe(ref mask);
            LeaveMask(leaves >> 4).StoreUnsafe(ref mask, 4);
            ref sbyte offset = ref Unsafe.Add(ref offsets, leaves * 8);
            ref ulong first = ref Unsafe.Add(ref record, group << 3);
            uint wrong = CheckRing(ref ring, depth, ref offset, ref mask, ref first);
            for (; wrong != 0; wrong &= wrong - 1)
            {
                if (count == limit)
                    return -1;
                int at = BitOperations.TrailingZeroCount(wrong);
                AddOdd(ref odd, count++, (uint)((group << 3) + at), (uint)Unsafe.Add(ref first, at) & WordMask);
            }

            depth += 8 - (2 * (nuint)Popcnt.PopCount(leaves));
        }

        for (int i = whole << 3; i < records.Length; i++)
        {
            uint word = (uint)records[i] & WordMask;
            uint leave = word & 1;
            depth -= leave;
            ref uint slot = ref Unsafe.Add(ref ring, depth & (RingSlots - 1));
            bool wrong = leave != 0 ? (slot | 1) != word : word > LastListedWord;
            slot = word;
            depth += leave ^ 1;
            if (wrong)
            {
                if (count == limit)
                    return -1;
                AddOdd(ref odd, count++, (uint)i, word);
            }
        }

        return count;
    }

    /// <summary>Takes 8 words through the ring; a bit for each leave that it did not foretell. On its own: it fills the registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint CheckRing(ref uint ring, nuint depth, ref sbyte offset, ref uint mask, ref ulong record)
    {
        uint wrong = 0;
        for (nuint i = 0; i < 8; i++)
        {
            ref uint slot = ref Unsafe.Add(ref ring, (depth + (nuint)(nint)Unsafe.Add(ref offset, i)) & (RingSlots - 1));
            uint word = (uint)Unsafe.Add(ref record, i) & WordMask;
            uint differs = (slot ^ word) & Unsafe.Add(ref mask, i);
            slot = word;
            if (differs > 1)
                wrong |= 1u << (int)i;
        }

        return wrong;
    }

    /// <summary>The same when decoding: words of leaves from the ring, of enters from the lanes before the masks.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FollowRing(ref uint ring, nuint depth, ref sbyte offset, ref uint lane, ref uint word)
    {
        for (nuint i = 0; i < 8; i++)
        {
            ref uint slot = ref Unsafe.Add(ref ring, (depth + (nuint)(nint)Unsafe.Add(ref offset, i)) & (RingSlots - 1));
            uint value = (slot & Unsafe.Add(ref lane, i + 8)) | Unsafe.Add(ref lane, i);
            slot = value;
            Unsafe.Add(ref word, i) = value;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddOdd(ref byte odd, int count, uint index, uint word)
    {
        ref byte entry = ref Unsafe.Add(ref odd, count * OddBytes);
        Unsafe.WriteUnaligned(ref entry, index);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref entry, 4), word);
    }

    /// <summary>Returns the bytes written to <paramref name="ids"/>; tells whether there were ids that do not fit.</summary>
    private static int EncodeIds(ReadOnlySpan<ulong> records, Span<byte> leaveBits, ref byte ids, bool vectors, out bool largeIds)
    {
        ref ulong record = ref MemoryMarshal.GetReference(records);
        ref byte gather = ref MemoryMarshal.GetArrayDataReference(s_gatherIds);
        ref byte id = ref ids;
        Vector128<uint> idBits = Vector128.Create(0xFFFFu);
        Vector128<uint> all = default;
        int whole = vectors ? records.Length >> 3 : 0;
        for (int group = 0; group < whole; group++)
        {
            ref float first = ref Unsafe.As<ulong, float>(ref Unsafe.Add(ref record, group << 3));
            Vector128<uint> w0 = Sse.Shuffle(Vector128.LoadUnsafe(ref first), Vector128.LoadUnsafe(ref first, 4), 0b10_00_10_00).AsUInt32();
            Vector128<uint> w1 = Sse.Shuffle(Vector128.LoadUnsafe(ref first, 8), Vector128.LoadUnsafe(ref first, 12), 0b10_00_10_00).AsUInt32();
            all |= w0 | w1;
            int leaves = Sse.MoveMask((w0 << 31).AsSingle()) | (Sse.MoveMask((w1 << 31).AsSingle()) << 4);
            Vector128<ushort> lanes = Sse41.PackUnsignedSaturate(((w0 >>> 1) & idBits).AsInt32(), ((w1 >>> 1) & idBits).AsInt32());
            Ssse3.Shuffle(lanes.AsByte(), Vector128.LoadUnsafe(ref gather, (nuint)(leaves * 16))).StoreUnsafe(ref id);
            id = ref Unsafe.Add(ref id, 16 - (2 * (nint)Popcnt.PopCount((uint)leaves)));
            leaveBits[group] = (byte)leaves;
        }

        largeIds = (all & Vector128.Create(WordMask - LastListedWord)) != Vector128<uint>.Zero;
        leaveBits[whole..].Clear();
        for (int i = whole << 3; i < records.Length; i++)
        {
            uint word = (uint)records[i] & WordMask;
            int leave = (int)(word & 1);
            leaveBits[i >> 3] |= (byte)(leave << (i & 7));
            Unsafe.WriteUnaligned(ref id, (ushort)(word >> 1));
            id = ref Unsafe.Add(ref id, 2 - (2 * leave));
        }

        return (int)Unsafe.ByteOffset(ref ids, ref id);
    }

    private static bool DecodeWords(ref byte leaveBits, ref byte ids, ReadOnlySpan<byte> odd, Span<uint> words, bool vectors)
    {
        Span<uint> ringSpan = stackalloc uint[RingSlots];
        ringSpan.Clear();
        ref uint ring = ref MemoryMarshal.GetReference(ringSpan);
        Span<uint> laneSpan = stackalloc uint[16];
        ref uint lane = ref MemoryMarshal.GetReference(laneSpan);
        ref uint mask = ref Unsafe.Add(ref lane, 8);
        ref byte scatter = ref MemoryMarshal.GetArrayDataReference(s_scatterIds);
        ref sbyte offsets = ref MemoryMarshal.GetArrayDataReference(s_slotOffsets);
        ref byte id = ref ids;
        uint nextOdd = NextOdd(odd);
        nuint depth = 0;
        for (int index = 0; index < words.Length; index += 8)
        {
            uint leaves = leaveBits;
            leaveBits = ref Unsafe.Add(ref leaveBits, 1);
            if (!vectors || index + 8 > words.Length || nextOdd - (uint)index < 8)
            {
                Span<uint> group = words[index..Math.Min(words.Length, index + 8)];
                if (!WordsWithOdd(ref id, leaves, ref odd, ref ring, depth, group, index))
                    return false;
                nextOdd = NextOdd(odd);
            }
            else
            {
                Vector128<byte> listed = Ssse3.Shuffle(Vector128.LoadUnsafe(ref id), Vector128.LoadUnsafe(ref scatter, leaves * 16));
                Vector128<uint> mask0 = LeaveMask(leaves);
                Vector128<uint> mask1 = LeaveMask(leaves >> 4);
                mask0.StoreUnsafe(ref mask);
                mask1.StoreUnsafe(ref mask, 4);
                Vector128<ushort> none = default;
                ((Sse2.UnpackLow(listed.AsUInt16(), none).AsUInt32() << 1) | (mask0 >>> 31)).StoreUnsafe(ref lane);
                ((Sse2.UnpackHigh(listed.AsUInt16(), none).AsUInt32() << 1) | (mask1 >>> 31)).StoreUnsafe(ref lane, 4);
                ref sbyte offset = ref Unsafe.Add(ref offsets, leaves * 8);
                ref uint word = ref Unsafe.Add(ref MemoryMarshal.GetReference(words), index);
                FollowRing(ref ring, depth, ref offset, ref lane, ref word);
            }

            nint left = BitOperations.PopCount(leaves);
            depth += (nuint)(8 - (2 * left));
            id = ref Unsafe.Add(ref id, 16 - (2 * left));
        }

        return odd.Length == 0;
    }

    /// <summary>One by one: up to 8 records, some of them listed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool WordsWithOdd(
        ref byte id, uint leaves, ref ReadOnlySpan<byte> odd, ref uint ring, nuint depth, Span<uint> words, int index)
    {
        for (int i = 0; i < words.Length; i++)
        {
            uint leave = leaves >> i & 1;
            depth -= leave;
            ref uint slot = ref Unsafe.Add(ref ring, depth & (RingSlots - 1));
            uint word = slot | 1;
            if (leave == 0)
            {
                word = (uint)Unsafe.ReadUnaligned<ushort>(ref id) << 1;
                id = ref Unsafe.Add(ref id, 2);
                depth++;
            }

            if (NextOdd(odd) == (uint)(index + i))
            {
                word = MemoryMarshal.Read<uint>(odd[4..]);
                if ((word & ~(WordMask - 1)) != leave)
                    return false;
                odd = odd[OddBytes..];
            }

            slot = word;
            words[i] = word;
        }

        return true;
    }

    private static uint NextOdd(ReadOnlySpan<byte> odd) => odd.Length > 0 ? MemoryMarshal.Read<uint>(odd) : uint.MaxValue;
}
