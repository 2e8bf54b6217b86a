using VizTrace.Model.Events;
using static VizTrace.Filters.Tests.Made;

namespace VizTrace.Filters.Tests;

/// <summary>What filters by call leave, event by event.</summary>
public sealed class CallFilterTests
{
    private static MemoryTrace Calls() => Two().Add(
        B(1, 0, "Main"), B(1, 10, "Load"), I(1, 12, "mark"), X(1, 15, 5, "Read"), E(1, 30), C(3, 31), B(1, 40, "Save"), X(1, 45, 20, "Write"), E(1, 90), E(1, 100));

    [Fact]
    public void DroppingAFunctionTakesItsCalleesAndInstantsAndLeavesCounters() =>
        Assert.Equal(["Begin 1 0 Main", "Counter 3 31", "Begin 1 40 Save", "Complete 1 45+20 Write", "End 1 90", "End 1 100"], Calls().Left("--drop-function Lo*"));

    [Fact]
    public void HidingAFunctionTakesItsFrameOnly() =>
        Assert.Equal(
            ["Begin 1 0 Main", "Instant 1 12 mark", "Complete 1 15+5 Read", "Counter 3 31", "Begin 1 40 Save", "Complete 1 45+20 Write", "End 1 90", "End 1 100"],
            Calls().Left("--hide-function Load"));

    [Fact]
    public void KeepingAFunctionKeepsItAndWhatIsBelow() =>
        Assert.Equal(["Begin 1 10 Load", "Instant 1 12 mark", "Complete 1 15+5 Read", "End 1 30", "Counter 3 31"], Calls().Left("--keep-function Load"));

    [Fact]
    public void DepthCountsFromOneAndTakesInstantsInDeeperSlices()
    {
        Assert.Equal(["Begin 1 0 Main", "Counter 3 31", "End 1 100"], Calls().Left("--max-depth 1"));
        Assert.Equal(
            ["Begin 1 0 Main", "Begin 1 10 Load", "Instant 1 12 mark", "End 1 30", "Counter 3 31", "Begin 1 40 Save", "End 1 90", "End 1 100"],
            Calls().Left("--max-depth 2"));
    }

    [Fact]
    public void DepthIsThatOfWhatEarlierFiltersLeave() =>
        Assert.Equal(
            ["Begin 1 10 Load", "Instant 1 12 mark", "End 1 30", "Counter 3 31", "Begin 1 40 Save", "End 1 90"],
            Calls().Left("--hide-function Main --max-depth 1"));

    [Fact]
    public void ShorterSlicesGoWithBothTheirEvents()
    {
        Assert.Equal(["Begin 1 0 Main", "Instant 1 12 mark", "Counter 3 31", "Begin 1 40 Save", "End 1 90", "End 1 100"], Calls().Left("--min-duration 21ns"));
        Assert.Contains("Complete 1 45+20 Write", Calls().Left("--min-duration 20ns"));
    }

    [Fact]
    public void ASliceWithoutAnEndIsNeverTooShort() =>
        Assert.Equal(["Begin 1 0 Main", "Begin 1 10 Load"], Two().Add(B(1, 0, "Main"), B(1, 10, "Load"), X(1, 11, 3, "Short")).Left("--min-duration 1s"));

    [Fact]
    public void ADroppedCategoryIsOneOfSeveral() =>
        Assert.Equal(
            ["Complete 1 0+50 A [net]", "Complete 1 20+5 C"],
            Two().Add(X(1, 0, 50, "A", "net"), X(1, 10, 40, "B", "io,disk"), I(1, 15, "i", "disk"), X(1, 20, 5, "C")).Left("--drop-category dis*"));

    [Fact]
    public void SamplingCountsTheCallsOfOneCaller() =>
        Assert.Equal(
            ["Begin 1 0 Main", "Complete 1 1+5 Poll", "Complete 1 2+1 Read", "Complete 1 21+5 Poll", "Complete 1 22+1 Read", "Complete 1 40+1 Stop", "End 1 100"],
            Two().Add(
                B(1, 0, "Main"), X(1, 1, 5, "Poll"), X(1, 2, 1, "Read"), X(1, 11, 5, "Poll"), X(1, 12, 1, "Read"), X(1, 21, 5, "Poll"), X(1, 22, 1, "Read"),
                X(1, 40, 1, "Stop"), E(1, 100)).Left("--sample-calls 2"));

    [Fact]
    public void ATimeClipsWhatCrossesItAndMarksIt() =>
        Assert.Equal(
            ["Begin 1 42 Main clipped=both", "Counter 3 44", "Begin 1 42 Save clipped=both", "Complete 1 45+15 Write clipped=end", "End 1 60", "End 1 60"],
            Two().Add(
                B(1, 0, "Main"), B(1, 10, "Load"), E(1, 30), C(3, 41), C(3, 44), B(1, 40, "Save"), I(1, 41, "early"), X(1, 45, 20, "Write"), I(1, 60, "late"), E(1, 90), E(1, 100))
                .Left("--time @42ns..@60ns"));

    [Fact]
    public void ATimeCountsFromTheStartOfWhatIsLeft()
    {
        MemoryTrace trace = Two().Add(X(2, 1000, 5, "w"), X(1, 2000, 5, "a"), X(1, 2010, 5, "b"), X(1, 2020, 5, "c"));

        Assert.Equal(["Complete 1 2010+5 b", "Complete 1 2020+5 c"], trace.Left("--drop-thread worker* --time 10ns.."));
        Assert.Equal(["Complete 1 2000+5 a"], trace.Left("--time 1us..1010ns"));
    }

    [Fact]
    public void ATimeAroundASliceReachesToBothSides() =>
        Assert.Equal(
            ["Complete 1 20+3 B", "Complete 1 30+3 Needle", "Complete 1 40+1 C clipped=end"],
            Two().Add(X(1, 10, 3, "A"), X(1, 20, 3, "B"), X(1, 30, 3, "Needle"), X(1, 40, 3, "C"), X(1, 50, 3, "Needle")).Left("--time around 'Need*' 11ns"));

    [Fact]
    public void OverlappingSlicesEndAtTheirOwnEnds()
    {
        // C begins within A and B; D within B alone, since A is over.
        MemoryTrace trace = Two().Add(X(1, 0, 10, "A"), X(1, 5, 15, "B"), X(1, 7, 2, "C"), X(1, 12, 2, "D"));

        Assert.Equal(["Complete 1 12+2 D"], trace.Left("--drop-function A"));
        Assert.Equal(["Complete 1 0+10 A"], trace.Left("--drop-function B"));
        Assert.Equal(["Complete 1 0+10 A", "Complete 1 5+15 B", "Complete 1 12+2 D"], trace.Left("--max-depth 2"));
    }

    [Fact]
    public void ArgumentsGoByName()
    {
        Item call = X(1, 0, 5, "A") with { Arguments = [("id", 7L), ("text", "x"), ("text2", "y")] };

        Assert.Equal(["Complete 1 0+5 A id=7"], Two().Add(call).Left("--drop-args text*"));
        Assert.Equal(["Complete 1 0+5 A"], Two().Add(call).Left("--drop-args"));
    }
}
