namespace VizTrace.Perfetto;

/// <summary>Perfetto's numbers of clocks.</summary>
internal static class ClockIds
{
    /// <summary>CLOCK_REALTIME.</summary>
    public const uint Realtime = 1;

    /// <summary>CLOCK_MONOTONIC: the clock of the model.</summary>
    public const uint Monotonic = 3;

    /// <summary>CLOCK_BOOTTIME: what time stamps mean when nothing else is said.</summary>
    public const uint Boottime = 6;

    /// <summary>First of the clocks that belong to one sequence; ours: each time stamp is the difference from the one before.</summary>
    public const uint Incremental = 64;

    /// <summary>Last of the clocks that belong to one sequence.</summary>
    public const uint LastOfSequence = 127;
}
