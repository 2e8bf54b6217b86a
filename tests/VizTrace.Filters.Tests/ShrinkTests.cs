using VizTrace.Filters.Shrinking;
using VizTrace.Model.Events;
using static VizTrace.Filters.Tests.Made;

namespace VizTrace.Filters.Tests;

/// <summary>What shrink chooses.</summary>
public sealed class ShrinkTests
{
    private static readonly string s_temporary = Path.GetTempPath();

    /// <summary>A main thread that polls, calls of rising length in random-like order, three levels, one rare call and a second thread.</summary>
    private static MemoryTrace Busy()
    {
        MemoryTrace trace = Two();
        trace.Add(B(1, 0, "Main"));
        for (int i = 0; i < 200; i++)
            trace.Add(X(1, 10 + (i * 10), 3, "Poll"));
        long now = 10_000;
        for (int i = 0; i < 300; i++)
        {
            int length = 100 + (i * 37 % 300 * 10);
            trace.Add(X(1, now, length, $"Work{i % 3}") with { Arguments = [("i", (long)i)] }, X(1, now + 10, length - 20, $"Inner{i % 2}"));
            now += length + 10;
        }

        trace.Add(X(1, now, 1, "Rare"), E(1, now + 10), X(2, 50, 2, "Tick"), C(3, 60));
        trace.Read(new Nothing(), EventParts.None);
        trace.Facts.LastNs = now + 10;
        return trace;
    }

    [Fact]
    public void WhatIsSmallEnoughStaysAsItIs()
    {
        ShrinkPlan plan = ShrinkPlan.ToEvents(Busy(), 10_000, s_temporary);

        Assert.Empty(plan.Filters.Ledger.Entries);
        Assert.True(plan.Filters.DecidesByTrack);
        Assert.Equal((Busy().Items.Count, true), (plan.Expected, plan.IsReached));
    }

    [Fact]
    public void RepeatsGoFirst()
    {
        ShrinkPlan plan = ShrinkPlan.ToEvents(Busy(), 700, s_temporary);

        Assert.Equal(["repeats of calls up to 491ns"], plan.Filters.Ledger.Entries.Select(e => e.Filter));
        Assert.Equal("shrink --max-events 700", plan.Filters.Ledger.Command);
        Assert.Equal(Busy().After(plan.Filters).Items.Count, plan.Expected);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(300)]
    [InlineData(120)]
    public void RareCallsLongestCallsAndEveryThreadStay(int most)
    {
        ShrinkPlan plan = ShrinkPlan.ToEvents(Busy(), most, s_temporary);
        MemoryTrace left = Busy().After(plan.Filters);

        Assert.True(plan.IsReached);
        Assert.InRange(left.Items.Count, 1, most);
        Assert.Equal(left.Items.Count, plan.Expected);
        Assert.Superset(new HashSet<string> { "Main", "Rare", "Tick" }, left.Items.Select(i => i.Name).ToHashSet());
        Assert.Equal(
            Busy().Items.Where(i => i.Kind == EventKind.Complete && i.Track == 1).OrderByDescending(i => i.DurationNs).Take(10).Select(i => i.Line).Order(StringComparer.Ordinal),
            left.Items.Where(i => i.Kind == EventKind.Complete && i.Track == 1 && !i.Name.StartsWith("Poll", StringComparison.Ordinal)).OrderByDescending(i => i.DurationNs).Take(10).Select(i => i.Line).Order(StringComparer.Ordinal));
        Assert.All(Enumerable.Range(0, 4), id => Assert.True(plan.Filters.KeepsTrack(id)));
    }

    [Fact]
    public void WhatMayNotGoIsTold()
    {
        ShrinkPlan plan = ShrinkPlan.ToEvents(Busy(), 5, s_temporary);

        Assert.False(plan.IsReached);
        Assert.Equal(Busy().After(plan.Filters).Items.Count, plan.Expected);
    }

    [Fact]
    public void ASizeIsTightenedByWhatWasWritten()
    {
        ShrinkPlan first = ShrinkPlan.ToBytes(Busy(), 6000, s_temporary);
        ShrinkPlan second = first.Tighten(9000)!;

        Assert.True(first.IsReached && first.Expected <= 6000);
        Assert.True(second.Expected < first.Expected * 0.7, $"{second.Expected} of {first.Expected}");
        Assert.Null(first.Tighten(6000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(1000)]
    [InlineData(123456789)]
    [InlineData(long.MaxValue)]
    public void ADurationLiesInItsBucket(long ns)
    {
        int bucket = ShrinkStatistics.BucketOf(ns);

        Assert.InRange(bucket, 0, 255);
        Assert.True(ns < ShrinkStatistics.EndOf(bucket) || ns == long.MaxValue);
        Assert.True(bucket == 0 || ns >= ShrinkStatistics.EndOf(bucket - 1));
    }

    private sealed class Nothing : IEventSink
    {
        public void Event(scoped in TraceEvent e)
        {
        }
    }
}
