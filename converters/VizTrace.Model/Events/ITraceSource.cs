namespace VizTrace.Model.Events;

/// <summary>
/// A trace of any format, read as often as is wanted. Ordinals and ids of rows, texts and stacks are the same each time. Memory does not
/// grow with the number of events, only with that of rows, texts and stacks. Belongs to one thread at a time.
/// </summary>
public interface ITraceSource
{
    /// <summary>The rows; complete after the first reading.</summary>
    TrackTable Tracks { get; }

    /// <summary>The texts.</summary>
    TextTable Texts { get; }

    /// <summary>The stacks.</summary>
    StackTable Stacks { get; }

    /// <summary>What the trace says of itself and what was found wrong; complete after the first reading.</summary>
    TraceFacts Facts { get; }

    /// <summary>
    /// Reads the trace from its beginning to its end. What is not needed may be left out of the events (their kind, row, time and ordinal
    /// are always there). Damage ends the reading or is skipped, and stands in <see cref="Facts"/>. <paramref name="progress"/> gets the
    /// part read, 0 to 1.
    /// </summary>
    /// <exception cref="TraceException"><see cref="ErrorId.BadInput"/>: no trace of this format at all.</exception>
    void Read(IEventSink sink, EventParts parts, Action<double>? progress = null);
}

/// <summary>What of the events a reading needs; less is faster.</summary>
[Flags]
public enum EventParts
{
    /// <summary>Rows and facts alone: no event is handed out.</summary>
    None = 0,

    /// <summary>Kind, row, ordinal, time, duration, size in bytes.</summary>
    Times = 1,

    /// <summary>Names and categories.</summary>
    Names = 2,

    /// <summary>Flows.</summary>
    Flows = 4,

    /// <summary>Arguments, and values of counters.</summary>
    Arguments = 8,

    /// <summary>Call stacks.</summary>
    Stacks = 16,

    /// <summary>All of it.</summary>
    All = Times | Names | Flows | Arguments | Stacks,
}

/// <summary>Takes events in the order of the file.</summary>
public interface IEventSink
{
    /// <summary>Takes one; nothing of it is valid after the call.</summary>
    void Event(scoped in TraceEvent e);
}

/// <summary>Writes the events of a source, or of what a filter leaves of them, as a file of another format. Not thread-safe.</summary>
public interface IEventWriter : IEventSink, IDisposable
{
    /// <summary>
    /// Begins the file. <paramref name="source"/> has been read once: rows are complete. Only rows that <paramref name="keepsTrack"/> accepts
    /// are told (null: all).
    /// </summary>
    void Begin(ITraceSource source, Func<int, bool>? keepsTrack);

    /// <summary>Ends the file: <paramref name="ledger"/> says what filters took away, the source's own ledgers included.</summary>
    void Finish(Ledger ledger);

    /// <summary>What the format could not carry, for people, with numbers: <c>12 object snapshots</c>.</summary>
    IReadOnlyList<string> LeftOut { get; }
}

/// <summary>What a trace says of itself, and what its reader has to say of it. Filled in while it is read.</summary>
public sealed class TraceFacts
{
    /// <summary>Name of the format, for people.</summary>
    public string Format { get; set; } = "";

    /// <summary>Program that wrote the trace; empty: not known.</summary>
    public string Producer { get; set; } = "";

    /// <summary>Keys and values of the trace's own metadata, in order.</summary>
    public List<KeyValuePair<string, string>> Metadata { get; } = [];

    /// <summary>Number of events, all kinds.</summary>
    public long Events { get; set; }

    /// <summary>Bytes of the file, uncompressed.</summary>
    public long Bytes { get; set; }

    /// <summary>Time of the earliest event, ns; <see cref="long.MaxValue"/>: no event has a time.</summary>
    public long FirstNs { get; set; } = long.MaxValue;

    /// <summary>Time of the latest event or end, ns; <see cref="long.MinValue"/>: none.</summary>
    public long LastNs { get; set; } = long.MinValue;

    /// <summary>Wall time (ns since 1970, UTC) at time 0 of the trace's clock; null: the trace does not say.</summary>
    public long? RealtimeOffsetNs { get; set; }

    /// <summary>Whether the times are CLOCK_MONOTONIC or BOOTTIME of a machine, and so comparable with another trace of it: its name, as
    /// <c>MONOTONIC</c>; null: not known.</summary>
    public string? ClockName { get; set; }

    /// <summary>Whether any event carries a flow.</summary>
    public bool HasFlows { get; set; }

    /// <summary>Whether the file ends in the middle of something: everything up to there was read.</summary>
    public bool IsTruncated { get; set; }

    /// <summary>Byte offset at which the file is cut or damage ended the reading; null: it was read to its end.</summary>
    public long? DamageOffset { get; set; }

    /// <summary>Lines for people: damage, with byte offsets, and what was not understood, with numbers.</summary>
    public List<string> Remarks { get; } = [];

    /// <summary>What filters took out of the trace before, oldest first.</summary>
    public List<Ledger> Ledgers { get; } = [];
}
