namespace VizTrace.Model.Events;

/// <summary>What becomes of an event.</summary>
public enum Verdict : byte
{
    /// <summary>It stays as it is, byte for byte where the format stays the same.</summary>
    Keep,

    /// <summary>It goes.</summary>
    Drop,

    /// <summary>It stays, changed as the <see cref="EventEdit"/> says.</summary>
    Change,
}

/// <summary>Decides over the events of a source while it is written anew. Asked in the order of the file. Not thread-safe.</summary>
public interface IEventJudge
{
    /// <summary>What it looks at in an event, so that a reader may leave the rest undone.</summary>
    EventParts Parts { get; }

    /// <summary>
    /// Whether it decides by rows alone: <see cref="KeepsEventsOf"/> says everything, and <see cref="Judge"/> need not be called.
    /// </summary>
    bool DecidesByTrack { get; }

    /// <summary>Whether the row itself (its descriptor, its name) stays: not when filters took everything from it.</summary>
    bool KeepsTrack(int track);

    /// <summary>Whether any event of the row may stay; false: none does, and it need not be looked at.</summary>
    bool KeepsEventsOf(int track);

    /// <summary>What becomes of <paramref name="e"/>; fills in <paramref name="edit"/> (cleared by the caller) for <see cref="Verdict.Change"/>.</summary>
    Verdict Judge(scoped in TraceEvent e, EventEdit edit);
}

/// <summary>How an event is changed. One object is used again for every event.</summary>
public sealed class EventEdit
{
    /// <summary>New time in ns; null: as it was.</summary>
    public long? TimeNs { get; set; }

    /// <summary>New duration in ns of a <see cref="EventKind.Complete"/>; null: as it was.</summary>
    public long? DurationNs { get; set; }

    /// <summary>New name; null: as it was.</summary>
    public string? Name { get; set; }

    /// <summary>Whether all its flows go.</summary>
    public bool DropsFlows { get; set; }

    /// <summary>Flows that go, when not all do: asked with a flow's id, true when it goes; null: none.</summary>
    public Func<ulong, bool>? DropsFlow { get; set; }

    /// <summary>Which arguments go: asked with the name of each outermost argument (UTF-8); null: none.</summary>
    public ArgumentChoice? DropsArgument { get; set; }

    /// <summary>Arguments that are added behind the others: values are <see cref="long"/>, <see cref="bool"/> or <see cref="string"/>.</summary>
    public List<KeyValuePair<string, object>> Added { get; } = [];

    /// <summary>Makes it an edit that changes nothing.</summary>
    public void Clear()
    {
        TimeNs = DurationNs = null;
        Name = null;
        DropsFlows = false;
        DropsFlow = null;
        DropsArgument = null;
        Added.Clear();
    }
}

/// <summary>A choice among arguments by name (UTF-8).</summary>
public delegate bool ArgumentChoice(ReadOnlySpan<byte> name);

/// <summary>A source that can write itself anew in its own format, copying what is not concerned byte for byte.</summary>
public interface ITraceRewriter
{
    /// <summary>
    /// Writes what <paramref name="judge"/> leaves of the trace to <paramref name="output"/> (not closed) and <paramref name="ledger"/> behind
    /// it. The source has been read once before. What kept events depend on stays: interned texts, defaults, clocks, differences of time.
    /// </summary>
    void Rewrite(Stream output, IEventJudge judge, Ledger ledger, RewriteOptions options, Action<double>? progress = null);
}

/// <summary>How a trace is written anew.</summary>
public sealed record RewriteOptions
{
    /// <summary>Whether the file is to be compressed: packets of Perfetto's protobuf, the whole of a JSON file (gzip). Null: as the input was.</summary>
    public bool? Compress { get; init; }
}
