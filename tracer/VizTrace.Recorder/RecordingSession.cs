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
    /// Whether any process's directory holds a pool, or a journal that begins as a recorded process's does. What cannot be read counts: a
    /// capture must not be thrown away for it.
    /// </summary>
    public static bool HoldsRecords(string directory)
    {
        try
        {
            foreach (string process in Directory.EnumerateDirectories(directory, CaptureLayout.ProcessDirectoryPrefix + "*"))
            {
                // Of a link that leads nowhere any more it is still true that there was a pool.
                var pool = new FileInfo(Path.Combine(process, CaptureLayout.PoolFile));
                if (pool.Exists || pool.LinkTarget is not null || BeginsAsRecorded(Path.Combine(process, CaptureLayout.JournalFile)))
                    return true;
            }

            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static bool BeginsAsRecorded(string journal)
    {
        if (!File.Exists(journal))
            return false;
        using FileStream file = File.OpenRead(journal);
        byte[] first = new byte[64 * 1024];
        int length = file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        return Entry.TryRead(first.AsSpan(0, length), out uint kind, out _, out _) && kind == (uint)JournalKind.Process;
    }

    /// <summary>
    /// A pool may take half of what the capture may, so that a small limit is not used up before the first call; and, since it lies in
    /// memory, an eighth of the memory that this machine or container has (0 when the runtime cannot tell) and half of the free room there.
    /// The same holds for all pools of the recording together. Where that room is less than the first chunks, the pool lies on disk.
    /// </summary>
    private static CaptureSettings Settings(RecordingOptions options, bool throughSdk)
    {
        var settings = new CaptureSettings { MaxDepth = options.MaxDepth, ThroughSdk = throughSdk };
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8;
        long affordable = Math.Min(options.MaxCaptureBytes / 2, memory > 0 ? memory : long.MaxValue) / PoolLayout.ChunkBytes;
        long room = RoomInMemory() / 2 / PoolLayout.ChunkBytes;
        settings.PoolOnDisk = room < settings.InitialChunks;
        affordable = settings.PoolOnDisk ? affordable : Math.Min(affordable, room);
        settings.MaxChunks = (int)Math.Clamp(affordable, FewestChunks, settings.MaxChunks);
        settings.InitialChunks = Math.Min(settings.InitialChunks, settings.MaxChunks);
        settings.Include.AddRange(options.Include);
        settings.Exclude.AddRange(options.Exclude);
        settings.Command.AddRange(options.Command);
        return settings;
    }

    /// <summary>Free bytes in /dev/shm; without limit when it cannot be asked: the profiler finds out.</summary>
    private static long RoomInMemory()
    {
        try
        {
            return new DriveInfo("/dev/shm").AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return long.MaxValue;
        }
    }
}
