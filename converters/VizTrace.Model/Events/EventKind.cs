namespace VizTrace.Model.Events;

/// <summary>What an event of a trace is, whatever the format.</summary>
public enum EventKind : byte
{
    /// <summary>Something that no filter looks into: it goes where its track goes.</summary>
    Other,

    /// <summary>A slice begins on its track.</summary>
    Begin,

    /// <summary>The innermost open slice of its track ends.</summary>
    End,

    /// <summary>A whole slice: begin and duration in one event (Chrome's <c>X</c>).</summary>
    Complete,

    /// <summary>Something without a duration.</summary>
    Instant,

    /// <summary>A counter's value.</summary>
    Counter,

    /// <summary>A flow starts at a slice (Chrome's <c>s</c>). Perfetto's flows are no events but hang on them: <see cref="TraceEvent.Flows"/>.</summary>
    FlowBegin,

    /// <summary>A flow goes through a slice (<c>t</c>).</summary>
    FlowStep,

    /// <summary>A flow ends at a slice (<c>f</c>).</summary>
    FlowEnd,

    /// <summary>A stack sample: <see cref="TraceEvent.Stack"/>.</summary>
    Sample,

    /// <summary>Who is on a processor: rows of the kernel's scheduler. Its track is the thread that it is about.</summary>
    Scheduling,
}
