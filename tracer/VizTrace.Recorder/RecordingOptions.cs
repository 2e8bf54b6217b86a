namespace VizTrace.Recorder;

/// <summary>What to record and where to. Immutable.</summary>
public sealed record RecordingOptions
{
    /// <summary>Smallest <see cref="MaxCaptureBytes"/>: less would not hold the first chunks of a few threads.</summary>
    public const long LeastCaptureBytes = 4L << 20;

    /// <summary>Program (looked up in PATH) and its arguments; at least one.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>
    /// <see cref="Command"/> byte for byte as it came, without the NULs at the ends: arguments need not be UTF-8. Null: the strings' UTF-8.
    /// </summary>
    public IReadOnlyList<byte[]>? CommandBytes { get; init; }

    /// <summary>
    /// Whether standard input and output of this process become /dev/null once the command has them: while we hold the other end of its pipes,
    /// whoever is there cannot see that the command has closed its own. They stay so.
    /// </summary>
    public bool ReleasesStreams { get; init; }

    /// <summary>Directory to make for the capture; must not exist, or be empty.</summary>
    public required string CaptureDirectory { get; init; }

    /// <summary>Absolute path of <c>libVizTrace.Profiler.so</c>.</summary>
    public required string ProfilerLibrary { get; init; }

    /// <summary>Patterns of methods to record; none: everything that is not the framework.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Patterns of methods that get no slices of their own; they win.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Patterns of methods that are not recorded, nor anything below them; they win over both.</summary>
    public IReadOnlyList<string> IgnoreFunction { get; init; } = [];

    /// <summary>Threads that leave nothing in the trace: glob on the shown name, <c>managed:7</c>, <c>tid:1234</c>, <c>role:pool</c>.</summary>
    public IReadOnlyList<string> IgnoreThread { get; init; } = [];

    /// <summary>Threads that alone are in the trace; none: all.</summary>
    public IReadOnlyList<string> OnlyThread { get; init; } = [];

    /// <summary>Calls shorter than this leave no record, ns; 0: all do.</summary>
    public long MinDurationNs { get; init; }

    /// <summary>Calls deeper than this are not recorded; 0: no limit.</summary>
    public int MaxDepth { get; init; }

    /// <summary>
    /// Bytes that pools and blocks of all processes may take together; recording stops there and the program goes on. 8 GiB by default:
    /// some 1.7 billion calls. At least <see cref="LeastCaptureBytes"/>.
    /// </summary>
    public long MaxCaptureBytes { get; init; } = 8L << 30;
}
