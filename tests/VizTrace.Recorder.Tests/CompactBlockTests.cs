using VizTrace.Records;
using VizTrace.Tests;
using Xunit;

namespace VizTrace.Recorder.Tests;

/// <summary>What goes into a compact block comes out again, exactly, on both paths, and damage never leads out of bounds.</summary>
public class CompactBlockTests
{
    private const ulong Mask = (1UL << 40) - 1;

    public static TheoryData<string, int, int> Streams()
    {
        var data = new TheoryData<string, int, int>();
        foreach (string shape in new[] { "nested", "random", "recursion", "unwinding", "deep", "a late large id", "large ids", "wide", "wrapping", "backwards" })
        {
            foreach (int count in new[] { 0, 1, 2, 7, 8, 9, 15, 16, 63, 64, 65, 1000, 1027, 16376 })
                data.Add(shape, count, (count * 31) + shape.Length);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void WhatIsEncodedDecodesExactlyOnEveryPath(string shape, int count, int seed)
    {
        ulong[] records = Make(shape, count, seed);
        byte[] plain = Encode(records, vectors: false);
        byte[] vector = Encode(records, vectors: true);
        Assert.Equal(plain, vector);
        if (shape is "nested" or "recursion" or "wrapping")
            Assert.NotEmpty(plain);
        if (plain.Length == 0)
            return;
        foreach (bool vectors in new[] { false, true })
        {
            const ulong High = 0x12_3456_0000_0000_00;
            ulong first = count > 0 ? High | (records[0] >> 24) : High;
            var ticks = new ulong[count];
            var words = new uint[count];
            Assert.True(CompactBlock.TryDecode(plain, first, ticks, words, vectors));
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(records[i], (ticks[i] << 24) | words[i]);
                ulong delta = i == 0 ? 0 : ((records[i] >> 24) - (records[i - 1] >> 24)) & Mask;
                ulong expected = i == 0 ? first : delta >= (1UL << 40) - (1UL << 28) ? ticks[i - 1] + delta - (1UL << 40) : ticks[i - 1] + delta;
                Assert.Equal(expected, ticks[i]);
            }
        }
    }

    [Theory]
    [InlineData((1UL << 40) - 1, -1)]
    [InlineData((1UL << 40) - (1UL << 28), -(1L << 28))]
    [InlineData((1UL << 40) - (1UL << 28) - 1, (1L << 40) - (1L << 28) - 1)]
    public void ADeltaNearTheWholeRoundIsAStepBack(ulong delta, long step)
    {
        const ulong First = (7UL << 40) + 1_000_000_000;
        ulong[] records = [First << 24 | 2, (First + 10) << 24 | 4, (First + 10 + delta) << 24 | 5];
        foreach (bool vectors in new[] { false, true })
        {
            var ticks = new ulong[3];
            Assert.True(CompactBlock.TryDecode(Encode(records, vectors), First, ticks, new uint[3], vectors));
            Assert.Equal([First, First + 10, First + 10 + (ulong)step], ticks);
        }
    }

    [Fact]
    public void AProgramOfShortCallsTakesLessThanTwoAndAHalfBytesARecord()
    {
        ulong[] records = Make("nested", 16376, 1);
        Assert.InRange(Encode(records, vectors: true).Length, 1, records.Length * 5 / 2);
    }

    [Fact]
    public void ABlockThatRawWouldBeAsGoodForIsRefused()
    {
        var records = new ulong[4000];
        for (int i = 0; i < records.Length; i++)
            records[i] = ((ulong)i * 1_000_000 << 24) | (((uint)i + 70_000) << 1);
        Assert.Empty(Encode(records, vectors: false));
        Assert.Empty(Encode(records, vectors: true));
    }

    [Fact]
    public void TooManyRecordsOrTooLittleRoomIsRefused()
    {
        Assert.Equal(-1, CompactBlock.TryEncode(new ulong[CompactBlock.MaxRecords + 1], new byte[CompactBlock.MaxBytes(CompactBlock.MaxRecords + 1)]));
        Assert.Equal(-1, CompactBlock.TryEncode(new ulong[10], new byte[CompactBlock.MaxBytes(10) - 1]));
    }

    /// <summary>Payload and results end where touching one byte more would end the process.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ADamagedPayloadIsRefusedOrGivesRubbishButNeverThrowsAndNothingElseIsTouched(bool vectors)
    {
        var random = new Random(4);
        foreach (string shape in new[] { "nested", "large ids", "wide" })
        {
            byte[] good = Encode(Make(shape, 203, 5), vectors);
            using var payload = new GuardedMemory<byte>(good.Length);
            using var ticks = new GuardedMemory<ulong>(203);
            using var words = new GuardedMemory<uint>(203);
            for (int cut = 0; cut < good.Length; cut++)
                Assert.False(CompactBlock.TryDecode(payload.Copy(good.AsSpan(0, cut)), 1, ticks.Span, words.Span, vectors));
            for (int i = 0; i < 20_000; i++)
            {
                Span<byte> bad = payload.Copy(good);
                for (int flips = random.Next(1, 4); flips > 0; flips--)
                    bad[random.Next(i % 3 == 0 ? 100 : bad.Length)] = (byte)random.Next(256);
                CompactBlock.TryDecode(bad, 1, ticks.Span, words.Span, vectors);
            }

            payload.Copy(good);
            Assert.False(CompactBlock.TryDecode(payload.Span, 1, ticks.Last(202), words.Span, vectors));
            Assert.False(CompactBlock.TryDecode(payload.Span, 1, ticks.Span, words.Last(202), vectors));
            Assert.True(CompactBlock.TryDecode(payload.Span, 1, ticks.Span, words.Span, vectors));
        }
    }

    /// <summary>Also of counts that no vector divides: records, room, payload and results end at the guard.</summary>
    [Theory]
    [MemberData(nameof(Streams))]
    public void NothingBeyondRecordsRoomAndResultsIsTouched(string shape, int count, int seed)
    {
        ulong[] made = Make(shape, count, seed);
        using var records = new GuardedMemory<ulong>(count);
        using var room = new GuardedMemory<byte>(CompactBlock.MaxBytes(count));
        using var ticks = new GuardedMemory<ulong>(count);
        using var words = new GuardedMemory<uint>(count);
        foreach (bool vectors in new[] { false, true })
        {
            int length = CompactBlock.TryEncode(records.Copy(made), room.Span, vectors);
            if (length < 0)
                continue;
            byte[] payload = room.Span[..length].ToArray();
            Assert.True(CompactBlock.TryDecode(room.Copy(payload), 1, ticks.Span, words.Span, vectors));
        }
    }

    private static byte[] Encode(ulong[] records, bool vectors)
    {
        var room = new byte[CompactBlock.MaxBytes(records.Length)];
        Array.Fill(room, (byte)0xA5);
        int length = CompactBlock.TryEncode(records, room, vectors);
        Assert.InRange(length, -1, (records.Length * 8) + 64);
        return length < 0 ? [] : room[..length];
    }

    private static ulong[] Make(string shape, int count, int seed)
    {
        var random = new Random(seed);
        var records = new ulong[count];
        var open = new Stack<uint>();
        ulong time = shape == "wrapping" ? Mask - 500 : (ulong)random.NextInt64((long)Mask);
        for (int i = 0; i < count; i++)
        {
            ulong gap = (ulong)random.Next(40, 300);
            if (shape == "wide" && random.Next(3) == 0)
                gap = (ulong)random.NextInt64(65_500, 1L << random.Next(17, 40));
            if (shape == "backwards" && random.Next(20) == 0)
                gap = Mask - 90;
            time = (time + gap) & Mask;
            bool large = shape == "large ids" ? random.Next(9) == 0 : shape == "a late large id" && i == count - 5;
            uint largest = large ? (1u << 23) - 1 : 5000;
            uint word = (uint)random.Next(1, (int)largest + 1) << 1;
            bool leave = shape switch
            {
                "recursion" => i > count / 2,
                "deep" => random.Next(100) < (i / 3000 % 2 == 0 ? 5 : 95),
                "unwinding" => random.Next(40) != 0,
                _ => random.Next(2) == 0,
            };
            if (shape is "random" or "unwinding")
                word |= leave ? 1u : 0u;
            else if (leave && open.Count > 0)
                word = open.Pop() | 1;
            else
                open.Push(word);
            records[i] = (time << 24) | word;
        }

        return records;
    }
}
