using VizTrace.Model;

namespace VizTrace.Cli.Converting;

/// <summary>The real captures.</summary>
internal sealed class CaptureSource : ICaptureSource
{
    /// <inheritdoc />
    public bool IsCapture(string directory) => File.Exists(Path.Combine(directory, "settings"));

    /// <inheritdoc />
    public TraceSummary Read(string directory, ITraceSink sink, Action<double>? progress) =>
        throw new TraceException(ErrorId.BrokenInstallation, "captures are not there yet");
}
