using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>Names of the args that stand for <see cref="EdgeFlags"/>, and the others that writer and reader share.</summary>
internal static class EdgeArgs
{
    /// <summary>Name of the instant event that stands for a loss.</summary>
    public const string LossName = "lost records";

    /// <summary>Name of the metadata event with a thread's identity.</summary>
    public const string ThreadEvent = "viztrace_thread";

    /// <summary>Flag and name, in the order of writing.</summary>
    public static readonly (EdgeFlags Flag, byte[] Name)[] All =
    [
        (EdgeFlags.Unfinished, "unfinished"u8.ToArray()),
        (EdgeFlags.StartLost, "start_lost"u8.ToArray()),
        (EdgeFlags.EndLost, "end_lost"u8.ToArray()),
        (EdgeFlags.Unwound, "unwound"u8.ToArray()),
    ];

    /// <summary>Member of the root with the CLOCK_MONOTONIC ns that every <c>ts</c> is since.</summary>
    public static ReadOnlySpan<byte> Start => "viztrace_start_ns"u8;

    /// <summary>Arg that says by how many ns an unfinished call was drawn too long.</summary>
    public static ReadOnlySpan<byte> Stretched => "stretched_ns"u8;

    /// <summary>Arg with <c>file:line</c>.</summary>
    public static ReadOnlySpan<byte> Source => "source"u8;
}
