using VizTrace.Filters.Deciding;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Where;

/// <summary>
/// <c>--where EXPR</c>: slices for which the expression does not hold go; what they call moves up, and events that are no slices stay. The
/// grammar is in FILTERS.md. An expression has a limited length and depth, and its regular expressions do not backtrack, so that it may come
/// from anywhere.
/// </summary>
public sealed class WhereFilter : Filter
{
    private readonly WhereParser _parsed;
    private readonly ArgumentTests _tests;
    private readonly WhereRow _row = new();

    /// <summary>Creates one.</summary>
    /// <exception cref="Model.TraceException"><see cref="Model.ErrorId.BadOption"/>: the expression is malformed; with the column.</exception>
    public WhereFilter(string expression)
        : base("--where", expression)
    {
        _parsed = new WhereParser(Option, expression);
        _tests = new ArgumentTests(_parsed.Arguments);
    }

    internal override Decision Decides => Uses(Field.Duration) ? Decision.AtEnd : Decision.AtBegin;

    internal override EventParts Parts =>
        EventParts.Times | (Uses(Field.Name) || Uses(Field.Category) ? EventParts.Names : 0) | (Uses(Field.Argument) ? EventParts.Arguments : 0);

    internal override bool NeedsRows => Uses(Field.Thread) || Uses(Field.Process) || Uses(Field.Tid) || Uses(Field.Pid);

    internal override bool NeedsAnchor => Uses(Field.Start);

    internal override bool LooksAtDepth => Uses(Field.Depth);

    internal override int Bits => _parsed.Arguments.Count;

    internal override void Prepare(ITraceSource input)
    {
        _row.Prepare(input, NeedsAnchor ? Anchor.StartOf(input) : 0);
        _parsed.Condition.Prepare();
    }

    internal override uint Note(scoped in TraceEvent e) => e.Kind is EventKind.Begin or EventKind.Complete ? _tests.Of(e) : 0;

    internal override bool DropsBegin(in SliceRow slice, OpenCalls on, int place)
    {
        _row.Set(slice, slice.TimeNs, 0, on.Depth(place) + 1, (uint)slice.Extra >> FirstBit);
        return !_parsed.Condition.Holds(_row);
    }

    internal override bool DropsEnded(EndedCall call)
    {
        _row.Set(call.Slice, call.BeginNs, call.DurationNs, call.Depth, (uint)call.Slice.Extra >> FirstBit);
        return !_parsed.Condition.Holds(_row);
    }

    private bool Uses(Field field) => (_parsed.Fields & field) != 0;
}
