using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

public sealed class ClockTests
{
    private const ulong Ghz25 = 2_500_000_000;

    /// <summary>A counter at 2.5 GHz: tick t is at 1000 s + t * 0.4 ns.</summary>
    private static ulong NsAt(ulong ticks) => 1_000_000_000_000 + (ticks / 5 * 2);

    private static ClockPoints Points(params (ulong Ticks, long OffNs, uint Uncertainty)[] points)
    {
        var all = new ClockPoints();
        foreach ((ulong ticks, long off, uint uncertainty) in points)
            all.Add(ticks, (ulong)((long)NsAt(ticks) + off), uncertainty);
        return all;
    }

    [Fact]
    public void TicksBetweenAndBeyondThePointsLieOnTheLine()
    {
        ClockMap map = Points((Ghz25, 0, 0), (10 * Ghz25, 0, 0), (20 * Ghz25, 0, 0)).ToMap();
        foreach (ulong ticks in new[] { 5ul, Ghz25, Ghz25 + 5, 3 * Ghz25, 10 * Ghz25, 19 * Ghz25, 100 * Ghz25, 100_000 * Ghz25 })
            Assert.InRange(map.ToNs(ticks) - (long)NsAt(ticks), -2, 0);
        Assert.Equal(0, map.ErrorNs);
    }

    [Fact]
    public void TheMapNeverFallsAndEveryThreadSeesTheSame()
    {
        ClockMap map = Points((Ghz25, 0, 20), (2 * Ghz25, 30, 20), (3 * Ghz25, -20, 20), (5 * Ghz25, 10, 20)).ToMap();
        var random = new Random(1);
        ulong ticks = Ghz25 / 2;
        long before = long.MinValue;
        ClockLine line = default;
        while (ticks < 7 * Ghz25)
        {
            if (ticks - line.StartTicks >= line.Span)
                line = map.LineAt(ticks);
            long ns = line.ToNs(ticks);
            Assert.True(ns >= before);
            Assert.Equal(map.ToNs(ticks), ns);
            before = ns;
            ticks += (ulong)random.Next(0, 400_000);
        }
    }

    [Fact]
    public void EachLineEndsWhereTheNextBegins()
    {
        ClockMap map = Points((Ghz25, 0, 20), (2 * Ghz25, 300, 20), (3 * Ghz25, -200, 20)).ToMap();
        ulong ticks = 1;
        for (int i = 0; i < 20; i++)
        {
            ClockLine line = map.LineAt(ticks);
            Assert.InRange(ticks - line.StartTicks, 0ul, line.Span - 1);
            ulong end = line.StartTicks + line.Span;
            Assert.InRange(map.ToNs(end) - map.ToNs(end - 1), 0, 2);
            ticks = end;
        }
    }

    [Fact]
    public void TheSurestPointOfAWindowIsTakenAndTheOthersStateTheError()
    {
        // Ten points within a window of 1 s; the second is interrupted for 1 ms but says so, the third is 500 ns off and does not.
        ClockMap map = Points(
            (1, 0, 5), (Ghz25 / 2, 1_000_000, 2_500_000), (Ghz25 * 6 / 10, 500, 100), (100 * Ghz25, 0, 5)).ToMap();
        Assert.InRange(map.ToNs(50 * Ghz25) - (long)NsAt(50 * Ghz25), -2, 0);
        // 500 ns off, of which 100 ticks (40 ns) are its own uncertainty.
        Assert.InRange(map.ErrorNs, 459, 462);
    }

    [Fact]
    public void TheUncertaintyOfThePointsIsTheLeastErrorStated()
    {
        Assert.Equal(10, Points((1, 0, 25), (100 * Ghz25, 0, 10)).ToMap().ErrorNs);
    }

    [Fact]
    public void ASteeredClockIsFollowed()
    {
        var points = new ClockPoints();
        // 500 ppm faster after 50 s.
        long At(ulong second) => (long)((second * 1_000_000_000) + (second > 50 ? (second - 50) * 500_000 : 0)) + 1_000;
        for (ulong second = 0; second <= 100; second++)
            points.Add((second * Ghz25) + 1, (ulong)At(second), 10);
        ClockMap map = points.ToMap();
        Assert.InRange(map.ToNs((25 * Ghz25) + 1) - At(25), -2, 2);
        Assert.InRange(map.ToNs((75 * Ghz25) + 1) - At(75), -2, 2);
    }

    [Fact]
    public void APointFromWhichTimeWouldRunBackwardsIsLeftOut()
    {
        ClockMap map = Points((1, 0, 5), (20 * Ghz25, -30_000_000_000, 5), (40 * Ghz25, 0, 5), (60 * Ghz25, 0, 5), (80 * Ghz25, 0, 5)).ToMap();
        Assert.InRange(map.ToNs(20 * Ghz25) - (long)NsAt(20 * Ghz25), -2, 0);
    }

    [Theory]
    [InlineData(-900_000_000_000)]
    [InlineData(900_000_000_000)]
    public void AWildFirstPointIsLeftOut(long off)
    {
        ClockMap map = Points((1, off, 5), (20 * Ghz25, 0, 5), (40 * Ghz25, 0, 5), (60 * Ghz25, 0, 5), (80 * Ghz25, 0, 5)).ToMap();
        foreach (ulong ticks in new[] { 5ul, 30 * Ghz25, 90 * Ghz25 })
            Assert.InRange(map.ToNs(ticks) - (long)NsAt(ticks), -2, 0);
        Assert.Equal(2, map.ErrorNs);
    }

    [Fact]
    public void AStepAfterWhichTheClocksGoOnAsBeforeIsKept()
    {
        // The machine slept for 1000 s: the counter went on, CLOCK_MONOTONIC did not. The pace is the same before and after.
        const long asleep = -1_000_000_000_000;
        const ulong slept = 1_000 * Ghz25;
        ClockPoints points = Points(
            (1, 0, 5), (20 * Ghz25, 0, 5), (40 * Ghz25, 0, 5), (slept + (60 * Ghz25), asleep, 5), (slept + (80 * Ghz25), asleep, 5));
        ClockMap map = points.ToMap();
        foreach (ulong ticks in new[] { 5ul, 30 * Ghz25, 40 * Ghz25 })
            Assert.InRange(map.ToNs(ticks) - (long)NsAt(ticks), -2, 0);
        foreach (ulong ticks in new[] { slept + (60 * Ghz25), slept + (70 * Ghz25), slept + (99 * Ghz25) })
            Assert.InRange(map.ToNs(ticks) - (long)NsAt(ticks) - asleep, -2, 0);
        Assert.InRange(map.ToNs(500 * Ghz25), (long)NsAt(40 * Ghz25), (long)NsAt(60 * Ghz25));
        (long ns, long ahead) = Assert.Single(points.Steps);
        Assert.Equal((long)NsAt(40 * Ghz25), ns);
        Assert.InRange(ahead, -asleep - 1_000, -asleep + 1_000);
        Assert.Equal(2, map.ErrorNs);
    }

    [Fact]
    public void TwoWildPointsFromWhichTimeWouldRunBackwardsAreNoStep()
    {
        const long off = 500_000_000_000;
        ClockPoints points = Points((1, 0, 5), (20 * Ghz25, 0, 5), (30 * Ghz25, off, 5), (40 * Ghz25, off, 5), (60 * Ghz25, 0, 5), (80 * Ghz25, 0, 5));
        Assert.InRange(points.ToMap().ToNs(35 * Ghz25) - (long)NsAt(35 * Ghz25), -2, 0);
        Assert.Empty(points.Steps);
    }

    [Fact]
    public void AShortCaptureUsesItsOuterPoints()
    {
        // 4 ms in all: less than a window.
        ClockMap map = Points((1_000, 0, 20), (2_000_000, 0, 20), (6_000_000, 0, 20), (10_000_000, 0, 20)).ToMap();
        Assert.InRange(map.ToNs(9_000_000) - (long)NsAt(9_000_000), -1, 1);
        Assert.Equal(8, map.ErrorNs);
    }

    [Fact]
    public void WithoutTwoPointsTicksAreTakenForNanoseconds()
    {
        var points = new ClockPoints();
        points.Add(5_000, 900_000, 10);
        ClockMap map = points.ToMap();
        Assert.False(points.AreEnough);
        Assert.Equal(900_100, map.ToNs(5_100));
    }

    [Theory]
    [InlineData(1ul)]
    [InlineData(1ul << 31)]
    [InlineData((1ul << 40) + 12345)]
    [InlineData(long.MaxValue - 1)]
    public void TheMonotonicClockIsItself(ulong ns) => Assert.Equal((long)ns, ClockMap.Identity.ToNs(ns));

    [Fact]
    public void ACounterSlowerThanNanosecondsIsMapped()
    {
        var points = new ClockPoints();
        points.Add(1_000, 1_000_000, 0);
        points.Add(1_000_000_000, 1_000_000 + (999_999_000ul * 41), 0);
        ClockMap map = points.ToMap();
        Assert.Equal(1_000_000 + (500_000L * 41), map.ToNs(501_000));
    }

    [Fact]
    public void TimesOfACounterAreConvertedAndItsErrorStated()
    {
        using var capture = new TestCapture();
        TestProcess process = capture.AddProcess(monotonic: false);
        process.Journal(1, 100u, Ghz25, NsAt(Ghz25), 1u, 1u, "10.0.12", "dotnet", "/app/App.dll").Function(1, "App.Main");
        process.Journal(5, 1u, 100ul, 2 * Ghz25, 0ul, 1u, "app");
        process.Ledger(35, 2 * Ghz25, NsAt(2 * Ghz25), 50u, NsAt(2 * Ghz25) + 77, NsAt(2 * Ghz25) + 99);
        process.Ledger(35, 9 * Ghz25, NsAt(9 * Ghz25), 75u, NsAt(9 * Ghz25) + 77, NsAt(9 * Ghz25) + 99);
        var chunk = new TestChunk(1) { StartTicks = 3 * Ghz25, StartNs = NsAt(3 * Ghz25), Uncertainty = 50 };
        process.Block(chunk, [In(3 * Ghz25, 1), Out(9 * Ghz25, 1)]).Save();
        Trace trace = capture.Read();
        Assert.Equal([$"+ App.Main {NsAt(3 * Ghz25)}", $"- App.Main {NsAt(9 * Ghz25)}"], trace.Edges());
        Assert.Equal(("tsc", 30L, 77L, 99L), (trace.Metadata.ProbeClock, trace.Metadata.ClockErrorNs, trace.Metadata.BoottimeOffsetNs, trace.Metadata.RealtimeOffsetNs));
        Assert.Equal((long)NsAt(Ghz25), trace.Metadata.StartNs);
    }

    [Fact]
    public void AStepOfTheClocksIsRemarkedOn()
    {
        using var capture = new TestCapture();
        TestProcess process = capture.AddProcess(monotonic: false);
        process.Journal(1, 100u, Ghz25, NsAt(Ghz25), 1u, 1u, "10.0.12", "dotnet", "/app/App.dll").Function(1, "App.Main");
        foreach ((ulong second, ulong asleep) in new[] { (3ul, 0ul), (5ul, 0ul), (107ul, 100ul), (109ul, 100ul) })
            process.Ledger(35, second * Ghz25, NsAt((second - asleep) * Ghz25), 50u, 0ul, 0ul);
        process.Ledger(36, NsAt(10 * Ghz25), 0u, 0u).Save();
        Assert.Equal(
            [$"after {NsAt(5 * Ghz25)} ns the tick counter was 100000000000 ns further ahead of the clock (the machine slept?): times near there are less exact"],
            capture.Read().Summary.Remarks);
    }

    [Fact]
    public void FortyBitTimesAreRebuiltAcrossTheirRounds()
    {
        const ulong round = 1ul << 40;
        using var capture = new TestCapture();
        TestProcess process = capture.AddProcess().Usual("App.Main", "App.Work").Pool();
        process.Journal(5, 1u, 100ul, round - 500, 0ul, 1u, "app");
        // Two rounds within a block (each step less than one), one between the block's chunk and its first record, one in the pool.
        ulong[] times = [(3 * round) - 10, (3 * round) + 5, (4 * round) - (1 << 29), (4 * round) + 1];
        process.Block(new TestChunk(1) { StartTicks = (2 * round) + 7, StartNs = (2 * round) + 7, State = 2 },
            [In(times[0] % round, 1), In(times[1] % round, 2), Out(times[2] % round, 2), In(times[3] % round, 2)], firstTicks: times[0]);
        process.Chunk(1, new TestChunk(1, 1) { StartTicks = (5 * round) - 3, StartNs = (5 * round) - 3 }, Out(2, 2), Out(1_000, 1));
        process.Save();
        Assert.Equal(
            [
                $"+ App.Main {times[0]}", $"+ App.Work {times[1]}", $"- App.Work {times[2]}", $"+ App.Work {times[3]}",
                $"- App.Work {(5 * round) + 2}", $"- App.Main {(5 * round) + 1_000}",
            ],
            capture.Read().Edges());
    }

    [Fact]
    public void APartlyDrainedChunkInThePoolGoesOnFromTheTimeOfItsBlock()
    {
        const ulong round = 1ul << 40;
        using var capture = new TestCapture();
        TestProcess process = capture.AddProcess().Usual("App.Main").Pool();
        process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app");
        ulong[] records = [In(3_000, 1), In(5_000, 1), Out(6_000, 1), Out(7_000, 1)];
        // The recorder knew that the second record came five rounds after the first.
        process.Block(new TestChunk(1), records[..1], first: 0).Block(new TestChunk(1), records[1..2], first: 1, firstTicks: (5 * round) + 5_000);
        process.Chunk(1, new TestChunk(1) { Drained = 2 }, records).Save();
        Assert.Equal(
            ["+ App.Main 3000", $"+ App.Main {(5 * round) + 5_000}", $"- App.Main {(5 * round) + 6_000}", $"- App.Main {(5 * round) + 7_000}"],
            capture.Read().Edges());
    }

    [Fact]
    public void AfterALongSilenceAChunkInThePoolGoesOnFromWhereTheRecorderLastLooked()
    {
        const ulong round = 1ul << 40;
        using var capture = new TestCapture();
        TestProcess process = capture.AddProcess().Usual("App.Main").Pool();
        process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app");
        ulong[] records = [In(3_000, 1), Out(9_000, 1)];
        process.Block(new TestChunk(1), records[..1]);
        process.Chunk(1, new TestChunk(1) { Drained = 1, QuietUntil = (uint)((6 * round) >> 24) }, records).Save();
        Assert.Equal(["+ App.Main 3000", $"- App.Main {(6 * round) + 9_000}"], capture.Read().Edges());
    }
}
