using System.Globalization;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;
using static VizTrace.Filters.Tests.Made;

namespace VizTrace.Filters.Tests;

/// <summary>How events become slices that begin and end.</summary>
public sealed class SliceWalkTests
{
    private static string[] Walk(MemoryTrace trace, int rows = 1 << 19, string? directory = null) =>
        [.. new SliceWalk(trace, EventParts.All, directory ?? Path.GetTempPath(), rows).Run(() => new Recorder(trace)).Lines];

    [Fact]
    public void BeginsEndsAndCompleteSlicesNest() =>
        Assert.Equal(
            ["( A 0 d1", "( B 5 d2", ") B 10", "i 11 d1", "( C 20 d2", ") C 30", ") A 30"],
            Walk(Two().Add(B(1, 0, "A"), X(1, 5, 5, "B"), I(1, 11, "i"), B(1, 20, "C"), E(1, 30), E(1, 30))));

    [Fact]
    public void AnEndWithoutABeginIsNoSlice() =>
        Assert.Equal(["End 5 d0", "( A 10 d1", ") A 20", "End 30 d0"], Walk(Two().Add(E(1, 5), B(1, 10, "A"), E(1, 20), E(1, 30))));

    [Fact]
    public void ANamedEndClosesTheInnermostOfItsName() =>
        Assert.Equal(["( A 0 d1", "( B 1 d2", ") A 5", ") B 6"], Walk(Two().Add(B(1, 0, "A"), B(1, 1, "B"), E(1, 5, "A"), E(1, 6))));

    [Fact]
    public void AnEndDoesNotCloseACompleteSlice() =>
        Assert.Equal(["( A 0 d1", "( B 1 d2", ") A 5", ") B 11"], Walk(Two().Add(B(1, 0, "A"), X(1, 1, 10, "B"), E(1, 5))));

    [Fact]
    public void OverlappingSlicesEndInTheOrderOfTheirEnds() =>
        Assert.Equal(
            ["( A 0 d1", "( B 5 d2", ") A 10", "( C 12 d2", ") C 14", ") B 20"],
            Walk(Two().Add(X(1, 0, 10, "A"), X(1, 5, 15, "B"), X(1, 12, 2, "C"))));

    [Fact]
    public void WhatNeverEndsIsOpenToTheEndOfTheTrace() =>
        Assert.Equal(
            ["( A 0 d1", "( B 1 d2", ") B 90 open", ") A 90 open", "( W 0 d1", ") W 90"],
            Walk(Two().Add(B(1, 0, "A"), X(1, 1, -1, "B"), X(2, 0, 90, "W"))));

    [Fact]
    public void LongerSlicesOfOneTimeAreOutside() =>
        Assert.Equal(["( A 0 d1", "( B 0 d2", "( C 0 d3", ") C 0", ") B 5", ") A 9"], Walk(Two().Add(X(1, 0, 0, "C"), X(1, 0, 5, "B"), X(1, 0, 9, "A"))));

    [Fact]
    public void SlicesThatTouchAreNeighbours() =>
        Assert.Equal(
            ["( A 0 d1", ") A 5", "( B 5 d1", ") B 5", "( C 5 d1", ") C 9"],
            Walk(Two().Add(X(1, 0, 5, "A"), B(1, 5, "B"), E(1, 5), B(1, 5, "C"), E(1, 9))));

    [Fact]
    public void AnInstantInASliceWithoutDurationIsInside() =>
        Assert.Equal(["( A 5 d1", "i 5 d1", ") A 5"], Walk(Two().Add(X(1, 5, 0, "A"), I(1, 5, "i"))));

    [Theory]
    [InlineData(1 << 19)]
    [InlineData(3)]
    [InlineData(1)]
    public void AFileOutOfOrderIsSortedRowByRow(int rows) =>
        Assert.Equal(
            ["( A 0 d1", "( B 5 d2", ") B 8", ") A 10", "( D 20 d1", ") D 21", "( C 1 d1", ") C 4"],
            Walk(Two().Add(X(1, 5, 3, "B"), X(1, 0, 10, "A"), X(2, 1, 3, "C"), X(1, 20, 1, "D")), rows));

    [Fact]
    public void ASortedWalkEqualsAStraightOne()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            MemoryTrace trace = RandomTrace.InOrder(seed);
            Assert.Equal(Walk(trace).Order(StringComparer.Ordinal), Walk(RandomTrace.Shuffled(trace, seed), 5).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void TheTemporaryFileLeavesNothing()
    {
        string directory = Directory.CreateTempSubdirectory("viztrace-walk").FullName;
        Walk(Two().Add(X(1, 5, 3, "B"), X(1, 0, 10, "A"), X(1, 20, 1, "D")), 1, directory);

        Assert.Empty(Directory.GetFileSystemEntries(directory));
        Directory.Delete(directory);
    }

    [Fact]
    public void ADirectoryThatIsNotThereIsAnErrorThatNamesIt()
    {
        var error = Assert.Throws<TraceException>(() => Walk(Two().Add(X(1, 5, 3, "B"), X(1, 0, 10, "A"), X(1, 20, 1, "D")), 1, "/nonexistent-viztrace"));

        Assert.Equal(ErrorId.BadOutput, error.Id);
        Assert.StartsWith("/nonexistent-viztrace: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EndlessBeginsDoNotFillTheMemory()
    {
        MemoryTrace trace = Two();
        for (int i = 0; i < SliceWalk.MostOpen + 2; i++)
            trace.Add(B(1, i, "A"));
        trace.Add(E(1, 1_000_000), E(1, 1_000_001), E(1, 1_000_002));
        var walk = new SliceWalk(trace, EventParts.Times, Path.GetTempPath());
        Recorder seen = walk.Run(() => new Recorder(trace));

        Assert.Equal(2, walk.TooDeep);
        Assert.Equal(4, seen.Lines.Count(l => l[0] is 'B' or 'E'));
        Assert.Contains(") A 1000002", seen.Lines);
    }

    [Fact]
    public void SlicesThatOverlapHaveALimitAndOnesThatNestHaveNot()
    {
        MemoryTrace overlapping = Two(), nested = Two();
        for (int i = 0; i < SliceWalk.MostOverlapping + 5; i++)
        {
            overlapping.Add(X(1, i, 10_000, "A"));
            nested.Add(X(1, i, 10_000 - (2 * i), "A"));
        }

        Assert.Equal(5, overlapping.Plan("--min-duration 1s").TooDeep);
        Assert.Equal(5, overlapping.After(overlapping.Plan("--min-duration 1s")).Items.Count);
        Assert.Equal(0, nested.Plan("--min-duration 1s").TooDeep);
    }

    private sealed class Recorder(MemoryTrace trace) : ISliceVisitor
    {
        public List<string> Lines { get; } = [];

        public void Begin(scoped in SliceRow slice, int depth) => Add($"( {NameOf(slice)} {slice.TimeNs} d{depth}");

        public void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen) => Add($") {NameOf(slice)} {endNs}{(isOpen ? " open" : "")}");

        public void Other(scoped in SliceRow row, int depth) => Add($"{(row.Name != 0 ? trace.Texts.Get(row.Name) : row.Kind.ToString())} {row.TimeNs} d{depth}");

        private string NameOf(in SliceRow slice) => trace.Items[(int)slice.Ordinal].Name;

        private void Add(FormattableString line) => Lines.Add(line.ToString(CultureInfo.InvariantCulture));
    }
}
