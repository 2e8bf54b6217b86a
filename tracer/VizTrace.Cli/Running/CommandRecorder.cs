using VizTrace.Recorder;

namespace VizTrace.Cli.Running;

/// <summary>The real recorder. With <paramref name="releasesStreams"/> the program's standard input and output are no longer ours once it runs.</summary>
internal sealed class CommandRecorder(bool releasesStreams) : ICommandRecorder
{
    /// <inheritdoc />
    public RecordingResult Run(RecordingOptions options, TextWriter log) =>
        VizTrace.Recorder.Recorder.Run(options with { ReleasesStreams = releasesStreams }, log);
}
