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
    public void CallsEnteredDuringALossAreShownFromItsEndAndClosedByTheirLeave()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1)]);
        _process.Block(new TestChunk(1, 1) { StartTicks = 2_100, Lost = 12, GapOpened = 2, GapStartTicks = 2_040 }, [Out(2_110, 3), In(2_120, 3), Out(2_130, 3), Out(2_140, 2), Out(2_150, 1)]);
        Trace trace = Read();
        Assert.Equal(
            [
                "+ App.Main 2010",
                "+ (entered while records were lost) 2100 StartLost", "+ (entered while records were lost) 2100 StartLost",
                "- (entered while records were lost) 2110", "+ App.Leaf 2120", "- App.Leaf 2130",
                "- (entered while records were lost) 2140", "- App.Main 2150",
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
                "- (entered while records were lost) 2110", "- App.Work 2120", "- App.Main 2130",
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
                "- (entered while records were lost) 2110", "- App.Main 2130",
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
            ["+ (entered while records were lost) 2100 StartLost", "+ App.Work 2110", "- App.Work 2120", "- (entered while records were lost) 2130"],
            trace.Edges());
        Assert.Equal(new RecordLoss(1, 2_040, 2_100, 3, "no free chunk"), Assert.Single(trace.Losses));
    }

    [Fact]
    public void AMissingChunkIsALossOfUnknownCount()
    {
        _process.Block(new TestChunk(1, 0), [In(2_010, 1), In(2_020, 2)]);
        _process.Block(new TestChunk(1, 3) { StartTicks = 3_000 }, [Out(3_010, 3), Out(3_020, 1)]);
        Trace trace = Read();
        // Whether Work was left cannot be known: it ends no later than Main, and its end is said to be lost.
        Assert.Equal(["+ App.Main 2010", "+ App.Work 2020", "- App.Work 3020 EndLost", "- App.Main 3020"], trace.Edges());
        Assert.Equal(new RecordLoss(1, 2_020, 3_010, 0, "2 chunks of records are missing"), Assert.Single(trace.Losses));
        Assert.Equal(1, trace.Summary.DroppedPieces);
        Assert.Contains("2 chunks of records are missing", trace.Summary.Remarks);
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
        Assert.Contains("500 more records were lost at the end of threads that never got a free chunk again", trace.Summary.Remarks);
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
