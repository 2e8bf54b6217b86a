using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

/// <summary>A capture that is read while its recorder works: a chunk is drained and used again between the look at it and its reading.</summary>
public sealed class LiveReadTests : IDisposable
{
    private static readonly ulong[] s_first = [In(2_010, 1), In(2_020, 2), Out(2_030, 2)];

    private static readonly ulong[] s_second = [In(3_010, 2), Out(3_020, 2), Out(3_030, 1)];

    private static readonly string[] s_edges =
        ["+ App.Main 2010", "+ App.Work 2020", "- App.Work 2030", "+ App.Work 3010", "- App.Work 3020", "- App.Main 3030"];

    private readonly TestCapture _capture = new();
    private readonly TestProcess _process;
    private readonly TestChunk _zero = new(1) { State = 2 };
    private readonly TestChunk _one = new(1, 1) { StartTicks = 3_000, StartNs = 3_000 };

    public LiveReadTests()
    {
        _process = _capture.AddProcess().Usual("App.Main", "App.Work").Pool().Chunk(1, _zero, s_first).Chunk(2, _one, s_second);
        _process.Save();
    }

    public void Dispose() => _capture.Dispose();

    private void AssertAllThere(Action whenIndexed)
    {
        Trace trace = _capture.Read(() =>
        {
            whenIndexed();
            _process.Save();
        });
        Assert.Equal(s_edges, trace.Edges());
        Assert.Empty(trace.Losses);
        Assert.Equal(0, trace.Summary.DroppedPieces);
    }

    [Fact]
    public void AChunkGivenBackIsReadFromItsBlock() =>
        AssertAllThere(() => _process.Block(_zero, s_first).Chunk(1, new TestChunk(0) { State = 0 }));

    [Fact]
    public void AChunkThatIsJustBeingZeroedIsReadFromItsBlock() =>
        AssertAllThere(() => _process.Block(_zero, s_first).Chunk(1, _zero, [0, .. s_first[1..]]));

    [Fact]
    public void AChunkThatAnotherThreadHasTakenIsReadFromItsBlock() =>
        AssertAllThere(() => _process.Block(_zero, s_first).Chunk(1, new TestChunk(2), In(4_000, 2), Out(4_001, 2), In(4_002, 2)));

    [Fact]
    public void AChunkThatItsOwnThreadHasTakenAgainIsReadFromItsBlock() =>
        AssertAllThere(() => _process.Block(_zero, s_first).Chunk(1, new TestChunk(1, 2), In(4_000, 2), Out(4_001, 2), In(4_002, 2)));

    [Fact]
    public void PartsDrainedMeanwhileAreReadInOrder() =>
        AssertAllThere(() => _process.Block(_zero, s_first[2..], first: 2).Block(_zero, s_first[..2]).Chunk(1, new TestChunk(0) { State = 0 }));

    [Fact]
    public void ThePoolOfAProcessThatHasEndedMeanwhileIsCut() => AssertAllThere(() =>
        _process.Block(_one, s_second).Block(_zero, s_first).WithoutChunks());

    [Fact]
    public void AChunkThatFilledUpMeanwhileGivesAtLeastWhatWasSeenOfIt()
    {
        Trace trace = _capture.Read(() =>
        {
            _process.Block(_one, [.. s_second, In(3_040, 2), Out(3_050, 2)]).Chunk(2, new TestChunk(0) { State = 0 });
            _process.Save();
        });
        Assert.Equal([.. s_edges, "+ App.Work 3040", "- App.Work 3050"], trace.Edges());
        Assert.Empty(trace.Losses);
    }

    [Fact]
    public void AChunkThatIsNowhereIsALoss()
    {
        Trace trace = _capture.Read(() =>
        {
            _process.Chunk(2, new TestChunk(0) { State = 0 });
            _process.Save();
        });
        Assert.Equal([.. s_edges[..3], "- App.Main 3030 EndLost"], trace.Edges());
        Assert.Equal(3, Assert.Single(trace.Losses).Records);
    }
}
