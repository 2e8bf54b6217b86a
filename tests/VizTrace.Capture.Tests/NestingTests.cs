using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

public sealed class NestingTests : IDisposable
{
    private readonly TestCapture _capture = new();

    public void Dispose() => _capture.Dispose();

    private Trace Read(params ulong[] records)
    {
        TestProcess process = _capture.AddProcess().Usual("App.Main", "App.Work", "App.Leaf");
        process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app").Block(new TestChunk(1), records).Save();
        return _capture.Read();
    }

    [Fact]
    public void CallsBecomeSlicesThatNest()
    {
        Trace trace = Read(In(2_010, 1), In(2_020, 2), In(2_030, 3), Out(2_040, 3), Out(2_050, 2), In(2_060, 2), Out(2_070, 2), Out(2_080, 1));
        Assert.Equal(
            [
                "+ App.Main 2010", "+ App.Work 2020", "+ App.Leaf 2030", "- App.Leaf 2040", "- App.Work 2050",
                "+ App.Work 2060", "- App.Work 2070", "- App.Main 2080",
            ],
            trace.Edges());
        Assert.Equal(4, trace.Summary.Calls);
        Assert.Equal(0, trace.Summary.Unfinished);
        Assert.Equal(0, trace.Summary.DroppedPieces);
        Assert.Equal(4, trace.Thread(100).Calls);
        Assert.Same(trace.Summary, trace.Returned);
    }

    /// <summary>Two threads, of which the first has Main and Work open after 2030, and the second recorded last at 2500.</summary>
    private TestProcess TwoThreads()
    {
        TestProcess process = _capture.AddProcess().Usual("App.Main", "App.Work");
        process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app").Journal(5, 2u, 101ul, 2_001ul, 0ul, 2u, "app");
        return process.Block(new TestChunk(1), [In(2_010, 1), In(2_030, 2)]).Block(new TestChunk(2), [In(2_400, 1), Out(2_500, 1)]);
    }

    private Trace OpenUntil(TestProcess process, long endNs, long calls = 3)
    {
        process.Save();
        Trace trace = _capture.Read();
        Assert.Equal(
            ["+ App.Main 2010", "+ App.Work 2030", $"- App.Work {endNs} Unfinished", $"- App.Main {endNs} Unfinished"], trace.Edges(1));
        Assert.Equal((2, calls), (trace.Summary.Unfinished, trace.Summary.Calls));
        return trace;
    }

    [Fact]
    public void CallsThatAreOpenAtTheEndOfTheProcessAreClosedThereAndMarked()
    {
        Trace trace = OpenUntil(TwoThreads().Ledger(36, 9_000ul, 1u, 9u), 9_000);
        Assert.Equal([9_000L, 9_000], trace.Threads.Values.Select(t => t.EndNs!.Value));
    }

    [Fact]
    public void CallsThatAreOpenAtTheEndOfTheirThreadAreClosedThere()
    {
        Trace trace = OpenUntil(TwoThreads().Journal(6, 1u, 3_000ul, "app").Ledger(36, 9_000ul, 1u, 9u), 3_000);
        Assert.Equal([3_000L, 9_000], trace.Threads.Values.Select(t => t.EndNs!.Value));
    }

    [Fact]
    public void CallsThatAreOpenWhenTheRecordingGoesBlindAreClosedThere() =>
        OpenUntil(TwoThreads().Ledger(37, 2u, 2_700ul, 2_800ul, "").Ledger(36, 9_000ul, 1u, 9u), 2_700);

    [Fact]
    public void CallsThatAreOpenWhenNobodySawTheEndAreClosedAtTheLastRecordOfAnyThread()
    {
        Trace trace = OpenUntil(TwoThreads(), 2_500);
        Assert.All(trace.Threads.Values, t => Assert.Null(t.EndNs));
    }

    [Fact]
    public void CallsThatAreOpenWhenNobodySawTheEndAreClosedAtTheLastTimeInThePool() =>
        OpenUntil(TwoThreads().Pool().Chunk(1, new TestChunk(2, 1), In(2_600, 1), Out(2_610, 1), In(2_620, 1), Out(2_650, 1)), 2_650, calls: 5);

    [Fact]
    public void CallsThatAreOpenWhenNobodySawTheEndAreClosedAtTheLastTimeInTheJournal() => OpenUntil(TwoThreads().Journal(12, 2_900ul), 2_900);

    [Fact]
    public void CallsThatAreOpenWhenNobodySawTheEndAreClosedAtTheLastTimeInTheLedger() =>
        OpenUntil(TwoThreads().Ledger(35, 2_950ul, 2_950ul, 5u, 2_950ul, 2_950ul), 2_950);

    [Fact]
    public void CallsAreNotClosedBeforeTheLastRecordOfTheirThread() => OpenUntil(TwoThreads().Ledger(36, 2_020ul, 1u, 9u), 2_030);

    [Fact]
    public void ALeaveThatPassesOpenCallsClosesThemAsUnwound()
    {
        Trace trace = Read(In(2_010, 1), In(2_020, 2), In(2_030, 3), Out(2_040, 1));
        Assert.Equal(
            [
                "+ App.Main 2010", "+ App.Work 2020", "+ App.Leaf 2030",
                "- App.Leaf 2040 Unwound", "- App.Work 2040 Unwound", "- App.Main 2040",
            ],
            trace.Edges());
        Assert.Equal(0, trace.Summary.Unfinished);
    }

    [Fact]
    public void RecursionClosesTheInnermostCall()
    {
        Trace trace = Read(In(2_010, 1), In(2_020, 1), In(2_030, 1), Out(2_040, 1), Out(2_050, 1), Out(2_060, 1));
        Assert.Equal(
            ["+ App.Main 2010", "+ App.Main 2020", "+ App.Main 2030", "- App.Main 2040", "- App.Main 2050", "- App.Main 2060"], trace.Edges());
    }

    [Fact]
    public void ALeaveOfACallThatIsNotOpenIsDroppedAndCounted()
    {
        Trace trace = Read(Out(2_005, 3), In(2_010, 1), Out(2_015, 2), Out(2_020, 1), Out(2_030, 1));
        Assert.Equal(["+ App.Main 2010", "- App.Main 2020"], trace.Edges());
        Assert.Equal(3, trace.Summary.DroppedPieces);
        Assert.Equal(1, trace.Summary.Calls);
        Assert.Contains("3 records belong to no call and were dropped", trace.Summary.Remarks);
    }

    [Fact]
    public void TimeThatRunsBackwardsIsMovedUpAndCounted()
    {
        Trace trace = Read(In(2_010, 1), In(2_030, 2), Out(2_020, 2), Out(2_040, 1));
        Assert.Equal(["+ App.Main 2010", "+ App.Work 2030", "- App.Work 2030", "- App.Main 2040"], trace.Edges());
        Assert.Contains("1 time stamps ran backwards on their thread and were moved up", trace.Summary.Remarks);
        Assert.Equal(0, trace.Summary.DroppedPieces);
    }

    [Fact]
    public void OnlyFunctionsThatAreUsedAreTold()
    {
        Trace trace = Read(In(2_010, 3), Out(2_020, 3));
        Assert.Equal("App.Leaf", Assert.Single(trace.Functions).Name);
        Assert.Equal("App.dll", trace.Functions[0].Module);
    }

    [Fact]
    public void FunctionsThatLookAlikeAreOneAndNestApart()
    {
        TestProcess process = _capture.AddProcess().Usual("App.Main", "App.Work", "App.Work");
        process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app");
        // The third function was left by an exception that left no record.
        process.Block(new TestChunk(1), [In(2_010, 1), In(2_020, 2), In(2_030, 3), Out(2_040, 2), Out(2_050, 1)]).Save();
        Complete(_capture.AddProcess(101, 6_000));
        Trace trace = _capture.Read();
        Assert.Equal(["App.Main", "App.Work"], trace.Functions.Select(f => f.Name));
        Assert.Equal(
            ["+ App.Main 2010", "+ App.Work 2020", "+ App.Work 2030", "- App.Work 2040 Unwound", "- App.Work 2040", "- App.Main 2050"],
            trace.Edges(1));
        Assert.Equal(["+ App.Main 3010", "- App.Main 3020"], trace.Edges(2));

        static void Complete(TestProcess process) => process.Usual("App.Other", "App.Main").Journal(5, 1u, 101ul, 2_000ul, 0ul, 1u, "app")
            .Block(new TestChunk(1), [In(3_010, 2), Out(3_020, 2)]).Save();
    }

    [Fact]
    public void AFunctionThatTheJournalDoesNotNameIsShownByNumber()
    {
        Trace trace = Read(In(2_010, 1), In(2_020, 777), Out(2_030, 777), Out(2_040, 1));
        Assert.Equal(["+ App.Main 2010", "+ (function 777) 2020", "- (function 777) 2030", "- App.Main 2040"], trace.Edges());
        Assert.Contains("process 100: the journal does not name 1 functions", trace.Summary.Remarks);
    }

    [Fact]
    public void TheStackReachesAcrossChunks()
    {
        TestProcess process = _capture.AddProcess().Usual("App.Main", "App.Work");
        process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app");
        // Not in the order of time: the recorder drains as it comes.
        process.Block(new TestChunk(1, 1) { StartTicks = 3_000 }, [Out(3_010, 2), In(3_020, 2)]);
        process.Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2)]);
        process.Block(new TestChunk(1, 2) { StartTicks = 4_000 }, [Out(4_030, 1)], first: 1);
        process.Block(new TestChunk(1, 2) { StartTicks = 4_000 }, [Out(4_010, 2)], first: 0);
        process.Save();
        Trace trace = _capture.Read();
        Assert.Equal(
            ["+ App.Main 2010", "+ App.Work 2020", "- App.Work 3010", "+ App.Work 3020", "- App.Work 4010", "- App.Main 4030"], trace.Edges());
        Assert.Empty(trace.Losses);
    }

    [Fact]
    public void VeryDeepRecursionOverManyBatchesIsKept()
    {
        const int depth = 40_000;
        TestProcess process = _capture.AddProcess().Usual("App.Main");
        process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app");
        ulong[] records = [.. Enumerable.Range(0, depth).Select(i => In(2_010 + (ulong)i, 1)), .. Enumerable.Range(0, depth).Select(i => Out(90_000 + (ulong)i, 1))];
        foreach ((int index, ulong[] chunk) in records.Chunk(16_376).Index())
            process.Block(new TestChunk(1, (uint)index), chunk);
        process.Save();
        Trace trace = _capture.Read();
        string[] edges = trace.Edges();
        Assert.Equal(2 * depth, edges.Length);
        Assert.Equal($"+ App.Main {2_010 + depth - 1}", edges[depth - 1]);
        Assert.Equal("- App.Main 90000", edges[depth]);
        Assert.Equal($"- App.Main {90_000 + depth - 1}", edges[^1]);
        Assert.Equal(depth, trace.Summary.Calls);
        Assert.Equal(0, trace.Summary.Unfinished);
    }
}
