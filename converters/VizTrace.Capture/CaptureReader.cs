using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>
/// Reads a capture directory, finished or left by a killed program or a dead recorder. Stateless: calls may run at the same time.
/// </summary>
public static class CaptureReader
{
    /// <summary>Whether <paramref name="directory"/> looks like a capture: it has settings, or the directory of a recorded process.</summary>
    public static bool IsCapture(string directory) => File.Exists(Path.Combine(directory, CaptureLayout.SettingsFile))
        || (Directory.Exists(directory) && Directory.EnumerateDirectories(directory).Any(d => ProcessDirectory.TryParse(d, out _)));

    /// <summary>
    /// Feeds the capture at <paramref name="captureDirectory"/> to <paramref name="sink"/>, from Start to Finish, and returns what Finish was
    /// given. Memory does not grow with the number of calls. Damaged pieces are dropped and counted. Exceptions of the sink pass through.
    /// </summary>
    /// <param name="captureDirectory">The directory that holds the settings file.</param>
    /// <param name="sink">Takes the trace.</param>
    /// <param name="progress">Told from 0 to 1 how much has been read, about a hundred times.</param>
    /// <exception cref="TraceException">
    /// <see cref="ErrorId.NotFound"/>: no such directory; <see cref="ErrorId.BadInput"/>: no capture, or damaged beyond use;
    /// <see cref="ErrorId.WrongVersion"/>; <see cref="ErrorId.NoPermission"/>. Nothing was told to the sink then.
    /// </exception>
    public static TraceSummary Read(string captureDirectory, ITraceSink sink, Action<double>? progress = null)
    {
        using var capture = CaptureIndex.Open(captureDirectory);
        return new CaptureFeed(capture, sink, progress).Run();
    }
}
