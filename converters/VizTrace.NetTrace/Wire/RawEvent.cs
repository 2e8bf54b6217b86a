using VizTrace.NetTrace.Payloads;

namespace VizTrace.NetTrace.Wire;

/// <summary>An event between its block and its translation.</summary>
internal struct RawEvent
{
    public EventType Type;
    public long Ticks;
    public int Track;
    public uint Stack;
    public Guid Activity;
    public int Bytes;

    /// <summary>Where its payload lies in the sorter's buffer.</summary>
    public int Start;
    public int Length;
}

/// <summary>Takes events in order of time.</summary>
internal interface IRawEvents
{
    /// <summary>Takes one.</summary>
    void Take(in RawEvent raw, ReadOnlySpan<byte> payload);
}
