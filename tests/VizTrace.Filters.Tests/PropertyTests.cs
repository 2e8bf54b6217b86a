using FsCheck;
using FsCheck.Fluent;
using VizTrace.Model.Events;
using static VizTrace.Filters.Tests.Made;

namespace VizTrace.Filters.Tests;

/// <summary>What holds for any trace and any chain. FsCheck chooses seeds and chains; a failure prints both.</summary>
public sealed class PropertyTests
{
    private static readonly string[] s_filters =
    [
        "--drop-function A", "--hide-function B", "--keep-function C", "--max-depth 3", "--min-duration 21ns", "--sample-calls 2", "--drop-category net",
        "--time 20ns..90ns", "--time @40ns..", "--time around 'B' 60ns", "--drop-thread worker*", "--drop-counters q*", "--drop-flows", "--drop-args x*",
        "--merge-repeats", "--where depth < 3 and name != 'A'", "--where duration > 30ns or depth = 1", "--where args.x1 != 1 or args.clipped", "--where start < 60ns", "--where thread = 'main'",
        "--keep-thread tid:101",
    ];

    private static readonly string[] s_inReference = [.. s_filters.Where(f => !f.Contains("--time") && !f.Contains("where") && !f.Contains("thread") && !f.Contains("drop-counters") && !f.Contains("flows") && !f.Contains("args"))];

    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(300);

    private static readonly Arbitrary<(int Seed, string[] Chain)> s_cases = Arb.From(
        from seed in Gen.Choose(0, 1_000_000)
        from length in Gen.Choose(1, 4)
        from chain in Gen.ArrayOf(Gen.Elements(s_filters), length)
        select (seed, chain));

    [Fact]
    public void AFilterDropsExactlyWhatTheReferenceDrops() =>
        Prop.ForAll(
            Arb.From(from seed in Gen.Choose(0, 1_000_000) from filter in Gen.Elements(s_inReference) select (seed, filter)),
            c => Assert.Equal(new Reference(RandomTrace.WithoutFlows(c.seed)).Apply(c.filter).Lines, RandomTrace.WithoutFlows(c.seed).Left(c.filter))).Check(s_config);

    [Fact]
    public void AChainEqualsItsFiltersInTurn() =>
        Prop.ForAll(s_cases, c =>
        {
            MemoryTrace inTurn = RandomTrace.InOrder(c.Seed);
            foreach (string filter in c.Chain)
                inTurn = inTurn.After(inTurn.Plan(filter));
            Assert.Equal(inTurn.Lines, RandomTrace.InOrder(c.Seed).Left(string.Join(' ', c.Chain)));
        }).Check(s_config);

    [Fact]
    public void AChainEqualsItsFiltersInTurnWhereSlicesOverlap() =>
        Prop.ForAll(s_cases, c =>
        {
            MemoryTrace inTurn = RandomTrace.Overlapping(c.Seed);
            foreach (string filter in c.Chain)
                inTurn = inTurn.After(inTurn.Plan(filter));
            Assert.Equal(inTurn.Lines, RandomTrace.Overlapping(c.Seed).Left(string.Join(' ', c.Chain)));
        }).Check(s_config);

    [Fact]
    public void TheOrderOfTheFileDoesNotMatter() =>
        Prop.ForAll(s_cases, c =>
        {
            MemoryTrace trace = RandomTrace.InOrder(c.Seed);
            // Slices that are clipped begin at one time: then the order of the file is all there is, so clipping comes last.
            bool IsTime(string filter) => filter.StartsWith("--time", StringComparison.Ordinal);
            string command = string.Join(' ', c.Chain.Where(f => !IsTime(f)).Concat(c.Chain.Where(IsTime).Take(1)));
            MemoryTrace shuffled = RandomTrace.Shuffled(trace, c.Seed);
            FilterPlan plan = shuffled.Plan(command, rowsInMemory: 7);
            Assert.Equal(trace.Left(command).Order(StringComparer.Ordinal), shuffled.After(plan).Lines.Order(StringComparer.Ordinal));
            Assert.Equal(trace.Plan(command).Ledger.Entries, plan.Ledger.Entries);
        }).Check(s_config);

    [Fact]
    public void TheLedgerCountsWhatIsGoneAndSlicesStillNest() =>
        Prop.ForAll(s_cases, c =>
        {
            MemoryTrace trace = RandomTrace.InOrder(c.Seed);
            FilterPlan plan = trace.Plan(string.Join(' ', c.Chain));
            MemoryTrace left = trace.After(plan);

            Assert.Equal(trace.Items.Count - left.Items.Count, plan.Ledger.Entries.Sum(e => e.Events));
            Assert.Equal(trace.Items.Sum(i => i.Bytes) - left.Items.Sum(i => i.Bytes), plan.Ledger.Entries.Sum(e => e.Bytes));
            Assert.Equal(left.Items.Count(i => i.Kind is EventKind.Begin or EventKind.Complete), plan.Ledger.KeptSlices);
            Assert.All(Enumerable.Range(0, trace.Tracks.Count).Where(id => !plan.KeepsTrack(id)), id => Assert.DoesNotContain(left.Items, i => i.Track == id));
            foreach (IGrouping<int, Item> row in left.Items.GroupBy(i => i.Track))
                AssertNests([.. row]);
        }).Check(s_config);

    private static void AssertNests(List<Item> row)
    {
        // Clipped slices share a time: what began in it is inside whatever the order.
        var open = new Stack<long>();
        foreach (Item item in row)
        {
            while (open.Count > 0 && open.Peek() <= item.TimeNs)
                open.Pop();
            if (item.Kind is EventKind.End)
                Assert.Equal(long.MaxValue, open.Pop());
            else if (item.Kind == EventKind.Begin)
                open.Push(long.MaxValue);
            else if (item.Kind == EventKind.Complete)
                open.Push(item.TimeNs + item.DurationNs);
        }

        Assert.All(open, end => Assert.NotEqual(long.MaxValue, end));
    }
}
