using VizTrace.Model;

namespace VizTrace.Cli.Running;

/// <summary>The real recorder.</summary>
internal sealed class CommandRecorder : ICommandRecorder
{
    /// <inheritdoc />
    public RecordingResult Run(RecordingOptions options, TextWriter log, CancellationToken stop) =>
        throw new TraceException(ErrorId.BrokenInstallation, "recording is not there yet");
}

internal sealed record RecordingOptions
{
    public required IReadOnlyList<string> Command { get; init; }
    public required string CaptureDirectory { get; init; }
    public IReadOnlyList<string> Include { get; init; } = [];
    public IReadOnlyList<string> Exclude { get; init; } = [];
    public int MaxDepth { get; init; }
    public long MaxCaptureBytes { get; init; }
    public required string ProfilerLibrary { get; init; }
}

internal sealed record RecordingResult
{
    public int ExitCode { get; init; }
    public int? Signal { get; init; }
    public bool AnyProcessRecorded { get; init; }
    public string? WhyNothingRecorded { get; init; }
    public long BytesWritten { get; init; }
}
