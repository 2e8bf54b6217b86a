using VizTrace.Model;
using VizTrace.Model.Info;
using Xunit;

namespace VizTrace.Cli.Tests;

public sealed class InfoCollectorTests
{
    private readonly InfoCollector _collector = new();

    [Fact]
    public void RecursionCountsOnceInTotalAndEveryCallInSelf()
    {
        HandMade.Feed(_collector);

        Assert.Equal(
            [("Shop.Main", 1L, 550L, 1000L, 1000L), ("Shop.Fib", 4L, 450L, 450L, 400L), ("Shop.Leaf", 2L, 700L, 750L, 700L)],
            Result.Functions.Select(f => (f.Function.Name, f.Calls, f.SelfNs, f.TotalNs, f.LongestNs)));
        // Self times are all the time in which any call was open, thread by thread.
        Assert.Equal(1000 + 700, Result.Functions.Sum(f => f.SelfNs));
    }

    [Fact]
    public void MutualRecursionCountsOnceInTotal()
    {
        Begin();
        // A(0,100) B(10,90) A(20,80) B(30,70)
        _collector.Slices(0, [Edge(0, 0), Edge(10, 1), Edge(20, 0), Edge(30, 1), Edge(70, 1, true), Edge(80, 0, true), Edge(90, 1, true), Edge(100, 0, true)]);
        _collector.Finish(new TraceSummary());

        Assert.Equal([("A", 2L, 40L, 100L), ("B", 2L, 60L, 80L)], Result.Functions.Select(f => (f.Function.Name, f.Calls, f.SelfNs, f.TotalNs)));
    }

    [Fact]
    public void ACallThatOnlyItsEndNamesCountsAsWhatItBeganAs()
    {
        Begin();
        _collector.Slices(0, [Edge(0, 0), Edge(10, 1), new SliceEdge(40, 0, EdgeKind.End, EdgeFlags.Named), Edge(100, 0, true)]);
        _collector.Finish(new TraceSummary());

        Assert.Equal([("A", 1L, 70L, 100L), ("B", 1L, 30L, 30L)], Result.Functions.Select(f => (f.Function.Name, f.Calls, f.SelfNs, f.TotalNs)));
    }

    [Fact]
    public void ThreadsHaveTheirFirstAndLastTimesAndLosses()
    {
        HandMade.Feed(_collector);

        Assert.Equal(
            [(1, 5L, 0L, 1000L, 2000L, 3), (2, 2L, 10L, 1200L, 1900L, 2), (3, 0L, 0L, null, null, 0)],
            Result.Threads.Select(t => (t.Thread.Id, t.Calls, t.LostRecords, t.FirstNs, t.LastNs, t.DeepestCall)));
        Assert.Equal((7L, 1000L, 2000L), (Result.Slices, Result.FirstNs, Result.LastNs));
        Assert.Equal(new LossFigures("no free chunk", 2, 10), Assert.Single(Result.Losses));
        Assert.Equal([("dynamic", 2, "A.X"), ("abstract", 1, "Shop.IStore.Get"), ("undecodable body", 1, "A.Y")], Result.NotRecordedByReason());
    }

    [Fact]
    public void LaterRowsReplaceEarlierOnes()
    {
        Begin();
        _collector.Thread(new ThreadInfo(0, 0, 1) { ManagedName = "late", LostRecords = 5 });
        _collector.Finish(new TraceSummary());

        ThreadFigures thread = Assert.Single(Result.Threads);
        Assert.Equal(("late", 5L), (thread.Thread.ShownName, thread.LostRecords));
        Assert.Null(Result.FirstNs);
    }

    [Fact]
    public void DeepStacksAndManyFunctionsAreCounted()
    {
        Begin();
        var edges = new List<SliceEdge>();
        for (int i = 0; i < 5000; i++)
        {
            _collector.Function(new FunctionInfo(i, "F" + i));
            edges.Add(Edge(i, i));
        }

        for (int i = 4999; i >= 0; i--)
            edges.Add(Edge(10_000 - i, i, end: true));
        _collector.Slices(0, edges.ToArray());
        _collector.Finish(new TraceSummary());

        Assert.Equal(5000, Result.Functions.Count);
        Assert.Equal(5000, Result.Threads[0].DeepestCall);
        Assert.Equal((2L, 10_000L), (Result.Functions[0].SelfNs, Result.Functions[0].TotalNs));
    }

    [Fact]
    public void OrderThatTheContractForbidsIsRefused()
    {
        Begin();
        Assert.Throws<InvalidOperationException>(() => _collector.Slices(5, [Edge(1, 0)]));
        Assert.Throws<InvalidOperationException>(() => _collector.Slices(0, [Edge(1, 7)]));
        Assert.Throws<InvalidOperationException>(() => _collector.Slices(0, [Edge(1, 0, end: true)]));
        Assert.Throws<InvalidOperationException>(() => _collector.Loss(new RecordLoss(5, 1, 2, 3, "")));
    }

    private TraceInfo Result => _collector.Result!;

    private void Begin()
    {
        _collector.Start(new TraceMetadata());
        _collector.Process(new ProcessInfo(0, 1, "p"));
        _collector.Thread(new ThreadInfo(0, 0, 1));
        _collector.Function(new FunctionInfo(0, "A"));
        _collector.Function(new FunctionInfo(1, "B"));
    }

    private static SliceEdge Edge(long timeNs, int function, bool end = false) => new(timeNs, function, end ? EdgeKind.End : EdgeKind.Begin);
}
