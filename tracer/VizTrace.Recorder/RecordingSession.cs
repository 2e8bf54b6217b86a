using System.Text;
using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Recorder;

/// <summary>The capture directory on our side: made owner-only, with the settings that the profiler reads.</summary>
internal static class RecordingSession
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int FewestChunks = 16;

    /// <summary>
    /// Makes the directory and writes the settings; a directory that is there must be empty, and keeps its mode. Throws
    /// <see cref="ErrorId.BadOutput"/>, <see cref="ErrorId.NoPermission"/> or <see cref="ErrorId.DiskFull"/>, and leaves nothing behind then.
    /// </summary>
    public static CaptureSettings Prepare(RecordingOptions options, bool throughSdk)
    {
        CaptureSettings settings = Settings(options, throughSdk);
        string directory = options.CaptureDirectory;
        string? firstMade = CaptureDirectory.FirstMissing(directory);
        try
        {
            if (firstMade is null && Directory.EnumerateFileSystemEntries(directory).Any())
                throw new TraceException(ErrorId.BadOutput, $"{directory}: is there already, and not empty");
            if (firstMade is not null)
                Directory.CreateDirectory(directory, OwnerOnly);
            Write(Path.Combine(directory, CaptureLayout.SettingsFile), settings);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            Undo(directory, firstMade);
            throw e switch
            {
                UnauthorizedAccessException => new TraceException(ErrorId.NoPermission, $"{directory}: no permission to make the capture directory", e),
                _ when (e.HResult & 0xFFFF) is Interop.Libc.ErrorNoSpace or Interop.Libc.ErrorQuota => new TraceException(ErrorId.DiskFull, $"{directory}: the disk is full", e),
                _ => new TraceException(ErrorId.BadOutput, $"{directory}: the capture directory cannot be made: {e.Message}", e),
            };
        }

        return settings;
    }

    private static void Write(string path, CaptureSettings settings)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using var file = new FileStream(path, options);
        try
        {
            file.Write(Encoding.UTF8.GetBytes(settings.Format()));
        }
        catch (IOException)
        {
            // Here and not in Undo: a file that could not be made new is another recording's.
            File.Delete(path);
            throw;
        }
    }

    private static void Undo(string directory, string? firstMade)
    {
        try
        {
            if (firstMade is not null && Directory.Exists(firstMade))
                CaptureDirectory.DeleteMade(DeepestMade(directory), firstMade);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Why it could not be made is what the user has to hear.
        }
    }

    /// <summary>The disk may have filled up between a parent and its child.</summary>
    private static string DeepestMade(string directory)
    {
        while (!Directory.Exists(directory))
            directory = Path.GetDirectoryName(directory)!;
        return directory;
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

    /// <summary>What the profiler says of the processes that it was to record and could not, a sentence without a full stop each.</summary>
    public static List<string> WhyNotStarted(string directory)
    {
        var reasons = new List<string>();
        try
        {
            foreach (string process in Directory.EnumerateDirectories(directory, CaptureLayout.ProcessDirectoryPrefix + "*"))
            {
                if (FirstEntry(Path.Combine(process, CaptureLayout.JournalFile), out string text) == JournalKind.NotStarted && !reasons.Contains(text))
                    reasons.Add(text);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            reasons.Add($"what the profiler said of it cannot be read: {e.Message}");
        }

        return reasons;
    }

    private static bool BeginsAsRecorded(string journal) => FirstEntry(journal, out _) == JournalKind.Process;

    /// <summary>Kind of a journal's first entry, 0 when there is none, and its text when it is one that holds nothing else.</summary>
    private static JournalKind FirstEntry(string journal, out string text)
    {
        text = "";
        if (!File.Exists(journal))
            return 0;
        using FileStream file = File.OpenRead(journal);
        byte[] first = new byte[64 * 1024];
        int length = file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        if (!Entry.TryRead(first.AsSpan(0, length), out uint kind, out ReadOnlySpan<byte> payload, out _))
            return 0;
        if (kind is (uint)JournalKind.NotStarted or (uint)JournalKind.PassedThrough)
            text = new EntryReader(payload).Text();
        return (JournalKind)kind;
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
        settings.IgnoreFunction.AddRange(options.IgnoreFunction);
        settings.IgnoreThread.AddRange(options.IgnoreThread);
        settings.OnlyThread.AddRange(options.OnlyThread);
        settings.MinDurationNs = options.MinDurationNs;
        settings.MinDurationTicks = Interop.TickClock.TicksIn(settings.MinDurationNs);
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
