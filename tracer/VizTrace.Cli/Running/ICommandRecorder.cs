using VizTrace.Recorder;

namespace VizTrace.Cli.Running;

/// <summary>Starts and records a program; the seam behind which tests put one that only pretends.</summary>
internal interface ICommandRecorder
{
    /// <summary>Runs the command to its end; <paramref name="log"/> gets lines for people.</summary>
    RecordingResult Run(RecordingOptions options, TextWriter log);
}
