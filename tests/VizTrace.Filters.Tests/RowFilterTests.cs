using VizTrace.Model.Events;
using static VizTrace.Filters.Tests.Made;

namespace VizTrace.Filters.Tests;

/// <summary>Rows, flows, the ledger and how often the source is read.</summary>
public sealed class RowFilterTests
{
    private static MemoryTrace Rows() => Two().Add(X(1, 0, 50, "A"), X(2, 10, 5, "W"), I(2, 12, "i"), C(3, 13), X(1, 60, 5, "B"));

    [Fact]
    public void AThreadGoesWithWhatHangsOnIt()
    {
        FilterPlan plan = Rows().Plan("--drop-thread worker*");

        Assert.Equal(["Complete 1 0+50 A", "Complete 1 60+5 B"], Rows().After(plan).Lines);
        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(plan.KeepsTrack));
        Assert.True(plan.DecidesByTrack);
        Assert.Equal(1, plan.Readings);
        Assert.Equal([new LedgerEntry("--drop-thread 'worker*'", 1, 3, 30)], plan.Ledger.Entries);
        Assert.Equal(("filter --drop-thread 'worker*'", 0, 65, 2), (plan.Ledger.Command, plan.Ledger.StartNs, plan.Ledger.EndNs, plan.Ledger.KeptSlices));
    }

    [Theory]
    [InlineData("--keep-thread main")]
    [InlineData("--drop-thread tid:101")]
    [InlineData("--drop-thread name:worker?1")]
    public void ThreadsAreChosenByNameAndId(string command) => Assert.Equal(["Complete 1 0+50 A", "Complete 1 60+5 B"], Rows().Left(command));

    [Theory]
    [InlineData("--drop-process shop", 0)]
    [InlineData("--drop-process pid:100", 0)]
    [InlineData("--keep-process pid:100", 5)]
    [InlineData("--drop-process other", 5)]
    public void ProcessesAreChosenByNameAndId(string command, int left) => Assert.Equal(left, Rows().Left(command).Length);

    [Fact]
    public void CountersGoByName() => Assert.DoesNotContain("Counter 3 13", Rows().Left("--drop-counters que*"));

    [Fact]
    public void AnEmptiedThreadDisappearsAndOneThatWasEmptyStays()
    {
        MemoryTrace trace = Two().Add(X(1, 0, 50, "A"), X(2, 10, 5, "W"));
        int idle = trace.Row(TrackKind.Thread, 0, "idle", 103);
        int other = trace.Process(200, "other");
        int thread = trace.Row(TrackKind.Thread, other, "t", 201);
        trace.Add(X(thread, 20, 5, "W"));

        FilterPlan plan = trace.Plan("--drop-function W");

        Assert.Equal(
            [(0, true), (1, true), (2, false), (3, false), (idle, true), (other, false), (thread, false)],
            Enumerable.Range(0, 7).Select(id => (id, plan.KeepsTrack(id))));
    }

    [Fact]
    public void AThreadWhoseCounterStaysStays()
    {
        FilterPlan plan = Rows().Plan("--drop-function W --drop-category x --max-depth 1 --time ..1s");

        Assert.True(plan.KeepsTrack(2));
        Assert.True(plan.KeepsTrack(3));
    }

    [Fact]
    public void AFlowToADroppedSliceIsCutOnBothEnds()
    {
        MemoryTrace trace = Two().Add(
            B(1, 0, "A"), Flow(EventKind.FlowBegin, 1, 1, 7), Flow(EventKind.FlowBegin, 1, 2, 8), E(1, 10),
            Flow(EventKind.FlowEnd, 2, 20, 7, enclosing: false), X(2, 25, 5, "Gone"), X(2, 40, 5, "Stays"), Flow(EventKind.FlowEnd, 2, 41, 8));

        FilterPlan plan = trace.Plan("--drop-function Gone");

        Assert.Equal(["Begin 1 0 A", "FlowBegin 1 2 flow 8", "End 1 10", "Complete 2 40+5 Stays", "FlowEnd 2 41 flow 8"], trace.After(plan).Lines);
        Assert.Equal([new LedgerEntry("--drop-function Gone", 1, 3, 30) { Flows = 1 }], plan.Ledger.Entries);
        Assert.Equal(1, plan.Readings);
    }

    [Fact]
    public void FlowsOnEventsAreCutOneByOne()
    {
        MemoryTrace trace = Two().Add(
            X(1, 0, 10, "A") with { Flows = [1, 2] }, X(2, 20, 5, "Gone") with { EndingFlows = [1, 3] }, X(2, 30, 5, "B") with { EndingFlows = [2] }, X(1, 40, 5, "C") with { Flows = [3] });

        Assert.Equal(["Complete 1 0+10 A flows 2", "Complete 2 30+5 B ends 2", "Complete 1 40+5 C"], trace.Left("--drop-function Gone"));
        Assert.Equal(["Complete 1 0+10 A", "Complete 1 40+5 C"], trace.Left("--drop-thread worker*"));
        Assert.Equal(["Complete 1 0+10 A", "Complete 2 20+5 Gone", "Complete 2 30+5 B", "Complete 1 40+5 C"], trace.Left("--drop-flows"));
    }

    [Fact]
    public void FiltersThatCanBeDecidedTogetherShareAReading()
    {
        Assert.Equal(1, Rows().Plan("--drop-function X --max-depth 3 --min-duration 1ns").Readings);
        Assert.Equal(2, Rows().Plan("--min-duration 1ns --max-depth 3").Readings);
        Assert.Equal(2, Rows().Plan("--drop-thread main --drop-function A --min-duration 6ns").Readings);
        Assert.Equal(2, Two().Add(X(1, 10, 5, "A"), X(1, 0, 5, "B")).Plan("--min-duration 1ns").Readings);
    }

    [Fact]
    public void EachFilterCountsWhatThoseBeforeItLeave()
    {
        FilterPlan plan = Two().Add(B(1, 0, "A"), X(1, 5, 5, "B"), E(1, 90), X(2, 0, 5, "B")).Plan("--drop-function A --hide-function B --drop-thread worker*");

        Assert.Equal([new("--drop-function A", 2, 3, 30), new("--hide-function B", 1, 1, 10), new LedgerEntry("--drop-thread 'worker*'", 0, 0, 0)], plan.Ledger.Entries);
    }

    [Fact]
    public void DroppingASliceAllocatesNothing()
    {
        MemoryTrace few = Two(), many = Two();
        for (int i = 0; i < 20_000; i++)
            (i < 1000 ? few : many).Add(X(1, i * 10, 5, "A"));
        Allocated(few);

        // A page of bits and the survey's tables; not 30 bytes for each of 19,000 slices.
        Assert.InRange(Allocated(many) - Allocated(few), -20_000, 60_000);
    }

    private static long Allocated(MemoryTrace trace)
    {
        trace.Plan("--min-duration 1s");
        long before = GC.GetAllocatedBytesForCurrentThread();
        trace.Plan("--min-duration 1s");
        return GC.GetAllocatedBytesForCurrentThread() - before - NamesOf(trace);
    }

    /// <summary>What the test's own source allocates in a reading.</summary>
    private static long NamesOf(MemoryTrace trace)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        trace.Read(new Nothing(), EventParts.Times | EventParts.Flows);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private sealed class Nothing : IEventSink
    {
        public void Event(scoped in TraceEvent e)
        {
        }
    }
}
