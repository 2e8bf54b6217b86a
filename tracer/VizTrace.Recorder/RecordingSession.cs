using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Recorder;

/// <summary>The capture directory on our side: made owner-only, with the settings that the profiler reads.</summary>
internal static class RecordingSession
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int FewestChunks = 16;

    /// <summary>
    /// Makes the directory and writes the settings. Throws <see cref="ErrorId.BadOutput"/>, <see cref="ErrorId.NoPermission"/> or
    /// <see cref="ErrorId.DiskFull"/>.
    /// </summary>
    public static CaptureSettings Prepare(RecordingOptions options, bool throughSdk)
    {
        CaptureSettings settings = Settings(options, throughSdk);
        string directory = options.CaptureDirectory;
        try
        {
            if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
                throw new TraceException(ErrorId.BadOutput, $"{directory}: is there already, and not empty");
            Directory.CreateDirectory(directory, OwnerOnly);
            File.SetUnixFileMode(directory, OwnerOnly);
            var file = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using var writer = new StreamWriter(Path.Combine(directory, CaptureLayout.SettingsFile), file);
            writer.Write(settings.Format());
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TraceException(ErrorId.NoPermission, $"{directory}: no permission to make the capture directory", e);
        }
        catch (IOException e)
        {
            throw new TraceException(
                (e.HResult & 0xFFFF) == Interop.Libc.ErrorNoSpace ? ErrorId.DiskFull : ErrorId.BadOutput,
                $"{directory}: the capture directory cannot be made: {e.Message}",
                e);
        }

        return settings;
    }

    /// <summary>Takes the directory away again: the command could not be started.</summary>
    public static void Discard(string directory)
    {
        File.Delete(Path.Combine(directory, CaptureLayout.SettingsFile));
        Directory.Delete(directory);
    }

    /// <summary>
    /// A pool may take half of what the capture may, so that a small limit is not used up before the first call; and, since it lies in
    /// memory, an eighth of the memory that this machine or container has (0 when the runtime cannot tell).
    /// </summary>
    private static CaptureSettings Settings(RecordingOptions options, bool throughSdk)
    {
        var settings = new CaptureSettings { MaxDepth = options.MaxDepth, ThroughSdk = throughSdk };
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8;
        long affordable = Math.Min(options.MaxCaptureBytes / 2, memory > 0 ? memory : long.MaxValue) / PoolLayout.ChunkBytes;
        settings.MaxChunks = (int)Math.Clamp(affordable, FewestChunks, settings.MaxChunks);
        settings.InitialChunks = Math.Min(settings.InitialChunks, settings.MaxChunks);
        settings.Include.AddRange(options.Include);
        settings.Exclude.AddRange(options.Exclude);
        settings.Command.AddRange(options.Command);
        return settings;
    }
}
