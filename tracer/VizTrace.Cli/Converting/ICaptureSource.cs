using VizTrace.Model;

namespace VizTrace.Cli.Converting;

/// <summary>Reads capture directories; the seam behind which tests put calls made by hand.</summary>
internal interface ICaptureSource
{
    /// <summary>Whether the directory looks like a capture.</summary>
    bool IsCapture(string directory);

    /// <summary>Reads all of it into <paramref name="sink"/>.</summary>
    TraceSummary Read(string directory, ITraceSink sink, Action<double>? progress);
}
