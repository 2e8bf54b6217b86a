using VizTrace.Filters.Repeats;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Deciding;

/// <summary>Filters that follow each other and can be decided in one reading.</summary>
internal sealed class Stage
{
    private const int MostFilters = 60;
    private const int MostBits = 31;

    private Stage(List<Filter> filters)
    {
        Filters = [.. filters];
        Leading = Filters.TakeWhile(f => f.Decides == Decision.ByRow).Count();
        Begins = Filters.TakeWhile(f => f.Decides != Decision.AtEnd).Count();
        for (int i = 0; i < Filters.Length; i++)
        {
            Filters[i].FirstBit = i == 0 ? 0 : Filters[i - 1].FirstBit + Filters[i - 1].Bits;
            Parts |= Filters[i].Parts;
        }
    }

    /// <summary>The filters, in order.</summary>
    public Filter[] Filters { get; }

    /// <summary>How many of the first go by the row alone.</summary>
    public int Leading { get; }

    /// <summary>How many of the first are asked when a slice begins; the others when it has ended.</summary>
    public int Begins { get; }

    /// <summary>Whether order of time does not matter.</summary>
    public bool IsFlat => Leading == Filters.Length;

    /// <summary>What the reading needs.</summary>
    public EventParts Parts { get; } = EventParts.Times;

    /// <summary>Whether rows have to be known before.</summary>
    public bool NeedsSurvey => Filters.Any(f => f.NeedsRows || f.NeedsAnchor);

    /// <summary>Who decides during the reading.</summary>
    public IStageVisitor Visitor(SliceWalk walk, RowTotals? totals) =>
        Filters[0] is MergeRepeats merging ? new RepeatVisitor(merging, walk, totals) : new StageVisitor(this, walk, totals);

    /// <summary>Parts a chain into as few stages as its order allows.</summary>
    public static List<Stage> Of(IEnumerable<Filter> chain)
    {
        var stages = new List<Stage>();
        var open = new List<Filter>();
        foreach (Filter filter in chain)
        {
            if (open.Count > 0 && !MayJoin(open, filter))
            {
                stages.Add(new Stage(open));
                open.Clear();
            }

            open.Add(filter);
        }

        if (open.Count > 0)
            stages.Add(new Stage(open));
        return stages;
    }

    private static bool MayJoin(List<Filter> open, Filter filter)
    {
        bool ended = open.Any(f => f.Decides == Decision.AtEnd);
        return filter.Decides != Decision.Later
            && open[0].Decides != Decision.Later
            && open.Count < MostFilters
            && open.Sum(f => f.Bits) + filter.Bits <= MostBits
            // Known only when slices end, what is left is not yet known when one begins.
            && !(ended && (filter.Decides == Decision.AtBegin || filter.LooksAtDepth))
            && !(filter.LooksAtArguments && open.Any(f => f.ChangesArguments))
            && !(filter.NeedsAnchor && open.Any(f => f.Drops));
    }
}

/// <summary>Decides during a reading.</summary>
internal interface IStageVisitor : ISliceVisitor
{
    /// <summary>What was decided.</summary>
    StageResult Result { get; }
}
