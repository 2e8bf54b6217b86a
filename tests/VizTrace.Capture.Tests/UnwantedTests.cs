using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

/// <summary>What was asked not to be there and is in the records all the same is taken out; what is left nests, and nothing goes silently.</summary>
public sealed class UnwantedTests : IDisposable
{
    private const uint ThreadIgnored = 16, ByPattern = 1, NotAmongOnly = 2, ByItself = 3;
    private TestCapture _capture = new();

    public void Dispose() => _capture.Dispose();

    private void Settings(params string[] lines)
    {
        _capture.Dispose();
        _capture = new TestCapture($"version=1\ncommand=dotnet\n{string.Join('\n', lines)}\n");
    }

    /// <summary>Main (100), Monitor (101, managed 2), and 102, which is named Late at 3000 and was Early.</summary>
    private TestProcess ThreeThreads()
    {
        TestProcess process = _capture.AddProcess().Usual("App.Main", "App.Work", "App.Leaf");
        process.Journal(5, 1u, 100ul, 2_000ul, 11ul, 1u, "app").Journal(5, 2u, 101ul, 2_001ul, 12ul, 2u, "app").Journal(5, 3u, 102ul, 2_002ul, 13ul, 3u, "app");
        process.Journal(9, 12ul, 2_003ul, 2u, "Monitor").Journal(9, 13ul, 2_004ul, 3u, "Early").Journal(9, 13ul, 3_000ul, 3u, "Late");
        return process.Block(new TestChunk(1), [In(2_010, 1), Out(2_020, 1)]).Block(new TestChunk(2), [In(2_030, 2), Out(2_040, 2)])
            .Block(new TestChunk(3), [In(2_050, 3), Out(2_060, 3)]).Ledger(36, 9_000ul, 0u, 0u);
    }

    private long[] Tids(TestProcess process)
    {
        process.Save();
        Trace trace = _capture.Read();
        Assert.Equal(trace.Threads.Count, trace.Summary.Calls);
        return [.. trace.Threads.Values.Select(t => t.OsTid)];
    }

    [Theory]
    [InlineData("ignore-thread=Monitor", 100, 102)]
    [InlineData("ignore-thread=managed:2", 100, 102)]
    [InlineData("ignore-thread=tid:101", 100, 102)]
    [InlineData("ignore-thread=role:main", 101, 102)]
    [InlineData("ignore-thread=role:User", 100)]
    [InlineData("ignore-thread=*ate", 100, 101)]
    [InlineData("ignore-thread=Early", 100, 101)]
    [InlineData("ignore-thread=app", 101, 102)]
    [InlineData("ignore-thread=name:tid:101", 100, 101, 102)]
    [InlineData("only-thread=Monitor", 101)]
    [InlineData("only-thread=role:main", 100)]
    public void ThreadsByAnyOfTheirNamesIdsAndRoles(string setting, params int[] left)
    {
        Settings(setting);
        Assert.Equal(left.Select(t => (long)t), Tids(ThreeThreads()));
    }

    [Theory]
    [InlineData(ByPattern)]
    [InlineData(ByItself)]
    public void AThreadThatWasIgnoredStaysAwayUnderAnyName(uint reason)
    {
        TestProcess process = ThreeThreads();
        process.Journal(ThreadIgnored, 2u, 2_035ul, reason).Save();
        Trace trace = _capture.Read();

        Assert.Equal([100L, 102], trace.Threads.Values.Select(t => t.OsTid));
        Assert.Contains(new KeyValuePair<string, string>("threads left out", "1: Monitor"), trace.Metadata.Extra);
    }

    [Fact]
    public void AThreadThatMatchedTooLateSaysWhatIsMissing()
    {
        Settings("only-thread=Late");
        TestProcess process = ThreeThreads();
        process.Journal(ThreadIgnored, 3u, 2_500ul, NotAmongOnly).Save();
        Trace trace = _capture.Read();

        Assert.Equal([102L], trace.Threads.Values.Select(t => t.OsTid));
        Assert.Equal(["+ App.Leaf 2050", "- App.Leaf 2060"], trace.Edges());
        Assert.Contains("thread Late: it matched no --only-thread when it had filled its first chunk; nothing behind that is recorded", trace.Summary.Remarks);
    }

    [Fact]
    public void WhatUnwantedThreadsLostIsNobodysLoss()
    {
        Settings("ignore-thread=Monitor");
        TestProcess process = ThreeThreads().Block(new TestChunk(2, 1) { Lost = 40, StartTicks = 4_000, GapStartTicks = 2_500 }, [In(4_010, 2), Out(4_020, 2)]);
        process.Pool(lost: 40).Save();
        Trace trace = _capture.Read();

        Assert.Equal(0, trace.Summary.LostRecords);
        Assert.Empty(trace.Losses);
        Assert.Empty(trace.Summary.Remarks);
    }

    [Fact]
    public void ShortCallsGoAlsoWhereTheyCrossAChunk()
    {
        Settings("min-duration=100");
        TestProcess process = _capture.AddProcess().Usual("App.Main", "App.Work", "App.Leaf");
        process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app")
            .Block(new TestChunk(1), [In(2_000, 1), In(2_010, 2), In(2_020, 3), Out(2_119, 3), Out(2_130, 2), In(2_150, 2), In(2_160, 3)])
            .Block(new TestChunk(1, 1) { StartTicks = 2_170 }, [Out(2_180, 3), Out(2_240, 2), In(2_250, 3), Out(2_350, 3), In(2_360, 2), Out(2_400, 2), Out(2_500, 1)])
            .Save();
        Trace trace = _capture.Read();

        Assert.Equal(["+ App.Main 2000", "+ App.Work 2010", "- App.Work 2130", "+ App.Leaf 2250", "- App.Leaf 2350", "- App.Main 2500"], trace.Edges());
        Assert.Equal((3, 0), (trace.Summary.Calls, trace.Summary.DroppedPieces));
    }

    [Fact]
    public void CallsThatAreOpenWhenRecordsAreLostOrTheEndComesAreKept()
    {
        Settings("min-duration=100");
        TestProcess process = _capture.AddProcess().Usual("App.Main", "App.Work");
        process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app")
            .Block(new TestChunk(1), [In(2_000, 1), In(2_010, 2)])
            .Block(new TestChunk(1, 1) { Lost = 5, GapClosed = 1, StartTicks = 2_050, GapStartTicks = 2_020 }, [In(2_060, 2)])
            .Ledger(36, 2_070ul, 0u, 0u).Save();
        Trace trace = _capture.Read();

        Assert.Equal(
            ["+ App.Main 2000", "+ App.Work 2010", "- App.Work 2050 EndLost", "+ App.Work 2060", "- App.Work 2070 Unfinished", "- App.Main 2070 Unfinished"],
            trace.Edges());
    }

    [Fact]
    public void WhatIsNotBelowAMarkedFunctionGoes()
    {
        const uint TraceOnly = 0x10000, HasTraceOnly = 32;
        TestProcess process = _capture.AddProcess().Usual("App.Main", "App.Leaf");
        process.Journal(2, 1u, 1u | HasTraceOnly, "/app/Plug.dll", "Plug.dll", 0ul, 0ul)
            .Journal(3, 3u, 1u, 0x06000001u, TraceOnly, "Plug", "Wanted", "", "")
            .Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app")
            .Block(new TestChunk(1),
            [
                In(2_000, 1), In(2_010, 2), Out(2_020, 2), In(2_030, 3), In(2_040, 2), In(2_050, 3), Out(2_060, 3), Out(2_070, 2), Out(2_080, 3),
                In(2_090, 2), Out(2_100, 2), Out(2_110, 1),
            ]).Save();
        Trace trace = _capture.Read();

        Assert.Equal(["+ Plug.Wanted 2030", "+ App.Leaf 2040", "+ Plug.Wanted 2050", "- Plug.Wanted 2060", "- App.Leaf 2070", "- Plug.Wanted 2080"], trace.Edges());
        Assert.Equal((3, 0), (trace.Summary.Calls, trace.Summary.DroppedPieces));
    }

    [Fact]
    public void AMarkedFunctionThatNeverRanLeavesNothing()
    {
        const uint HasTraceOnly = 32;
        TestProcess process = _capture.AddProcess().Usual("App.Main");
        process.Journal(2, 1u, 1u | HasTraceOnly, "/app/Plug.dll", "Plug.dll", 0ul, 0ul).Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app")
            .Block(new TestChunk(1), [In(2_000, 1), Out(2_010, 1)]).Save();
        Trace trace = _capture.Read();

        Assert.Equal(0, trace.Summary.Calls);
        Assert.Equal(100, Assert.Single(trace.Threads.Values).OsTid);
    }

    /// <summary>The profiler has roles of its own, which become the model's by number.</summary>
    [Fact]
    public void RolesOfThreadsAreTheModels() =>
        Assert.Equal(
            Enum.GetValues<VizTrace.Model.ThreadRole>().Select(r => $"{r} {(int)r}"),
            Enum.GetValues<VizTrace.Records.ThreadRoleName>().Select(r => $"{r} {(int)r}"));

    [Theory]
    [InlineData("exclude=App.Wrok", "--hide-function App.Wrok: no method that ran matches; the nearest is App.Work")]
    [InlineData("ignore-function=work", "--ignore-function work: no method that ran matches; the nearest is App.Work")]
    [InlineData("include=Shop!*", "--include Shop!*: no method that ran matches")]
    [InlineData("ignore-thread=Monitro", "--ignore-thread Monitro: no thread matches; the nearest is Monitor")]
    [InlineData("only-thread=tid:5", "--only-thread tid:5: no thread matches")]
    public void PatternsThatMetNothingNameWhatIsNearest(string setting, string remark)
    {
        Settings(setting);
        ThreeThreads().Save();

        Assert.Equal([remark], _capture.Read().Summary.Remarks);
    }

    [Theory]
    [InlineData("exclude=*.Work")]
    [InlineData("ignore-function=App.dll!*Leaf")]
    [InlineData("ignore-thread=Late")]
    public void PatternsThatMetSomethingAreNotTold(string setting)
    {
        Settings(setting);
        ThreeThreads().Save();

        Assert.Empty(_capture.Read().Summary.Remarks);
    }
}
