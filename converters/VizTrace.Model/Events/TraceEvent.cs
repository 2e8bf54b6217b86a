namespace VizTrace.Model.Events;

/// <summary>
/// One event of a trace as its reader hands it out, in the order of the file. Everything in it is valid during the call that it was handed
/// to and no longer. Ids are those of the source's own tables.
/// </summary>
public ref struct TraceEvent
{
    /// <summary>Place among the events of the file, from 0, dense, the same each time that the file is read.</summary>
    public long Ordinal;

    /// <summary>What it is.</summary>
    public EventKind Kind;

    /// <summary>Chrome's letter, so that it can be written again as it was; 0 where the format has none.</summary>
    public byte Phase;

    /// <summary>Row it stands on (<see cref="TrackRow.Id"/>).</summary>
    public int Track;

    /// <summary>Time in ns on the trace's clock (what the viewer shows; CLOCK_MONOTONIC in our own traces).</summary>
    public long TimeNs;

    /// <summary>Duration in ns of a <see cref="EventKind.Complete"/>; negative: none is told, and the slice is open to the end.</summary>
    public long DurationNs;

    /// <summary>Name (id in <see cref="ITraceSource.Texts"/>); 0: none, as at most ends.</summary>
    public int Name;

    /// <summary>Category, several parted by commas (id in <see cref="ITraceSource.Texts"/>); 0: none.</summary>
    public int Category;

    /// <summary>Bytes of the file that are its own, uncompressed: what is saved when it is dropped.</summary>
    public int Bytes;

    /// <summary>Id of the flow of a <see cref="EventKind.FlowBegin"/>, <see cref="EventKind.FlowStep"/> or <see cref="EventKind.FlowEnd"/>, unique in the trace.</summary>
    public ulong FlowId;

    /// <summary>Whether a flow event belongs to the slice around it; else a flow's end belongs to the next slice that begins on the track.</summary>
    public bool BindsEnclosing;

    /// <summary>Flows that go through this event and go on, unique in the trace.</summary>
    public ReadOnlySpan<ulong> Flows;

    /// <summary>Flows that end at this event.</summary>
    public ReadOnlySpan<ulong> EndingFlows;

    /// <summary>Value of a <see cref="EventKind.Counter"/> that has one value; Chrome's, which have several, have them in their arguments, a row each.</summary>
    public double Value;

    /// <summary>Whether <see cref="Value"/> is a whole number, exact in <see cref="IntegerValue"/>.</summary>
    public bool IsInteger;

    /// <summary>See <see cref="IsInteger"/>.</summary>
    public long IntegerValue;

    /// <summary>Call stack, of a sample or of any event (id in <see cref="ITraceSource.Stacks"/>); 0: none.</summary>
    public int Stack;

    /// <summary>How many samples a <see cref="EventKind.Sample"/> stands for, or its weight in the sampler's unit; 1 where the format has none.</summary>
    public long Weight;

    /// <summary>Its arguments as the format has them; read with <see cref="Arguments"/>.</summary>
    public ReadOnlySpan<byte> RawArguments;

    /// <summary>Reads <see cref="RawArguments"/>; null: it has none.</summary>
    public IArgumentReader? Arguments;

    /// <summary>Hands the arguments to <paramref name="sink"/>, if there are any.</summary>
    public readonly void ReadArguments(IArgumentSink sink) => Arguments?.Read(RawArguments, sink);
}
