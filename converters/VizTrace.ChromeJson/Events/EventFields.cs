namespace VizTrace.ChromeJson.Events;

/// <summary>The keys of an event that mean something, all others being one.</summary>
internal enum EventKey
{
    Unknown,
    Phase,
    Name,
    Category,
    Pid,
    Tid,
    Time,
    Duration,
    Args,
    Id,
    Id2,
    Scope,
    InstantScope,
    BindId,
    FlowIn,
    FlowOut,
    BindingPoint,
    StackFrame,
    Stack,
    Weight,
    Count,
}

/// <summary>Place of a value in the window: a text's without its quotes.</summary>
internal readonly record struct Part(int Start, int Length)
{
    public int End => Start + Length;
}

/// <summary>
/// Where the values of one event stand. Used again for every event: what <see cref="Has"/> does not name is left over from an earlier one.
/// Of a key that stands twice the last counts.
/// </summary>
internal sealed class EventFields
{
    private readonly Part[] _parts = new Part[32];

    /// <summary>Bits of the keys (1 shl <see cref="EventKey"/>) that it has.</summary>
    public uint Seen { get; set; }

    /// <summary>Bits of those whose value is a text.</summary>
    public uint Texts { get; set; }

    /// <summary>Bits of the texts with a backslash.</summary>
    public uint Escaped { get; set; }

    /// <summary>Place of each value.</summary>
    public Part[] Parts => _parts;

    public Part this[EventKey key] => _parts[(int)key];

    public bool Has(EventKey key) => (Seen & (1u << (int)key)) != 0;

    public bool IsText(EventKey key) => (Texts & (1u << (int)key)) != 0;

    public bool IsEscaped(EventKey key) => (Escaped & (1u << (int)key)) != 0;

    public void Clear() => Seen = Texts = Escaped = 0;
}
