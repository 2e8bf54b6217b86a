using VizTrace.Filters.Deciding;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Calls;

/// <summary>A filter by the name of a slice.</summary>
public abstract class FunctionFilter : Filter
{
    private protected FunctionFilter(string option, string glob)
        : base(option, glob) => Names = new NameChoice(glob);

    private protected NameChoice Names { get; }

    internal override EventParts Parts => EventParts.Times | EventParts.Names;

    internal override void Prepare(ITraceSource input) => Names.Prepare(input.Texts);
}

/// <summary><c>--drop-function G</c>: slices whose name matches go, with the slices and instants below them. Counters and samples stay.</summary>
public sealed class DropFunction(string glob) : FunctionFilter("--drop-function", glob)
{
    internal override bool DropsBegin(in SliceRow slice, OpenCalls on, int place)
    {
        bool matches = Names.Matches(slice.Name);
        if (matches)
            on.Mark(place);
        return matches || on.Inside(place) > 0;
    }

    internal override bool DropsOther(in SliceRow row, OpenCalls on, int place) => row.Kind is EventKind.Instant or EventKind.End && on.Inside(place) > 0;
}

/// <summary><c>--hide-function G</c>: slices whose name matches go; what they call moves up.</summary>
public sealed class HideFunction(string glob) : FunctionFilter("--hide-function", glob)
{
    internal override bool DropsBegin(in SliceRow slice, OpenCalls on, int place) => Names.Matches(slice.Name);
}

/// <summary><c>--keep-function G</c>: slices go unless their name matches or they lie below one that does; instants outside go too.</summary>
public sealed class KeepFunction(string glob) : FunctionFilter("--keep-function", glob)
{
    internal override bool DropsBegin(in SliceRow slice, OpenCalls on, int place)
    {
        bool matches = Names.Matches(slice.Name);
        if (matches)
            on.Mark(place);
        return !matches && on.Inside(place) == 0;
    }

    internal override bool DropsOther(in SliceRow row, OpenCalls on, int place) => row.Kind is EventKind.Instant or EventKind.End && on.Inside(place) == 0;
}
