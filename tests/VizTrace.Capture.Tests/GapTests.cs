using VizTrace.Model;
using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

public sealed class GapTests : IDisposable
{
    private readonly TestCapture _capture = new();
    private readonly TestProcess _process;

    public GapTests()
    {
        _process = _capture.AddProcess().Usual("App.Main", "App.Work", "App.Leaf");
        _process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app");
    }

    public void Dispose() => _capture.Dispose();

    private Trace Read()
    {
        _process.Save();
        return _capture.Read();
    }

    [Fact]
    public void CallsLeftDuringALossEndWhenItEnds()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2), In(2_030, 3)]);
        _process.Block(new TestChunk(1, 1) { StartTicks = 2_100, Lost = 2, GapClosed = 2, GapStartTicks = 2_040 }, [In(2_110, 2), Out(2_120, 2), Out(2_130, 1)]);
        Trace trace = Read();
        Assert.Equal(
            [
                "+ App.Main 2010", "+ App.Work 2020", "+ App.Leaf 2030", "- App.Leaf 2100 EndLost", "- App.Work 2100 EndLost",
                "+ App.Work 2110", "- App.Work 2120", "- App.Main 2130",
            ],
            trace.Edges());
        Assert.Equal(new RecordLoss(1, 2_040, 2_100, 2, "no free chunk"), Assert.Single(trace.Losses));
        Assert.Equal(2, trace.Summary.LostRecords);
        Assert.Equal(2, trace.Thread(100).LostRecords);
    }

    [Fact]
    public void WhatAThreadLostBeforeItsEndIsToldAndLeavesItsOpenCallsInDoubt()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2)]);
        _process.Journal(6, 1u, 2_500ul, "app", 7ul, 2_040ul);
        Trace trace = Read();
        Assert.Equal(["+ App.Main 2010", "+ App.Work 2020", "- App.Work 2500 EndLost", "- App.Main 2500 EndLost"], trace.Edges());
        Assert.Equal(new RecordLoss(1, 2_040, 2_500, 7, "no free chunk"), Assert.Single(trace.Losses));
        Assert.Equal(7, trace.Summary.LostRecords);
        Assert.Equal(0, trace.Summary.Unfinished);
    }

    [Fact]
    public void CallsEnteredDuringALossAreShownFromItsEndAndClosedByTheirLeave()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1)]);
        _process.Block(new TestChunk(1, 1) { StartTicks = 2_100, Lost = 12, GapOpened = 2, GapStartTicks = 2_040 }, [Out(2_110, 3), In(2_120, 3), Out(2_130, 3), Out(2_140, 2), Out(2_150, 1)]);
        Trace trace = Read();
        Assert.Equal(
            [
                "+ App.Main 2010",
                "+ (entered while records were lost) 2100 StartLost", "+ (entered while records were lost) 2100 StartLost",
                "- App.Leaf 2110 Named", "+ App.Leaf 2120", "- App.Leaf 2130",
                "- App.Work 2140 Named", "- App.Main 2150",
            ],
            trace.Edges());
        Assert.Equal(4, trace.Summary.Calls);
        Assert.Equal(0, trace.Summary.DroppedPieces);
        Assert.Equal(12, trace.Summary.LostRecords);
    }

    [Fact]
    public void ANamelessRecursiveCallIsClosedBeforeTheNamedOneBelowIt()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2)]);
        _process.Block(new TestChunk(1, 1) { StartTicks = 2_100, Lost = 1, GapOpened = 1, GapStartTicks = 2_040 }, [Out(2_110, 2), Out(2_120, 2), Out(2_130, 1)]);
        Assert.Equal(
            [
                "+ App.Main 2010", "+ App.Work 2020", "+ (entered while records were lost) 2100 StartLost",
                "- App.Work 2110 Named", "- App.Work 2120", "- App.Main 2130",
            ],
            Read().Edges());
    }

    [Fact]
    public void CallsBothClosedAndOpenedInOneLoss()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2)]);
        _process.Block(new TestChunk(1, 1) { StartTicks = 2_100, Lost = 4, GapClosed = 1, GapOpened = 1 }, [Out(2_110, 3), Out(2_130, 1)]);
        Trace trace = Read();
        Assert.Equal(
            [
                "+ App.Main 2010", "+ App.Work 2020", "- App.Work 2100 EndLost", "+ (entered while records were lost) 2100 StartLost",
                "- App.Leaf 2110 Named", "- App.Main 2130",
            ],
            trace.Edges());
        // The loss does not tell its start: the last record before it is the nearest known time.
        Assert.Equal(new RecordLoss(1, 2_020, 2_100, 4, "no free chunk"), Assert.Single(trace.Losses));
    }

    [Fact]
    public void ALossBeforeTheFirstRecordOfAThreadIsTold()
    {
        _process.Block(new TestChunk(1, 0) { StartTicks = 2_100, Lost = 3, GapOpened = 1, GapStartTicks = 2_040 }, [In(2_110, 2), Out(2_120, 2), Out(2_130, 1)]);
        Trace trace = Read();
        Assert.Equal(
            ["+ (entered while records were lost) 2100 StartLost", "+ App.Work 2110", "- App.Work 2120", "- App.Main 2130 Named"],
            trace.Edges());
        Assert.Equal(new RecordLoss(1, 2_040, 2_100, 3, "no free chunk"), Assert.Single(trace.Losses));
    }

    [Fact]
    public void AMissingChunkIsALossOfAllThatAFullOneHolds()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2)]);
        _process.Block(new TestChunk(1, 3) { StartTicks = 3_000 }, [Out(3_010, 3), Out(3_020, 1)]);
        Trace trace = Read();
        // Whether Work was left cannot be known: it ends no later than Main, and its end is said to be lost.
        Assert.Equal(["+ App.Main 2010", "+ App.Work 2020", "- App.Work 3020 EndLost", "- App.Main 3020"], trace.Edges());
        Assert.Equal(new RecordLoss(1, 2_020, 3_010, 32_752, "missing chunks"), Assert.Single(trace.Losses));
        Assert.Equal(1, trace.Summary.DroppedPieces);
        Assert.Equal((32_752, 32_752), (trace.Summary.LostRecords, trace.Thread(100).LostRecords));
        Assert.Contains("2 chunks of records are missing: 32752 records or more", trace.Summary.Remarks);
    }

    [Fact]
    public void ADamagedBlockIsALossOfItsRecords()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2)]);
        _process.Block(new TestChunk(1, 1) { StartTicks = 2_100 }, [Out(2_110, 2), In(2_115, 2), Out(2_120, 2)], goodChecksum: false);
        _process.Block(new TestChunk(1, 2) { StartTicks = 2_200 }, [In(2_210, 3), Out(2_220, 3), Out(2_230, 1)]);
        Trace trace = Read();
        Assert.Equal(
            ["+ App.Main 2010", "+ App.Work 2020", "+ App.Leaf 2210", "- App.Leaf 2220", "- App.Work 2230 EndLost", "- App.Main 2230"], trace.Edges());
        RecordLoss loss = Assert.Single(trace.Losses);
        Assert.Equal((3L, "damaged block"), (loss.Records, loss.Reason));
        Assert.Equal(3, trace.Summary.LostRecords);
        Assert.Equal(1, trace.Summary.DroppedPieces);
    }

    [Fact]
    public void ACompactBlockThatCannotBeDecodedIsALossOfItsRecords()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), Out(2_020, 1)], encoding: 1, payload: [0xFF]);
        Trace trace = Read();
        Assert.Equal(2, Assert.Single(trace.Losses).Records);
        Assert.Equal(0, trace.EdgeCount);
        Assert.Equal(1, trace.Summary.DroppedPieces);
    }

    [Fact]
    public void WhatAThreadLostAndNeverToldStandsInTheSum()
    {
        _process.Pool(lost: 500);
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), Out(2_020, 1)]);
        Trace trace = Read();
        Assert.Equal(500, trace.Summary.LostRecords);
        Assert.Equal((2_020L, "the recorder ended"), (trace.Summary.BlindFromNs, trace.Summary.BlindReason));
        Assert.Contains("500 more records were lost at the end of threads that never got a free chunk again", trace.Summary.Remarks);
    }

    [Fact]
    public void AfterTheRecordersDeathTheTraceIsBlindFromTheLastRecordOfAnyThread()
    {
        _process.Pool(lost: 12).Journal(5, 2u, 101ul, 2_000ul, 0ul, 2u, "app").Journal(6, 2u, 9_000ul, "app");
        _process.Chunk(1, new TestChunk(2), In(2_010, 1), In(2_090, 2)).Block(new TestChunk(1, 0), [In(2_030, 1)]);
        _process.Block(new TestChunk(1, 1) { StartTicks = 2_040, Lost = 5, GapStartTicks = 2_035 }, [In(2_050, 2)]);
        Trace trace = Read();
        Assert.Equal(12, trace.Summary.LostRecords);
        Assert.Equal((2_090L, "the recorder ended"), (trace.Summary.BlindFromNs, trace.Summary.BlindReason));
        Assert.Equal(["- App.Work 2090 Unfinished", "- App.Main 2090 Unfinished"], trace.Edges(1)[^2..]);
        Assert.Equal(["- App.Work 2090 Unfinished", "- App.Main 2090 Unfinished"], trace.Edges(2)[^2..]);
    }

    [Theory]
    [InlineData(true, 12)]
    [InlineData(false, 5)]
    public void ARecordedEndOrLossesThatAreAllToldLeaveNothingBlind(bool exit, uint lost)
    {
        _process.Pool(lost: lost).Block(new TestChunk(1, 0) { Lost = 5, GapStartTicks = 1_990 }, [In(2_030, 1), Out(2_040, 1)]);
        if (exit)
            _process.Ledger(36, 9_000ul, 0u, 0u);
        TraceSummary summary = Read().Summary;
        Assert.Equal((null, (long)lost), (summary.BlindFromNs, summary.LostRecords));
    }

    [Fact]
    public void WhatIsDamagedIsLostBesideWhatThreadsTold()
    {
        _process.Pool(lost: 7).Ledger(36, 9_000ul, 0u, 0u);
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2), Out(2_025, 2)], goodChecksum: false);
        _process.Block(new TestChunk(1, 1) { StartTicks = 2_100, Lost = 5, GapStartTicks = 2_040 }, [In(2_110, 1), Out(2_120, 1)]);
        Trace trace = Read();
        // 3 damaged, 5 told in a head, 2 more that only the pool counted.
        Assert.Equal((10, 8), (trace.Summary.LostRecords, trace.Thread(100).LostRecords));
        Assert.Contains("2 more records were lost at the end of threads that never got a free chunk again", trace.Summary.Remarks);
    }

    [Fact]
    public void CallsThatMayHaveEndedInALossAreNotUnfinished()
    {
        _process.Ledger(36, 9_000ul, 1u, 9u).Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2)]);
        _process.Block(new TestChunk(1, 3) { StartTicks = 3_000 }, [In(3_010, 3)]);
        Trace trace = Read();
        Assert.Equal(
            ["+ App.Main 2010", "+ App.Work 2020", "+ App.Leaf 3010", "- App.Leaf 9000 Unfinished", "- App.Work 9000 EndLost", "- App.Main 9000 EndLost"],
            trace.Edges());
        Assert.Equal(1, trace.Summary.Unfinished);
    }

    [Fact]
    public void AGapHeadThatCannotBeTrueLeavesTheStackInDoubt()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2)]);
        _process.Block(new TestChunk(1, 1) { StartTicks = 2_100, Lost = 2, GapOpened = uint.MaxValue }, [Out(2_130, 1)]);
        Assert.Equal(["+ App.Main 2010", "+ App.Work 2020", "- App.Work 2130 EndLost", "- App.Main 2130"], Read().Edges());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ALossBeforeAChunkThatHoldsNothingIsTold(bool inPool)
    {
        var chunk = new TestChunk(1, 1) { StartTicks = 2_100, Lost = 1, GapClosed = 1, GapStartTicks = 2_040 };
        _process.Pool().Block(new TestChunk(1, 0), [In(2_010, 1)]);
        _ = inPool ? _process.Chunk(1, chunk) : _process.Block(chunk, []);
        Trace trace = Read();
        Assert.Equal(["+ App.Main 2010", "- App.Main 2100 EndLost"], trace.Edges());
        Assert.Equal(new RecordLoss(1, 2_040, 2_100, 1, "no free chunk"), Assert.Single(trace.Losses));
        Assert.Equal(0, trace.Summary.DroppedPieces);
    }
}
