using System.Globalization;
using VizTrace.Filters.Deciding;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Calls;

/// <summary><c>--max-depth N</c>: slices that lie deeper go, with their instants; the outermost has depth 1.</summary>
public sealed class MaxDepth(int depth) : Filter("--max-depth", depth.ToString(CultureInfo.InvariantCulture))
{
    internal override bool LooksAtDepth => true;

    internal override bool DropsBegin(in SliceRow slice, OpenCalls on, int place) => on.Depth(place) >= depth;

    internal override bool DropsOther(in SliceRow row, OpenCalls on, int place) => row.Kind is EventKind.Instant or EventKind.End && on.Depth(place) > depth;
}

/// <summary><c>--min-duration T</c>: slices that are shorter go; one that is open to the end of the trace stays.</summary>
public sealed class MinDuration(long ns, string text) : Filter("--min-duration", text)
{
    internal override Decision Decides => Decision.AtEnd;

    internal override bool DropsEnded(EndedCall call) => !call.IsOpen && call.DurationNs < ns;
}

/// <summary>
/// <c>--sample-calls N</c>: of the calls of one function by the same caller the first stays, then each N-th, with all below it; the others go
/// with all below them. A caller's calls are counted anew each time that it runs, so that a function called once always stays where its
/// caller does. Deterministic.
/// </summary>
public sealed class SampleCalls(int one) : Filter("--sample-calls", one.ToString(CultureInfo.InvariantCulture))
{
    internal override EventParts Parts => EventParts.Times | EventParts.Names;

    internal override bool LooksAtDepth => true;

    internal override bool DropsBegin(in SliceRow slice, OpenCalls on, int place)
    {
        if (on.Inside(place) > 0)
            return true;
        bool drops = on.CountCall(place, slice.Name) % one != 0;
        if (drops)
            on.Mark(place);
        return drops;
    }

    internal override bool DropsOther(in SliceRow row, OpenCalls on, int place) => row.Kind is EventKind.Instant or EventKind.End && on.Inside(place) > 0;
}
