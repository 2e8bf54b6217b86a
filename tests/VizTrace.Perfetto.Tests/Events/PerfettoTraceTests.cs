using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Events;
using VizTrace.Perfetto.Tests.Editing;

namespace VizTrace.Perfetto.Tests.Events;

/// <summary>Reading traces of any tool as events.</summary>
public sealed class PerfettoTraceTests
{
    [Fact]
    public void OrdinalsAndIdsAreTheSameEachTime()
    {
        foreach (var trace in Traces())
        {
            var source = RewriteTests.Open(trace);
            var (rows, events) = (source.Tracks.Count, source.Facts.Events);
            var all = new Numbers();
            source.Read(all, EventParts.All);
            var times = new Numbers();
            source.Read(times, EventParts.Times);
            Assert.Equal(all.List, times.List);
            Assert.Equal(Enumerable.Range(0, (int)events).Select(i => (long)i), all.List.Select(x => x.Ordinal));
            Assert.Equal(rows, source.Tracks.Count);
            // The first reading may be one for all parts as well.
            var direct = new PerfettoTrace(() => new MemoryStream(trace));
            var first = new Numbers();
            direct.Read(first, EventParts.All);
            Assert.Equal(all.List, first.List);
            Assert.Equal((source.Facts.FirstNs, source.Facts.LastNs, source.Facts.Bytes), (direct.Facts.FirstNs, direct.Facts.LastNs, direct.Facts.Bytes));
        }
    }

    [Fact]
    public void DecidingByRowsAndByEventsIsTheSame()
    {
        foreach (var trace in Traces())
        {
            var rows = RewriteTests.Open(trace).Tracks.Count;
            for (var row = 0; row < rows; row++)
            {
                var gone = row;
                Assert.Equal(
                    RewriteTests.Rewrite(trace, new TestJudge { Row = r => r != gone, On = (scoped in TraceEvent _, EventEdit _) => Verdict.Keep }),
                    RewriteTests.Rewrite(trace, new TestJudge { Row = r => r != gone }));
            }
        }
    }

    [Fact]
    public void DroppingAnySingleEventLeavesAllOthersAsTheyWere()
    {
        foreach (var trace in Traces())
        {
            var lines = Lines.Of(trace);
            for (var i = 0; i < lines.Count; i++)
            {
                var gone = i;
                if (lines[i].Contains("Scheduling", StringComparison.Ordinal) || lines[i].Contains("Other", StringComparison.Ordinal)) continue;
                var output = RewriteTests.Rewrite(trace, new TestJudge { On = (scoped in TraceEvent e, EventEdit _) => e.Ordinal == gone ? Verdict.Drop : Verdict.Keep });
                Assert.Equal(lines.Where((_, at) => at != gone), Lines.Of(output));
            }
        }
    }

    [Fact]
    public void PacketsPackedWithZstdAreRead()
    {
        var trace = RewriteTests.Two();
        var packed = Wire.Trace(new Wire().Add(133, new ZstdSharp.Compressor().Wrap(trace).ToArray()));
        Assert.Equal(Lines.Of(trace), Lines.Of(packed));
        Assert.Equal(packed, RewriteTests.Rewrite(packed, new TestJudge()));
        var row = RewriteTests.Open(packed).Tracks;
        var output = RewriteTests.Rewrite(packed, new TestJudge { EventsOf = r => row[r].Tid != 11 });
        Assert.Empty(Lines.Of(output));
        Assert.True(Assert.Single(Wire.Packets(output)).HasCompressedPackets);
    }

    [Fact]
    public void SamplesOfAllKindsBelongToTheirThreadAndHaveTheirStacks()
    {
        var stacks = new Wire().Add(5, new Wire().Add(1, 1).Add(2, "main")).Add(5, new Wire().Add(1, 2).Add(2, "leaf"))
            .Add(6, new Wire().Add(1, 1).Add(2, 1)).Add(6, new Wire().Add(1, 2).Add(2, 2)).Add(6, new Wire().Add(1, 3).Add(4, 255))
            .Add(7, new Wire().Add(1, 1).Add(2, 1).Add(2, 2)).Add(7, new Wire().Add(1, 2).Add(2, 1).Add(2, 3)).Add(48, new Wire().Add(1, 1).Add(2, 10).Add(3, 12));
        var trace = Wire.Trace(
            new Wire().Add(10, 3).Add(41, 1).Add(12, stacks).Add(44, new Wire().Add(1, 10).Add(2, 11).Add(6, 1)),
            new Wire().Add(10, 3).Add(54, new Wire().Add(1, 1).Add(1, 2).Add(1, 1).Add(2, 1).Add(2, 2).Add(2, 3)),
            new Wire().Add(10, 3).Add(8, 50).Add(135, new Wire().Add(2, 1).Add(6, 2).Add(11, 9)),
            new Wire().Add(10, 3).Add(8, 60).Add(135, new Wire().Add(1, new Wire().Add(2, 10).Add(3, 11)).Add(5, new Wire().Add(1, new Wire().Add(1, "inline")))),
            new Wire().Add(10, 3).Add(11, new Wire().Add(9, 3).Add(1, 4).Add(23, "later")));
        string[] expected =
        [
            "2000 Thread:11 Sample | leaf | main", "4000 Thread:11 Sample | 0xff | main", "7000 Thread:11 Sample | leaf | main",
            "50 Thread:12 Sample | 0xff | main", "60 Thread:11 Sample | inline", "11000 Thread:11 Instant later",
        ];
        Assert.Equal(expected, Lines.Of(trace));
        for (var i = 0; i < expected.Length; i++)
        {
            var gone = i;
            var output = RewriteTests.Rewrite(trace, new TestJudge { On = (scoped in TraceEvent e, EventEdit _) => e.Ordinal == gone ? Verdict.Drop : Verdict.Keep });
            Assert.Equal(expected.Where((_, at) => at != gone), Lines.Of(output));
        }
    }

    [Fact]
    public void OldPhasesStandForWhatTheyDoInChrome()
    {
        Wire Event(char phase, long time, params (int Field, long Value)[] more)
        {
            var legacy = new Wire().Add(2, phase);
            foreach (var (field, value) in more) legacy.Add(field, value);
            return new Wire().Add(10, 3).Add(8, time).Add(11, new Wire().Add(23, "n").Add(22, "c").Add(6, legacy));
        }

        var trace = Wire.Trace(
            new Wire().Add(10, 3).Add(13, 1).Add(44, new Wire().Add(1, 10).Add(2, 11)),
            Event('B', 1), Event('E', 2), Event('X', 3, (3, 5)), Event('I', 4), Event('i', 5, (14, 1)), Event('i', 6, (14, 2)), Event('R', 7),
            Event('b', 8, (6, 1)), Event('n', 9, (6, 1)), Event('e', 10, (6, 1)), Event('S', 11, (10, 2)), Event('T', 12, (10, 2)), Event('p', 13, (10, 2)), Event('F', 14, (10, 2)),
            Event('s', 15, (6, 7)), Event('t', 16, (6, 7)), Event('f', 17, (6, 7), (12, 1)), Event('C', 18), Event('M', 19), Event('P', 20), Event('O', 21),
            Event('B', 22, (8, 99), (13, 2)), Event('E', 23, (8, 99), (13, 1)), Event('I', 24, (18, 20)), Event('I', 25, (18, 20), (19, 21)));
        Assert.Equal(
            [
                "1 Thread:11 Begin", "2 Thread:11 End", "3 Thread:11 Complete +5000", "4 Thread:11 Instant", "5 Global: Instant", "6 Process:10 Instant", "7 Thread:11 Instant",
                "8 Async:n Begin", "9 Async:n Instant", "10 Async:n End", "11 Async:n Begin", "12 Async:n Instant", "13 Async:n Instant", "14 Async:n End",
                "15 Thread:11 FlowBegin", "16 Thread:11 FlowStep", "17 Thread:11 FlowEnd", "18 Counter:n Counter =0", "19 Thread:11 Other", "20 Thread:11 Sample", "21 Thread:11 Other",
                "22 Thread:11 Begin >99", "23 Thread:11 End <99", "24 Process:20 Instant", "25 Thread:21 Instant",
            ],
            Lines.Of(trace).Select(l => l.Replace(" n/c", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void LyingLengthsAndFlippedBytesNeverGetBeyondWhatIsThere()
    {
        var random = new Random(11);
        foreach (var trace in Traces())
        {
            for (var round = 0; round < 400; round++)
            {
                var mutant = trace.ToArray();
                for (var k = random.Next(1, 4); k > 0; k--) mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
                var source = new PerfettoTrace(() => new MemoryStream(mutant));
                try
                {
                    source.Read(new Lines(source), EventParts.All);
                }
                catch (TraceException e)
                {
                    Assert.Equal(ErrorId.BadInput, e.Id);
                    continue;
                }
                source.Read(new Lines(source), EventParts.Times);
                var n = 0;
                source.Rewrite(new MemoryStream(), new TestJudge { On = (scoped in TraceEvent _, EventEdit _) => n++ % 3 == 0 ? Verdict.Drop : Verdict.Keep }, Ledger.Empty, new RewriteOptions());
                source.Rewrite(new MemoryStream(), new TestJudge { Row = r => r % 2 == 0 }, Ledger.Empty, new RewriteOptions());
            }
        }
    }

    [Fact]
    public void WhatIsNoTraceIsSaidToBeNone()
    {
        foreach (var bytes in new byte[][] { [1], [0x7B, 0x22, 0x61, 0x22, 0x3A, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 1] })
        {
            var source = new PerfettoTrace(() => new MemoryStream(bytes));
            Assert.Equal(ErrorId.BadInput, Assert.Throws<TraceException>(() => source.Read(new Lines(source), EventParts.None)).Id);
        }
    }

    private static byte[][] Traces() =>
        [RewriteTests.Two(), RewriteTests.Everything(), RewriteTests.Old(), RewriteTests.Own(false), RewriteTests.Own(true), Wire.Trace(RewriteTests.Bundle())];

    private sealed class Numbers : IEventSink
    {
        public List<(long Ordinal, EventKind Kind, int Track, long Time)> List { get; } = [];

        public void Event(scoped in TraceEvent e) => List.Add((e.Ordinal, e.Kind, e.Track, e.TimeNs));
    }
}
