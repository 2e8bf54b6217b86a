using VizTrace.Capture;
using VizTrace.Model;

namespace VizTrace.Cli.Converting;

/// <summary>The real captures.</summary>
internal sealed class CaptureSource : ICaptureSource
{
    /// <inheritdoc />
    public bool IsCapture(string directory) => CaptureReader.IsCapture(directory);

    /// <inheritdoc />
    public TraceSummary Read(string directory, ITraceSink sink, Action<double>? progress) =>
        CaptureReader.Read(directory, sink, progress);
}
