using VizTrace.Filters.Merging;
using VizTrace.Model;
using VizTrace.Model.Events;
using static VizTrace.Filters.Tests.Made;

namespace VizTrace.Filters.Tests;

/// <summary>Several traces on one clock.</summary>
public sealed class MergedSourceTests
{
    private static MemoryTrace Trace(long? realtime, string? clock, params Item[] items)
    {
        MemoryTrace trace = Two().Add(items);
        trace.Facts.RealtimeOffsetNs = realtime;
        trace.Facts.ClockName = clock;
        trace.Read(new Nothing(), EventParts.None);
        return trace;
    }

    [Fact]
    public void WallTimePutsThemOnTheClockOfTheFirst()
    {
        MemoryTrace[] both = [Trace(1_000_000_000_000, null, X(1, 10, 5, "A")), Trace(1_000_000_000_100, null, X(1, 10, 5, "A"), X(2, 20, 5, "B"))];
        var merged = new MergedSource(both, ClockAlignment.ByFacts(both));

        Assert.Equal(["Complete 1 10+5 A", "Complete 5 110+5 A", "Complete 6 120+5 B"], MemoryTrace.Of(merged).Lines);
        Assert.Equal((3, 10), (merged.Facts.Events, merged.Facts.FirstNs));
    }

    [Fact]
    public void OneClockNeedsNoChange()
    {
        MemoryTrace[] both = [Trace(null, "monotonic", X(1, 10, 5, "A")), Trace(null, "monotonic", X(1, 30, 5, "B"))];

        Assert.Equal(["Complete 1 10+5 A", "Complete 5 30+5 B"], MemoryTrace.Of(new MergedSource(both, ClockAlignment.ByFacts(both))).Lines);
    }

    [Fact]
    public void TracesOfDifferentBootsHaveDifferentClocksOfOneName()
    {
        MemoryTrace[] both = [Trace(0, "monotonic", X(1, 10, 5, "A")), Trace(3_600_000_000_000, "monotonic", X(1, 30, 5, "B"))];

        Assert.Equal([0, 3_600_000_000_000], ClockAlignment.ByFacts(both).OffsetsNs);
    }

    [Fact]
    public void AMarkerAlignsWhatHasNoClock()
    {
        MemoryTrace[] both = [Trace(null, null, I(1, 100, "go"), I(1, 200, "go")), Trace(null, null, X(1, 1, 2, "A"), I(1, 5, "go"))];

        Assert.Equal(ErrorId.BadInput, Assert.Throws<TraceException>(() => ClockAlignment.ByFacts(both)).Id);
        Assert.Equal(["Instant 1 100 go", "Instant 1 200 go", "Complete 5 96+2 A", "Instant 5 100 go"], MemoryTrace.Of(new MergedSource(both, ClockAlignment.ByMarker(both, "go"))).Lines);
        Assert.Equal(ErrorId.BadInput, Assert.Throws<TraceException>(() => ClockAlignment.ByMarker(both, "A")).Id);
    }

    [Fact]
    public void IdsThatClashAreRenumberedAndTheOldOnesKept()
    {
        MemoryTrace[] both = [Trace(0, null), Trace(0, null)];
        TrackTable rows = new MergedSource(both, ClockAlignment.ByFacts(both)).Tracks;

        Assert.Equal([(100, null), (1, 100L)], new[] { rows[0], rows[4] }.Select(r => (r.Pid, r.OriginalPid)));
        Assert.Equal([(100, null), (101, null), (2, 100L), (3, 101L)], new[] { rows[1], rows[2], rows[5], rows[6] }.Select(r => (r.Tid, r.OriginalTid)));
        Assert.Equal([-1, 0, 0, 2, -1, 4, 4, 6], Enumerable.Range(0, 8).Select(i => rows[i].Parent));
    }

    [Fact]
    public void FlowsOfDifferentTracesStayApart()
    {
        MemoryTrace[] both =
        [
            Trace(0, null, X(1, 0, 1, "A") with { Flows = [7] }, Flow(EventKind.FlowEnd, 1, 1, 8)),
            Trace(0, null, X(1, 0, 1, "A") with { Flows = [7] }, X(2, 5, 1, "B") with { EndingFlows = [7] }),
        ];
        List<Item> items = MemoryTrace.Of(new MergedSource(both, ClockAlignment.ByFacts(both))).Items;

        Assert.Equal((7UL, 8UL), (items[0].Flows[0], items[1].FlowId));
        Assert.NotEqual(7UL, items[2].Flows[0]);
        Assert.Equal(items[2].Flows[0], items[3].EndingFlows[0]);
    }

    private sealed class Nothing : IEventSink
    {
        public void Event(scoped in TraceEvent e)
        {
        }
    }
}
