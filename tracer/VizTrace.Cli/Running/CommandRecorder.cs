using VizTrace.Recorder;

namespace VizTrace.Cli.Running;

/// <summary>The real recorder.</summary>
internal sealed class CommandRecorder : ICommandRecorder
{
    /// <inheritdoc />
    public RecordingResult Run(RecordingOptions options, TextWriter log, CancellationToken stop) =>
        VizTrace.Recorder.Recorder.Run(options, log, stop);
}
