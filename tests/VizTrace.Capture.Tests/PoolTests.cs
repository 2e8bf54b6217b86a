using VizTrace.Model;
using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

/// <summary>What a dead recorder or a killed program leaves in the pool.</summary>
public sealed class PoolTests : IDisposable
{
    private static readonly ulong[] s_records = [In(2_010, 1), In(2_020, 2), Out(2_030, 2), In(2_040, 2), Out(2_050, 2), Out(2_060, 1)];

    private static readonly string[] s_edges =
        ["+ App.Main 2010", "+ App.Work 2020", "- App.Work 2030", "+ App.Work 2040", "- App.Work 2050", "- App.Main 2060"];

    private readonly TestCapture _capture = new();
    private readonly TestProcess _process;

    public PoolTests()
    {
        _process = _capture.AddProcess().Usual("App.Main", "App.Work").Pool();
        _process.Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app");
    }

    public void Dispose() => _capture.Dispose();

    private Trace Read()
    {
        _process.Save();
        return _capture.Read();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ChunksThatNobodyDrainedAreRead(uint state)
    {
        _process.Chunk(5, new TestChunk(1) { State = state }, s_records);
        Trace trace = Read();
        Assert.Equal(s_edges, trace.Edges());
        Assert.Empty(trace.Losses);
    }

    [Fact]
    public void AKilledProgramsOpenCallsAreUnfinished()
    {
        _process.Chunk(1, new TestChunk(1), s_records[..4]);
        Assert.Equal(
            [.. s_edges[..4], "- App.Work 2040 Unfinished", "- App.Main 2040 Unfinished"], Read().Edges());
    }

    [Fact]
    public void AFreeChunkHoldsNothing()
    {
        _process.Chunk(1, new TestChunk(1) { State = 0 }, s_records);
        _process.Chunk(2, new TestChunk(0) { State = 1 }, s_records);
        Assert.Equal(0, Read().EdgeCount);
    }

    [Theory]
    [InlineData(0, 0u)]
    [InlineData(0, 6u)]
    [InlineData(2, 0u)]
    [InlineData(2, 2u)]
    [InlineData(6, 0u)]
    [InlineData(6, 6u)]
    public void RecordsThatAreInABlockAlreadyAreNotToldTwice(int inBlock, uint drained)
    {
        // With drained 6 and no block the recorder has lied; the records are here all the same.
        if (inBlock > 0)
            _process.Block(new TestChunk(1) { State = 2 }, s_records[..inBlock]);
        _process.Chunk(1, new TestChunk(1) { State = 2, Drained = drained }, s_records);
        Trace trace = Read();
        Assert.Equal(s_edges, trace.Edges());
        Assert.Empty(trace.Losses);
    }

    [Fact]
    public void AChunkThatWasDrainedAndZeroedHoldsNothingMore()
    {
        _process.Block(new TestChunk(1) { State = 2 }, s_records);
        _process.Chunk(1, new TestChunk(1) { State = 2 });
        Trace trace = Read();
        Assert.Equal(s_edges, trace.Edges());
        Assert.Empty(trace.Losses);
    }

    [Fact]
    public void AChunkZeroedInPartHoldsNothingMore()
    {
        _process.Block(new TestChunk(1) { State = 2 }, s_records);
        _process.Chunk(1, new TestChunk(1) { State = 2, Drained = 6 }, [0, 0, 0, 0, .. s_records[4..]]);
        Assert.Equal(s_edges, Read().Edges());
    }

    [Fact]
    public void BlocksThatOverlapTellEachRecordOnce()
    {
        _process.Block(new TestChunk(1), s_records[..4]).Block(new TestChunk(1), s_records[2..5], first: 2).Block(new TestChunk(1), s_records[1..2], first: 1);
        _process.Chunk(1, new TestChunk(1), s_records);
        Trace trace = Read();
        Assert.Equal(s_edges, trace.Edges());
        Assert.Empty(trace.Losses);
    }

    [Fact]
    public void APartThatWasDrainedIntoNoSoundBlockIsALoss()
    {
        _process.Chunk(1, new TestChunk(1) { Drained = 2 }, [0, 0, .. s_records[2..]]);
        Trace trace = Read();
        Assert.Equal(["+ App.Work 2040", "- App.Work 2050"], trace.Edges());
        Assert.Equal(2, Assert.Single(trace.Losses).Records);
        Assert.Equal(2, trace.Summary.LostRecords);
    }

    [Fact]
    public void AChunkFilledToItsLastRecordIsRead()
    {
        ulong[] records = [.. Enumerable.Range(0, 16_376).Select(i => i % 2 == 0 ? In(2_010 + (ulong)i, 1) : Out(2_010 + (ulong)i, 1))];
        _process.Chunk(1, new TestChunk(1) { State = 2 }, records).Chunk(2, new TestChunk(1, 1) { StartTicks = 30_000, StartNs = 30_000 }, In(30_001, 2));
        string[] edges = Read().Edges();
        Assert.Equal(16_376 + 2, edges.Length);
        Assert.Equal(["- App.Main 18385", "+ App.Work 30001", "- App.Work 30001 Unfinished"], edges[^3..]);
    }

    [Fact]
    public void APoolShorterThanItsCapacityIsReadAsFarAsItGoes()
    {
        _process.Chunk(1, new TestChunk(1), s_records).Chunk(2, new TestChunk(2), s_records);
        _process.Save();
        using (FileStream pool = File.OpenWrite(Path.Combine(_process.Directory, "pool")))
            pool.SetLength(TestProcess.ChunkBytes + 64 + (8 * 3) + 5);
        Assert.Equal([.. s_edges[..3], "- App.Main 2030 Unfinished"], _capture.Read().Edges());
    }

    [Fact]
    public void APoolBehindALinkIsReadAndMissedWhenItIsGone()
    {
        _process.Block(new TestChunk(1), s_records[..4]).Chunk(1, new TestChunk(1) { Drained = 4 }, s_records);
        _process.Save();
        string pool = Path.Combine(_process.Directory, "pool"), elsewhere = _capture.In("elsewhere");
        File.Move(pool, elsewhere);
        File.CreateSymbolicLink(pool, elsewhere);
        Assert.Equal(s_edges, _capture.Read().Edges());
        File.Delete(elsewhere);
        Trace trace = _capture.Read();
        Assert.Equal([.. s_edges[..4], "- App.Work 2040 Unfinished", "- App.Main 2040 Unfinished"], trace.Edges());
        Assert.Equal(1, trace.Summary.DroppedPieces);
        Assert.Contains($"{pool}: {elsewhere} is gone, and with it what the recorder had not drained", trace.Summary.Remarks);
    }

    [Fact]
    public void APoolThatWasNeverSetUpIsNone()
    {
        _process.Pool(magic: 0).Block(new TestChunk(1), s_records);
        Assert.Equal(s_edges, Read().Edges());
    }

    [Fact]
    public void RecordingThatStoppedSaysFromWhenOnAndWhy()
    {
        _process.Pool(stop: 1, stopTicks: 2_055).Block(new TestChunk(1), s_records);
        TraceSummary summary = Read().Summary;
        Assert.Equal((2_055, "size limit"), (summary.BlindFromNs, summary.BlindReason));
    }

    [Fact]
    public void TheRecordersWordOnAStopWins()
    {
        _process.Pool(stop: 2, stopTicks: 2_055).Ledger(37, 2u, 2_056ul, 2_057ul, "/tmp has no space").Block(new TestChunk(1), s_records);
        TraceSummary summary = Read().Summary;
        Assert.Equal((2_056, "disk full: /tmp has no space"), (summary.BlindFromNs, summary.BlindReason));
    }
}
