using System.Globalization;
using VizTrace.Filters.Deciding;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Shrinking;

/// <summary>Calls that lie too deep go, but those of rare functions and the longest of each row. Not an option of its own: <c>shrink</c> chooses it.</summary>
internal sealed class DeepCalls(int depth, ShrinkStatistics spared) : Filter(
    string.Create(CultureInfo.InvariantCulture, $"calls deeper than {depth}"), null)
{
    internal override EventParts Parts => EventParts.Times | EventParts.Names;

    internal override bool LooksAtDepth => true;

    internal override bool DropsBegin(in SliceRow slice, OpenCalls on, int place) => on.Depth(place) >= depth && !spared.Spares(slice);
}

/// <summary>Calls that are too short go, but those of rare functions and the longest of each row. <c>shrink</c> chooses it.</summary>
internal sealed class ShortCalls(long ns, ShrinkStatistics spared) : Filter(
    string.Create(CultureInfo.InvariantCulture, $"calls shorter than {ns}ns"), null)
{
    internal override Decision Decides => Decision.AtEnd;

    internal override EventParts Parts => EventParts.Times | EventParts.Names;

    internal override bool DropsEnded(EndedCall call) => call.DurationNs < ns && !spared.Spares(call.Slice);
}
