using VizTrace.NetTrace.Payloads;
using VizTrace.NetTrace.Wire;

namespace VizTrace.NetTrace.Tests;

/// <summary>The sorter against sorting everything at once.</summary>
public sealed class SorterTests
{
    private static readonly EventType s_type = new("P", 1, "E", [], 8);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WhatIsHandedOnIsSortedByTimeAndStable(int seed)
    {
        var random = new Random(seed);
        var sink = new Sink();
        var sorter = new EventSorter(sink);
        var expected = new List<(long Ticks, int Number)>();
        int number = 0;
        long floor = 0;
        for (int block = 0; block < 60; block++)
        {
            // A block of one thread: in order itself, overlapping the others; then the floor rises, and its first event says so.
            long ticks = floor;
            for (int i = random.Next(1, 3000); i > 0; i--)
            {
                bool isMark = ticks == floor;
                sorter.Add(new RawEvent { Type = s_type, Ticks = ticks }, BitConverter.GetBytes(number), isMark);
                expected.Add((ticks, number++));
                ticks += random.Next(0, 3);
            }

            sorter.EndBlock();
            if (random.Next(4) == 0)
                floor = expected.Max(e => e.Ticks) - random.Next(0, 50);
            if (random.Next(20) == 0)
            {
                sorter.FlushAll();
                floor = expected.Max(e => e.Ticks) + 1;
            }
        }

        sorter.FlushAll();

        Assert.Equal(expected.OrderBy(e => e.Ticks), sink.Seen);
    }

    [Fact]
    public void WithoutMarksMemoryIsBoundedAndNothingIsMissing()
    {
        var sink = new Sink();
        var sorter = new EventSorter(sink);
        for (int i = 0; i < 600_000; i++)
            sorter.Add(new RawEvent { Type = s_type, Ticks = 600_000 - i }, BitConverter.GetBytes(i), isSorted: false);

        Assert.Equal(524_288, sink.Seen.Count);
        sorter.FlushAll();
        Assert.Equal(Enumerable.Range(0, 600_000), sink.Seen.Select(s => s.Number).Order());
    }

    private sealed class Sink : IRawEvents
    {
        public List<(long Ticks, int Number)> Seen { get; } = [];

        public void Take(in RawEvent raw, ReadOnlySpan<byte> payload) => Seen.Add((raw.Ticks, BitConverter.ToInt32(payload)));
    }
}
