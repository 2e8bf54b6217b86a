using VizTrace.Filters.Deciding;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters;

/// <summary>
/// One filter of a chain, as an option asked for it. A filter belongs to one chain, which belongs to one thread at a time; it may be used
/// for one trace after another.
/// </summary>
public abstract class Filter
{
    private protected Filter(string option, string? value)
    {
        Option = option;
        Value = value;
    }

    /// <summary>The option that asks for it: <c>--drop-thread</c>.</summary>
    public string Option { get; }

    /// <summary>The option's value; null: it has none.</summary>
    public string? Value { get; }

    /// <summary>When it knows what becomes of a slice.</summary>
    internal virtual Decision Decides => Decision.AtBegin;

    /// <summary>What it looks at in events.</summary>
    internal virtual EventParts Parts => EventParts.Times;

    /// <summary>Whether it needs to know all rows before the reading.</summary>
    internal virtual bool NeedsRows => false;

    /// <summary>Whether it can take a slice or another event away, and so change what a later filter sees.</summary>
    internal virtual bool Drops => true;

    /// <summary>Whether it adds or takes arguments.</summary>
    internal virtual bool ChangesArguments => false;

    /// <summary>Whether it looks at how deep a slice lies.</summary>
    internal virtual bool LooksAtDepth => false;

    /// <summary>Whether it looks at arguments.</summary>
    internal bool LooksAtArguments => (Parts & EventParts.Arguments) != 0;

    /// <summary>Whether it needs to know where the trace starts, or something in it, before its reading.</summary>
    internal virtual bool NeedsAnchor => false;

    /// <summary>How many bits it keeps of each event's arguments.</summary>
    internal virtual int Bits => 0;

    /// <summary>First of its bits in <see cref="SliceRow.Extra"/>; its stage says.</summary>
    internal int FirstBit { get; set; }

    /// <summary>Rows whose events it drops, by id; null: it does not decide by row.</summary>
    internal bool[]? DroppedRows { get; private protected set; }

    /// <summary>Called before each reading: <paramref name="input"/> is what earlier stages leave.</summary>
    internal virtual void Prepare(ITraceSource input)
    {
    }

    /// <summary>The <see cref="Bits"/> of an event's arguments.</summary>
    internal virtual uint Note(scoped in TraceEvent e) => 0;

    /// <summary>Whether a slice that reaches it goes, known when it begins. <paramref name="place"/> is its own in the stage.</summary>
    internal virtual bool DropsBegin(in SliceRow slice, OpenCalls on, int place) => false;

    /// <summary>Whether a slice that reaches it goes, known when it ends; may change what it is given.</summary>
    internal virtual bool DropsEnded(EndedCall call) => false;

    /// <summary>Whether anything but a slice that reaches it goes.</summary>
    internal virtual bool DropsOther(in SliceRow row, OpenCalls on, int place) => false;

    /// <summary>Option and value as on a command line.</summary>
    public override string ToString() =>
        Value is null ? Option : Value.Length > 0 && Value.All(c => char.IsAsciiLetterOrDigit(c) || "._-:/@+=,~%µμ".Contains(c, StringComparison.Ordinal))
            ? $"{Option} {Value}"
            : $"{Option} '{Value.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}

/// <summary>When a filter knows what becomes of a slice.</summary>
internal enum Decision : byte
{
    /// <summary>From its row alone.</summary>
    ByRow,

    /// <summary>When it begins, from it and what encloses it.</summary>
    AtBegin,

    /// <summary>When it has ended, from it alone (and its depth).</summary>
    AtEnd,

    /// <summary>When what follows it has ended: needs a reading of its own.</summary>
    Later,
}
