using VizTrace.Filters.Deciding;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Calls;

/// <summary><c>--drop-category G</c>: every event of a category that matches goes, slices without what is below them; of several categories one suffices.</summary>
public sealed class DropCategory(string glob) : Filter("--drop-category", glob)
{
    private readonly NameChoice _categories = new(glob, anyOfList: true);

    internal override EventParts Parts => EventParts.Times | EventParts.Names;

    internal override void Prepare(ITraceSource input) => _categories.Prepare(input.Texts);

    internal override bool DropsBegin(in SliceRow slice, OpenCalls on, int place) => slice.Category != 0 && _categories.Matches(slice.Category);

    internal override bool DropsOther(in SliceRow row, OpenCalls on, int place) => row.Category != 0 && _categories.Matches(row.Category);
}
