using System.Text;
using VizTrace.Filters.Applying;
using VizTrace.Model.Events;
using VizTrace.Records;

namespace VizTrace.Filters;

/// <summary>
/// <c>--drop-args [G]</c>: outermost arguments of slices and instants whose name matches the glob go; without a glob all. The marks of
/// filters (<c>clipped</c>, <c>repeats</c>, <c>total_ns</c>) stay.
/// </summary>
public sealed class DropArguments(string? glob) : Filter("--drop-args", glob)
{
    private readonly OutermostNames _names = new();

    internal override Decision Decides => Decision.ByRow;

    internal override EventParts Parts => EventParts.Times | EventParts.Arguments;

    internal override bool Drops => false;

    internal override bool ChangesArguments => true;

    internal override int Bits => 1;

    /// <summary>Whether it looks at the arguments of such an event.</summary>
    internal static bool Concerns(EventKind kind) => kind is EventKind.Begin or EventKind.End or EventKind.Complete or EventKind.Instant;

    /// <summary>Whether an argument of this name goes.</summary>
    internal bool DropsArgument(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("clipped"u8) || name.SequenceEqual("repeats"u8) || name.SequenceEqual("total_ns"u8))
            return false;
        if (Value is null)
            return true;
        Span<char> text = name.Length <= 256 ? stackalloc char[256] : new char[name.Length];
        return NamePattern.Glob(Value, text[..Encoding.UTF8.GetChars(name, text)], ignoreCase: false);
    }

    internal override uint Note(scoped in TraceEvent e) => Concerns(e.Kind) && _names.Any(e, DropsArgument) ? 1u : 0;
}

/// <summary><c>--drop-flows</c>: all flows go.</summary>
public sealed class DropFlows() : Filter("--drop-flows", null)
{
    internal override Decision Decides => Decision.ByRow;

    internal override EventParts Parts => EventParts.Times | EventParts.Flows;

    internal override bool Drops => false;
}
