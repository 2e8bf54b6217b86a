using VizTrace.Model.Events;

namespace VizTrace.Perfetto.Events;

/// <summary>What part of a packet an event is.</summary>
internal enum PlaceKind : byte
{
    /// <summary>The packet's only event: its whole data field.</summary>
    Main,

    /// <summary>An extra counter value of a track event.</summary>
    Extra,

    /// <summary>An extra counter value with a fraction.</summary>
    ExtraDouble,

    /// <summary>One of the samples of a streaming profile.</summary>
    Sample,

    /// <summary>An event of an ftrace bundle; of a switch: the thread that leaves.</summary>
    Ftrace,

    /// <summary>The thread that comes in a switch of an ftrace bundle.</summary>
    FtraceNext,

    /// <summary>A switch of a bundle's compact form.</summary>
    CompactSwitch,

    /// <summary>A waking of a bundle's compact form.</summary>
    CompactWaking,

    /// <summary>An instant by which our traces tell of a thread or process: it goes when its row does, and only then.</summary>
    About,
}

/// <summary>Where in its packet an event stands.</summary>
/// <param name="Kind">What part it is.</param>
/// <param name="Index">Which of them: a number, or where the event's tag begins in the bundle.</param>
/// <param name="OtherTrack">Another row that the event names: who wakes the thread up; -1: none.</param>
internal readonly record struct EventPlace(PlaceKind Kind, int Index, int OtherTrack = -1);

/// <summary>Takes decoded events.</summary>
internal interface IPlacedSink
{
    /// <summary>Takes one; nothing of it is valid after the call.</summary>
    void Event(scoped in TraceEvent e, EventPlace place);
}
