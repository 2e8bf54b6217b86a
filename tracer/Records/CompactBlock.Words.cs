using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VizTrace.Records;

/// <content>
/// Words: a bit for leave, 16-bit ids of the enters side by side, and the list of words that these do not tell. An id on the stack is
/// read only after an enter at the same depth wrote it (or never any did), so it does not matter what else is written above the top: eight
/// records at a time, only the enters that they leave open are pushed and only the leaves of earlier enters are looked up; those in between
/// find each other by a shuffle, which the eight leave bits alone determine.
/// </content>
internal static partial class CompactBlock
{
    /// <summary>Depths that the stack has places for; deeper and lower calls have their leaves listed.</summary>
    private const int StackSlots = 4096;
    private const int StackStart = StackSlots / 2;

    /// <summary>The lanes of enters, side by side.</summary>
    private static readonly byte[] s_gatherIds = Shuffles(static (bits, shuffle) =>
    {
        for (int lane = 0, to = 0; lane < 8; lane++)
        {
            if (!IsLeave(bits, lane))
                CopyLane(shuffle, to++, lane);
        }
    });

    /// <summary>The way back; zero in the lanes of leaves.</summary>
    private static readonly byte[] s_scatterIds = Shuffles(static (bits, shuffle) =>
    {
        for (int lane = 0, from = 0; lane < 8; lane++)
        {
            if (!IsLeave(bits, lane))
                CopyLane(shuffle, lane, from++);
        }
    });

    /// <summary>In the lane of each leave whose enter is one of the eight: that enter.</summary>
    private static readonly byte[] s_ownEnters = Shuffles(static (bits, shuffle) =>
    {
        var open = new Stack<int>();
        for (int lane = 0; lane < 8; lane++)
        {
            if (!IsLeave(bits, lane))
                open.Push(lane);
            else if (open.TryPop(out int enter))
                CopyLane(shuffle, lane, enter);
        }
    });

    /// <summary>In the lane of each other leave: its place among the 8 topmost of the stack (the top is lane 7).</summary>
    private static readonly byte[] s_earlierEnters = Shuffles(static (bits, shuffle) =>
    {
        for (int lane = 0, open = 0, top = 7; lane < 8; lane++)
        {
            if (!IsLeave(bits, lane))
                open++;
            else if (open > 0)
                open--;
            else
                CopyLane(shuffle, lane, top--);
        }
    });

    /// <summary>The enters that stay open, side by side.</summary>
    private static readonly byte[] s_openEnters = Shuffles(static (bits, shuffle) =>
    {
        var open = new List<int>();
        for (int lane = 0; lane < 8; lane++)
        {
            if (!IsLeave(bits, lane))
                open.Add(lane);
            else if (open.Count > 0)
                open.RemoveAt(open.Count - 1);
        }

        for (int i = 0; i < open.Count; i++)
            CopyLane(shuffle, i, open[i]);
    });

    /// <summary>Number of leaves of earlier enters.</summary>
    private static readonly byte[] s_earlierCount = EarlierCounts();

    private static bool IsLeave(int bits, int lane) => (bits >> lane & 1) != 0;

    private static void CopyLane(Span<byte> shuffle, int to, int from)
    {
        shuffle[to * 2] = (byte)(from * 2);
        shuffle[(to * 2) + 1] = (byte)((from * 2) + 1);
    }

    private static byte[] EarlierCounts()
    {
        var counts = new byte[256];
        for (int bits = 0; bits < 256; bits++)
        {
            for (int lane = 0, open = 0; lane < 8; lane++)
            {
                if (!IsLeave(bits, lane))
                    open++;
                else if (open > 0)
                    open--;
                else
                    counts[bits]++;
            }
        }

        return counts;
    }

    /// <summary>Fills leave bits, ids and the odd list; false when that becomes too long.</summary>
    private static bool EncodeWords(
        ReadOnlySpan<ulong> records, Span<byte> leaveBits, ref byte ids, ref byte odd, int limit, bool vectors, out int idBytes, out int oddCount)
    {
        oddCount = 0;
        idBytes = 0;
        if (!vectors)
            return EncodeWideStack(records, leaveBits, ref ids, ref odd, limit, out idBytes, out oddCount);

        Span<ushort> stack = stackalloc ushort[StackSlots];
        stack.Clear();
        ref ushort slots = ref MemoryMarshal.GetReference(stack);
        ref ulong record = ref MemoryMarshal.GetReference(records);
        ref byte gather = ref MemoryMarshal.GetArrayDataReference(s_gatherIds);
        ref byte own = ref MemoryMarshal.GetArrayDataReference(s_ownEnters);
        ref byte earlier = ref MemoryMarshal.GetArrayDataReference(s_earlierEnters);
        ref byte open = ref MemoryMarshal.GetArrayDataReference(s_openEnters);
        ref byte earlierCount = ref MemoryMarshal.GetArrayDataReference(s_earlierCount);
        ref byte id = ref ids;
        Vector128<uint> idBits = Vector128.Create(0xFFFFu);
        Vector128<uint> all = default;
        nint top = StackStart;
        int whole = records.Length >> 3;
        for (int group = 0; group < whole; group++)
        {
            ref float first = ref Unsafe.As<ulong, float>(ref Unsafe.Add(ref record, (nint)group * 8));
            Vector128<uint> w0 = Sse.Shuffle(Vector128.LoadUnsafe(ref first), Vector128.LoadUnsafe(ref first, 4), 0b10_00_10_00).AsUInt32();
            Vector128<uint> w1 = Sse.Shuffle(Vector128.LoadUnsafe(ref first, 8), Vector128.LoadUnsafe(ref first, 12), 0b10_00_10_00).AsUInt32();
            nuint leaves = (nuint)(Sse.MoveMask((w0 << 31).AsSingle()) | (Sse.MoveMask((w1 << 31).AsSingle()) << 4));
            leaveBits[group] = (byte)leaves;
            all |= w0 | w1;
            Vector128<byte> lanes = Sse41.PackUnsignedSaturate(((w0 >>> 1) & idBits).AsInt32(), ((w1 >>> 1) & idBits).AsInt32()).AsByte();
            Ssse3.Shuffle(lanes, Vector128.LoadUnsafe(ref gather, leaves * 16)).StoreUnsafe(ref id);
            nint net = 16 - (2 * (nint)Popcnt.PopCount((uint)leaves));
            id = ref Unsafe.Add(ref id, net);

            // Eight records reach no further than eight places up or down.
            if (top < 8 || top > StackSlots - 8)
            {
                int scratch = 0;
                byte rubbish = 0;
                if (!EncodeOneByOne(records[..((group + 1) * 8)], group * 8, default, ref rubbish, ref scratch, ref odd, ref oddCount, limit, stack, top))
                    return false;
                top += net - 8;
                continue;
            }

            ref byte place = ref Unsafe.As<ushort, byte>(ref Unsafe.Add(ref slots, top));
            Vector128<byte> below = Vector128.LoadUnsafe(ref Unsafe.Subtract(ref place, 16));
            Vector128<byte> foretold = Ssse3.Shuffle(lanes, Vector128.LoadUnsafe(ref own, leaves * 16))
                | Ssse3.Shuffle(below, Vector128.LoadUnsafe(ref earlier, leaves * 16));
            Vector128<short> equal = Sse2.CompareEqual(foretold.AsInt16(), lanes.AsInt16());
            uint wrong = (uint)leaves & ~(uint)Sse2.MoveMask(Sse2.PackSignedSaturate(equal, equal));
            nint popped = Unsafe.Add(ref earlierCount, leaves);
            Ssse3.Shuffle(lanes, Vector128.LoadUnsafe(ref open, leaves * 16)).StoreUnsafe(ref Unsafe.Subtract(ref place, popped * 2));
            top += net - 8;
            for (; wrong != 0; wrong &= wrong - 1)
            {
                int index = (group * 8) + BitOperations.TrailingZeroCount(wrong);
                if (!AddOdd(ref odd, ref oddCount, limit, index, (uint)records[index] & WordMask))
                    return false;
            }
        }

        for (int i = whole * 8; i < records.Length; i++)
            all |= Vector128.CreateScalar((uint)records[i]);

        // A stack of 16 bits cannot tell ids apart that need more.
        if ((all & Vector128.Create(WordMask - LastListedWord)) != Vector128<uint>.Zero)
            return EncodeWideStack(records, leaveBits, ref ids, ref odd, limit, out idBytes, out oddCount);
        idBytes = (int)Unsafe.ByteOffset(ref ids, ref id);
        leaveBits[whole..].Clear();
        return EncodeOneByOne(records, whole * 8, leaveBits, ref ids, ref idBytes, ref odd, ref oddCount, limit, stack, top);
    }

    private static bool EncodeWideStack(
        ReadOnlySpan<ulong> records, Span<byte> leaveBits, ref byte ids, ref byte odd, int limit, out int idBytes, out int oddCount)
    {
        Span<uint> stack = stackalloc uint[StackSlots];
        stack.Clear();
        leaveBits.Clear();
        idBytes = oddCount = 0;
        return EncodeOneByOne(records, 0, leaveBits, ref ids, ref idBytes, ref odd, ref oddCount, limit, stack, StackStart);
    }

    /// <summary>From record <paramref name="from"/> on; with empty <paramref name="leaveBits"/>, the odd list only.</summary>
    private static bool EncodeOneByOne<T>(
        ReadOnlySpan<ulong> records, int from, Span<byte> leaveBits, ref byte ids, ref int idBytes, ref byte odd, ref int oddCount, int limit, Span<T> stack, nint top)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (int i = from; i < records.Length; i++)
        {
            uint word = (uint)records[i] & WordMask;
            uint leave = word & 1;
            top -= (nint)leave;
            bool hasSlot = (nuint)top < StackSlots;
            bool isOdd = word > LastListedWord;
            if (leave != 0)
            {
                isOdd = (hasSlot ? uint.CreateTruncating(stack[(int)top]) : 0) != word >> 1;
            }
            else
            {
                if (hasSlot)
                    stack[(int)top] = T.CreateTruncating(word >> 1);
                top++;
            }

            if (isOdd && !AddOdd(ref odd, ref oddCount, limit, i, word))
                return false;
            if (leaveBits.Length == 0)
                continue;
            leaveBits[i >> 3] |= (byte)(leave << (i & 7));
            if (leave == 0)
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref ids, idBytes), (ushort)(word >> 1));
                idBytes += 2;
            }
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool AddOdd(ref byte odd, ref int count, int limit, int index, uint word)
    {
        if (count == limit)
            return false;
        ref byte entry = ref Unsafe.Add(ref odd, count++ * OddBytes);
        Unsafe.WriteUnaligned(ref entry, index);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref entry, 4), word);
        return true;
    }

    private static bool DecodeWords(ref byte leaveBits, ref byte ids, ReadOnlySpan<byte> odd, Span<uint> words, bool vectors)
    {
        ref byte id = ref ids;
        if (!vectors || ListsLargeId(odd))
        {
            Span<uint> wide = stackalloc uint[StackSlots];
            wide.Clear();
            nint position = StackStart;
            return DecodeOneByOne(ref leaveBits, ref id, ref odd, words, 0, wide, position) && odd.Length == 0;
        }

        Span<ushort> stack = stackalloc ushort[StackSlots];
        stack.Clear();
        ref ushort slots = ref MemoryMarshal.GetReference(stack);
        ref byte scatter = ref MemoryMarshal.GetArrayDataReference(s_scatterIds);
        ref byte own = ref MemoryMarshal.GetArrayDataReference(s_ownEnters);
        ref byte earlier = ref MemoryMarshal.GetArrayDataReference(s_earlierEnters);
        ref byte open = ref MemoryMarshal.GetArrayDataReference(s_openEnters);
        ref byte earlierCount = ref MemoryMarshal.GetArrayDataReference(s_earlierCount);
        ref uint word = ref MemoryMarshal.GetReference(words);
        Vector128<ushort> laneBits = Vector128.Create((ushort)1, 2, 4, 8, 16, 32, 64, 128);
        uint nextOdd = NextOdd(odd);
        nint top = StackStart;
        int index = 0;
        for (; index + 8 <= words.Length; index += 8)
        {
            nuint leaves = leaveBits;
            nint net = 16 - (2 * (nint)Popcnt.PopCount((uint)leaves));
            if (nextOdd - (uint)index < 8 || top < 8 || top > StackSlots - 8)
            {
                ReadOnlySpan<byte> rest = odd;
                if (!DecodeOneByOne(ref leaveBits, ref id, ref rest, words[index..(index + 8)], index, stack, top))
                    return false;
                odd = rest;
                nextOdd = NextOdd(odd);
            }
            else
            {
                Vector128<byte> enters = Ssse3.Shuffle(Vector128.LoadUnsafe(ref id), Vector128.LoadUnsafe(ref scatter, leaves * 16));
                ref byte place = ref Unsafe.As<ushort, byte>(ref Unsafe.Add(ref slots, top));
                Vector128<byte> below = Vector128.LoadUnsafe(ref Unsafe.Subtract(ref place, 16));
                Vector128<ushort> lanes = (enters
                    | Ssse3.Shuffle(enters, Vector128.LoadUnsafe(ref own, leaves * 16))
                    | Ssse3.Shuffle(below, Vector128.LoadUnsafe(ref earlier, leaves * 16))).AsUInt16();
                nint popped = Unsafe.Add(ref earlierCount, leaves);
                Ssse3.Shuffle(enters, Vector128.LoadUnsafe(ref open, leaves * 16)).StoreUnsafe(ref Unsafe.Subtract(ref place, popped * 2));

                // Twice the id, and one more for a leave (the lanes of leaves are -1).
                Vector128<ushort> leaveLanes = Sse2.CompareEqual(Vector128.Create((ushort)leaves) & laneBits, laneBits);
                Vector128<uint> low = Sse2.UnpackLow(lanes, Vector128<ushort>.Zero).AsUInt32();
                Vector128<uint> high = Sse2.UnpackHigh(lanes, Vector128<ushort>.Zero).AsUInt32();
                ((low << 1) - Sse2.UnpackLow(leaveLanes, leaveLanes).AsUInt32()).StoreUnsafe(ref word, (nuint)index);
                ((high << 1) - Sse2.UnpackHigh(leaveLanes, leaveLanes).AsUInt32()).StoreUnsafe(ref word, (nuint)index + 4);
            }

            leaveBits = ref Unsafe.Add(ref leaveBits, 1);
            id = ref Unsafe.Add(ref id, net);
            top += net - 8;
        }

        return DecodeOneByOne(ref leaveBits, ref id, ref odd, words[index..], index, stack, top) && odd.Length == 0;
    }

    /// <summary>One by one, from the record with <paramref name="index"/> in the block, a multiple of 8; false when the list is damaged.</summary>
    private static bool DecodeOneByOne<T>(
        ref byte leaveBits, ref byte id, scoped ref ReadOnlySpan<byte> odd, Span<uint> words, int index, scoped Span<T> stack, nint top)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (int i = 0; i < words.Length; i++)
        {
            uint leave = (uint)Unsafe.Add(ref leaveBits, i >> 3) >> (i & 7) & 1;
            top -= (nint)leave;
            bool hasSlot = (nuint)top < StackSlots;
            uint function = hasSlot ? uint.CreateTruncating(stack[(int)top]) : 0;
            if (leave == 0)
            {
                function = Unsafe.ReadUnaligned<ushort>(ref id);
                id = ref Unsafe.Add(ref id, 2);
            }

            if (NextOdd(odd) == (uint)(index + i))
            {
                uint listed = MemoryMarshal.Read<uint>(odd[4..]);
                if ((listed & ~(WordMask - 1)) != leave)
                    return false;
                function = listed >> 1;
                odd = odd[OddBytes..];
            }

            if (leave == 0)
            {
                if (hasSlot)
                    stack[(int)top] = T.CreateTruncating(function);
                top++;
            }

            words[i] = (function << 1) | leave;
        }

        return true;
    }

    private static bool ListsLargeId(ReadOnlySpan<byte> odd)
    {
        for (; odd.Length > 0; odd = odd[OddBytes..])
        {
            if (MemoryMarshal.Read<uint>(odd[4..]) > LastListedWord)
                return true;
        }

        return false;
    }

    private static uint NextOdd(ReadOnlySpan<byte> odd) => odd.Length > 0 ? MemoryMarshal.Read<uint>(odd) : uint.MaxValue;
}
