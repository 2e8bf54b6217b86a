using VizTrace.Model.Events;
using static VizTrace.Filters.Tests.Made;

namespace VizTrace.Filters.Tests;

/// <summary>Runs of equal sequences.</summary>
public sealed class MergeRepeatsTests
{
    [Fact]
    public void ThreeEqualSlicesBecomeOneAndTwoStay()
    {
        MemoryTrace trace = Two().Add(X(1, 0, 5, "A"), X(1, 10, 5, "A"), X(1, 20, 6, "A"), X(1, 30, 1, "B"), X(1, 40, 1, "C"), X(1, 50, 1, "C"));
        FilterPlan plan = trace.Plan("--merge-repeats");

        Assert.Equal(
            ["Complete 1 0+26 A repeats=3 total_ns=16", "Complete 1 30+1 B", "Complete 1 40+1 C", "Complete 1 50+1 C"],
            trace.After(plan).Lines);
        Assert.Equal([new LedgerEntry("--merge-repeats", 2, 2, 20) { Changed = 1 }], plan.Ledger.Entries);
        Assert.Equal(4, plan.Ledger.KeptSlices);
    }

    [Fact]
    public void BeginsAndEndsKeepTheFirstBeginAndTheLastEnd() =>
        Assert.Equal(
            ["Begin 1 0 Main", "Begin 1 1 Poll, Wait repeats=3 total_ns=12", "Counter 3 11", "End 1 30 Poll, Wait", "Begin 1 31 Poll", "End 1 32", "End 1 99"],
            Two().Add(
                B(1, 0, "Main"),
                B(1, 1, "Poll"), X(1, 2, 1, "Read"), E(1, 3), B(1, 4, "Wait"), I(1, 5, "i"), E(1, 6, "Wait"),
                B(1, 11, "Poll"), C(3, 11), X(1, 12, 1, "Read"), E(1, 13), B(1, 14, "Wait"), E(1, 16, "Wait"),
                B(1, 21, "Poll"), X(1, 22, 1, "Read"), E(1, 23), B(1, 28, "Wait"), E(1, 30, "Wait"),
                B(1, 31, "Poll"), E(1, 32), E(1, 99)).Left("--merge-repeats"));

    [Fact]
    public void ARunWithinARunGoesWithIt() =>
        Assert.Equal(
            ["Complete 1 0+50 A repeats=3 total_ns=30"],
            Two().Add([.. Enumerable.Range(0, 3).SelectMany(i => new[] { X(1, i * 20, 10, "A"), X(1, (i * 20) + 1, 1, "B"), X(1, (i * 20) + 3, 1, "B"), X(1, (i * 20) + 5, 1, "B") })])
                .Left("--merge-repeats"));

    [Fact]
    public void WhatDiffersBelowIsNotEqual() =>
        Assert.Equal(6, Two().Add(X(1, 0, 5, "A"), X(1, 1, 1, "x"), X(1, 10, 5, "A"), X(1, 11, 1, "y"), X(1, 20, 5, "A"), X(1, 21, 1, "z")).Left("--merge-repeats").Length);

    [Fact]
    public void TheShortestSequenceIsTakenAndARestStays() =>
        Assert.Equal(
            ["Complete 1 0+51 A, B repeats=3 total_ns=6", "Complete 1 60+1 A"],
            Two().Add([.. Enumerable.Range(0, 7).Select(i => X(1, i * 10, 1, i % 2 == 0 ? "A" : "B"))]).Left("--merge-repeats"));

    [Fact]
    public void FlowsToMergedSlicesAreCut() =>
        Assert.Equal(
            ["Complete 1 0+25 A flows 1 repeats=3 total_ns=15", "Complete 2 40+1 W ends 1"],
            Two().Add(X(1, 0, 5, "A") with { Flows = [1] }, X(1, 10, 5, "A") with { Flows = [2] }, X(1, 20, 5, "A"), X(2, 40, 1, "W") with { EndingFlows = [1, 2] })
                .Left("--merge-repeats"));
}
