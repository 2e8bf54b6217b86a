namespace VizTrace.Cli.Running;

/// <summary>What the user asked of <c>viztrace run</c>; paths as written.</summary>
internal sealed record RunOptions
{
    /// <summary>Program and arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary><see cref="Command"/> byte for byte; null when that is not to be had.</summary>
    public IReadOnlyList<byte[]>? CommandBytes { get; init; }

    /// <summary>Trace to write; null: the program's name.</summary>
    public string? Output { get; init; }

    /// <summary>Patterns of methods to record.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Patterns of methods that get no slices of their own.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Patterns of methods that are not recorded, nor anything below them.</summary>
    public IReadOnlyList<string> IgnoreFunction { get; init; } = [];

    /// <summary>Patterns of threads that leave nothing.</summary>
    public IReadOnlyList<string> IgnoreThread { get; init; } = [];

    /// <summary>Patterns of threads that alone are recorded.</summary>
    public IReadOnlyList<string> OnlyThread { get; init; } = [];

    /// <summary>What a call must last to be recorded, ns; 0: all are.</summary>
    public long MinDurationNs { get; init; }

    /// <summary>Depth of calls to record; 0: all.</summary>
    public int MaxDepth { get; init; }

    /// <summary>Whether the capture stays when the trace is complete.</summary>
    public bool KeepCapture { get; init; }

    /// <summary>Where to record; null: beside the output.</summary>
    public string? CaptureDirectory { get; init; }

    /// <summary>Size at which recording stops.</summary>
    public long MaxCaptureBytes { get; init; } = 8L << 30;

    /// <summary>Whether packets of a .pftrace are compressed.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>Say nothing but errors.</summary>
    public bool Quiet { get; init; }

    /// <summary>Say more.</summary>
    public bool Verbose { get; init; }
}
