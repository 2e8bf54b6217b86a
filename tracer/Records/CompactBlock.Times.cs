using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VizTrace.Records;

/// <content>Time stamps: differences of 1 or 2 bytes, told apart by a bit each; wider ones in a list.</content>
internal static partial class CompactBlock
{
    /// <summary>8 lanes of 16 bits to bytes: both bytes of the lanes whose bit is set, the low one of the others.</summary>
    private static readonly byte[] s_squeezeTimes = Shuffles(static (bits, shuffle) =>
    {
        for (int lane = 0, to = 0; lane < 8; lane++)
        {
            shuffle[to++] = (byte)(lane * 2);
            if ((bits >> lane & 1) != 0)
                shuffle[to++] = (byte)((lane * 2) + 1);
        }
    });

    /// <summary>The way back.</summary>
    private static readonly byte[] s_spreadTimes = Shuffles(static (bits, shuffle) =>
    {
        for (int lane = 0, from = 0; lane < 8; lane++)
        {
            shuffle[lane * 2] = (byte)from++;
            if ((bits >> lane & 1) != 0)
                shuffle[(lane * 2) + 1] = (byte)from++;
        }
    });

    private delegate void FillShuffle(int bits, Span<byte> shuffle);

    /// <summary>256 shuffles of 16 bytes each; 0x80 makes a zero byte.</summary>
    private static byte[] Shuffles(FillShuffle fill)
    {
        var table = new byte[256 * 16];
        table.AsSpan().Fill(0x80);
        for (int bits = 0; bits < 256; bits++)
            fill(bits, table.AsSpan(bits * 16, 16));
        return table;
    }

    /// <summary>Returns the bytes written to <paramref name="times"/>; stops early when there are more wide ones than asked for.</summary>
    private static int EncodeTimes(
        ReadOnlySpan<ulong> records, Span<byte> longBits, ref byte times, ref byte wide, int wideLimit, bool vectors, out int wideCount)
    {
        ref ulong record = ref MemoryMarshal.GetReference(records);
        ref byte squeeze = ref MemoryMarshal.GetArrayDataReference(s_squeezeTimes);
        ref byte time = ref times;
        Vector128<ulong> timeBits = Vector128.Create(~(ulong)WordMask);
        Vector128<ulong> wideBits = Vector128.Create(~(ulong)WideMark);
        Span<ushort> lanes = stackalloc ushort[8];
        wideCount = 0;
        for (int group = 0; group < longBits.Length; group++)
        {
            Vector128<ushort> deltas = default;
            bool fits = false;
            if (vectors & group > 0 & (group << 3) + 8 <= records.Length)
            {
                ref ulong first = ref Unsafe.Add(ref record, group << 3);
                ref ulong before = ref Unsafe.Subtract(ref first, 1);
                Vector128<ulong> d0 = (Vector128.LoadUnsafe(ref first) & timeBits) - (Vector128.LoadUnsafe(ref before) & timeBits);
                Vector128<ulong> d1 = (Vector128.LoadUnsafe(ref first, 2) & timeBits) - (Vector128.LoadUnsafe(ref before, 2) & timeBits);
                Vector128<ulong> d2 = (Vector128.LoadUnsafe(ref first, 4) & timeBits) - (Vector128.LoadUnsafe(ref before, 4) & timeBits);
                Vector128<ulong> d3 = (Vector128.LoadUnsafe(ref first, 6) & timeBits) - (Vector128.LoadUnsafe(ref before, 6) & timeBits);
                d0 >>>= Record.WordBits;
                d1 >>>= Record.WordBits;
                d2 >>>= Record.WordBits;
                d3 >>>= Record.WordBits;

                // One more, so that the mark itself counts as wide; a false alarm (by the or) costs time only.
                fits = Sse41.TestZ((d0 | d1 | d2 | d3) + Vector128<ulong>.One, wideBits);
                deltas = Sse41.PackUnsignedSaturate(
                    Sse41.PackUnsignedSaturate(d0.AsInt32(), d1.AsInt32()).AsInt32(),
                    Sse41.PackUnsignedSaturate(d2.AsInt32(), d3.AsInt32()).AsInt32());
            }

            if (!fits)
            {
                if (wideCount > wideLimit)
                    return 0;
                wideCount = Deltas(records, group << 3, lanes, ref wide, wideCount);
                deltas = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(lanes));
            }

            if (vectors)
            {
                Vector128<short> shorts = Sse2.CompareEqual((deltas >>> 8).AsInt16(), Vector128<short>.Zero);
                uint longs = ~(uint)Sse2.MoveMask(Sse2.PackSignedSaturate(shorts, shorts)) & 0xFF;
                Ssse3.Shuffle(deltas.AsByte(), Vector128.LoadUnsafe(ref squeeze, longs * 16)).StoreUnsafe(ref time);
                time = ref Unsafe.Add(ref time, 8 + (nint)Popcnt.PopCount(longs));
                longBits[group] = (byte)longs;
            }
            else
            {
                longBits[group] = 0;
                for (int i = 0; i < 8; i++)
                {
                    int isLong = lanes[i] > 255 ? 1 : 0;
                    longBits[group] |= (byte)(isLong << i);
                    Unsafe.WriteUnaligned(ref time, lanes[i]);
                    time = ref Unsafe.Add(ref time, 1 + isLong);
                }
            }
        }

        // The lanes after the last record were 0: one byte each.
        return (int)Unsafe.ByteOffset(ref times, ref time) - ((longBits.Length * 8) - records.Length);
    }

    /// <summary>One by one: the differences of up to 8 records into <paramref name="lanes"/>, wide ones to the list.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Deltas(ReadOnlySpan<ulong> records, int index, Span<ushort> lanes, ref byte wide, int wideCount)
    {
        lanes.Clear();
        ulong previous = Record.Time(records[Math.Max(0, index - 1)]);
        for (int i = 0; i < 8 && index + i < records.Length; i++)
        {
            ulong now = Record.Time(records[index + i]);
            ulong delta = (now - previous) & Record.TimeMask;
            previous = now;
            lanes[i] = (ushort)Math.Min(delta, WideMark);
            if (delta >= WideMark)
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref wide, wideCount++ * WideBytes), delta);
        }

        return wideCount;
    }

    private static bool DecodeTimes(
        ref byte longBits, ref byte time, ReadOnlySpan<byte> wide, ulong firstTicks, Span<ulong> ticks, bool vectors)
    {
        ref byte spread = ref MemoryMarshal.GetArrayDataReference(s_spreadTimes);
        ref ulong tick = ref MemoryMarshal.GetReference(ticks);
        Span<ushort> laneSpan = stackalloc ushort[8];
        ref ushort lane = ref MemoryMarshal.GetReference(laneSpan);
        ulong now = firstTicks;
        int left = ticks.Length;
        for (; left > 0; left -= 8)
        {
            uint longs = longBits;
            longBits = ref Unsafe.Add(ref longBits, 1);
            bool wideHere;
            if (vectors)
            {
                Vector128<ushort> deltas = Ssse3.Shuffle(Vector128.LoadUnsafe(ref time), Vector128.LoadUnsafe(ref spread, longs * 16)).AsUInt16();
                deltas.StoreUnsafe(ref lane);
                wideHere = Sse2.MoveMask(Sse2.CompareEqual(deltas, Vector128<ushort>.AllBitsSet).AsByte()) != 0;
                time = ref Unsafe.Add(ref time, 8 + (nint)Popcnt.PopCount(longs));
            }
            else
            {
                wideHere = false;
                for (int i = 0; i < Math.Min(8, left); i++, longs >>= 1)
                {
                    int isLong = (int)(longs & 1);
                    ushort delta = (ushort)(Unsafe.ReadUnaligned<ushort>(ref time) & (0xFF | -isLong));
                    time = ref Unsafe.Add(ref time, 1 + isLong);
                    wideHere |= delta == WideMark;
                    laneSpan[i] = delta;
                }
            }

            if (left < 8 || wideHere)
            {
                ulong after = now;
                if (!AddDeltas(laneSpan[..Math.Min(8, left)], ref wide, ref tick, ref after))
                    return false;
                now = after;
            }
            else
            {
                for (nuint i = 0; i < 8; i++)
                {
                    now += Unsafe.Add(ref lane, i);
                    Unsafe.Add(ref tick, i) = now;
                }
            }

            tick = ref Unsafe.Add(ref tick, 8);
        }

        return wide.Length == 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool AddDeltas(scoped ReadOnlySpan<ushort> lanes, ref ReadOnlySpan<byte> wide, ref ulong tick, ref ulong now)
    {
        for (int i = 0; i < lanes.Length; i++)
        {
            ulong delta = lanes[i];
            if (delta == WideMark)
            {
                if (wide.Length == 0)
                    return false;
                delta = MemoryMarshal.Read<ulong>(wide) & Record.TimeMask;
                if (delta > Record.TimeMask - Record.LargestStepBack)
                    delta |= ~Record.TimeMask;
                wide = wide[WideBytes..];
            }

            now += delta;
            Unsafe.Add(ref tick, i) = now;
        }

        return true;
    }
}
