using System.Globalization;
using System.Runtime.InteropServices;
using VizTrace.Recorder.Pool;
using VizTrace.Records;

namespace VizTrace.Recorder;

/// <summary>
/// What becomes of a capture directory after the recording. The pools usually lie in memory (/dev/shm) behind a symbolic link and must go
/// with it, or come into it.
/// </summary>
public static class CaptureDirectory
{
    private const string PoolName = CaptureLayout.PoolFile;
    private const string Memory = "/dev/shm";
    private const string PoolPrefix = "viztrace-";
    private const string CopyEnding = ".copy";

    /// <summary>All that lies in a process's directory; the last is a copy that was broken off.</summary>
    private static readonly string[] s_processFiles =
    [
        PoolName, CaptureLayout.JournalFile, CaptureLayout.BlocksFile, CaptureLayout.LedgerFile, PoolName + CopyEnding,
    ];

    /// <summary>
    /// Which directory of <paramref name="directory"/>'s full path has to be made first; null when it is there already. To be asked before
    /// the recording, for <see cref="Delete"/>.
    /// </summary>
    public static string? FirstMissing(string directory)
    {
        string? missing = null;
        for (string? at = Path.TrimEndingDirectorySeparator(directory); at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            missing = at;
        return missing;
    }

    /// <summary>
    /// Deletes a capture and its pools, and nothing else: not what the user or the program has put beside or into it. Directories go from
    /// <paramref name="directory"/> up to <paramref name="firstMade"/> (see <see cref="FirstMissing"/>), as far as they are empty then; null:
    /// the directory was there before and stays. A program that still runs and records keeps its mapping. Throws <see cref="IOException"/>
    /// or <see cref="UnauthorizedAccessException"/>.
    /// </summary>
    public static void Delete(string directory, string? firstMade)
    {
        if (!Directory.Exists(directory))
            return;
        foreach (string link in PoolLinks(directory))
            File.Delete(TargetOf(link)!);
        foreach (string process in ProcessDirectories(directory))
        {
            foreach (string name in s_processFiles)
                File.Delete(Path.Combine(process, name));
            DeleteEmpty(process);
        }

        File.Delete(Path.Combine(directory, CaptureLayout.SettingsFile));
        DeleteMade(directory, firstMade);
    }

    /// <summary>The directories that were made for a capture, as far as they are empty.</summary>
    internal static void DeleteMade(string directory, string? firstMade)
    {
        if (firstMade is null)
            return;
        for (string? at = Path.TrimEndingDirectorySeparator(directory); at is not null && DeleteEmpty(at) && at != firstMade; at = Path.GetDirectoryName(at))
        {
        }
    }

    /// <summary>Whether a part of the capture lies in memory, and is lost when the machine restarts.</summary>
    public static bool IsPartlyInMemory(string directory) => PoolLinks(directory).Any();

    /// <summary>
    /// Makes a capture stand on its own, so that it can be kept, copied or sent: pools come out of memory into the directory, the chunks that
    /// hold something. For a recording that has ended. What cannot be copied stays where it is; throws <see cref="IOException"/> or
    /// <see cref="UnauthorizedAccessException"/> then.
    /// </summary>
    public static void Settle(string directory)
    {
        foreach (string link in PoolLinks(directory))
        {
            string target = TargetOf(link)!;
            string copy = link + CopyEnding;
            try
            {
                CopyUsed(target, copy);
                File.Move(copy, link, overwrite: true);
            }
            finally
            {
                File.Delete(copy);
            }

            File.Delete(target);
        }
    }

    /// <summary>
    /// Deletes pools that nobody can reach any more: of dead processes, whose capture was deleted by other means (<c>rm -r</c>). They would hold
    /// memory until the machine is restarted. Pools of another user or another mount namespace are left alone, and those last written within
    /// 7 days: their capture may have been moved.
    /// </summary>
    public static void DeleteOrphans()
    {
        string? space = File.ResolveLinkTarget("/proc/self/ns/mnt", returnFinalTarget: false)?.Name;
        if (space is null || !Directory.Exists(Memory))
            return;
        long nowSeconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        foreach (string pool in Directory.EnumerateFileSystemEntries(Memory, PoolPrefix + "*"))
        {
            try
            {
                if (OrphanedPools.IsOrphan(pool, space, nowSeconds))
                    File.Delete(pool);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's, or another recording was faster.
                continue;
            }
        }
    }

    /// <summary>Those of the profiler's making: <c>p[pid]-[start]</c>, and no link to somewhere else.</summary>
    private static List<string> ProcessDirectories(string directory) =>
        [.. Directory.EnumerateDirectories(directory, CaptureLayout.ProcessDirectoryPrefix + "*")
            .Where(static d => TryParse(d, out _, out _) && new DirectoryInfo(d).LinkTarget is null)];

    private static bool TryParse(string processDirectory, out int pid, out ulong start)
    {
        pid = 0;
        start = 0;
        string name = Path.GetFileName(processDirectory);
        string[] parts = name.StartsWith(CaptureLayout.ProcessDirectoryPrefix, StringComparison.Ordinal) ? name[CaptureLayout.ProcessDirectoryPrefix.Length..].Split('-') : [];
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out pid)
            && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out start);
    }

    private static bool DeleteEmpty(string directory)
    {
        if (Directory.EnumerateFileSystemEntries(directory).Any())
            return false;
        Directory.Delete(directory);
        return true;
    }

    private static IEnumerable<string> PoolLinks(string directory)
    {
        foreach (string process in ProcessDirectories(directory))
        {
            string link = Path.Combine(process, PoolName);
            if (TargetOf(link) is { } target && File.Exists(target))
                yield return link;
        }
    }

    /// <summary>Where a pool link leads, if it is one of the profiler's making; null for anything else.</summary>
    private static string? TargetOf(string link)
    {
        string? target = new FileInfo(link).LinkTarget;
        return target is not null && Path.GetDirectoryName(target) == Memory
            && Path.GetFileName(target).StartsWith(PoolPrefix, StringComparison.Ordinal) ? target : null;
    }

    /// <summary>Chunks that hold nothing stay holes.</summary>
    private static void CopyUsed(string from, string to)
    {
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using var copy = new FileStream(to, options);
        try
        {
            copy.SetLength(source.Length);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new IOException("the file system or a limit does not allow so large a file", e);
        }

        byte[] chunk = new byte[PoolLayout.ChunkBytes];
        for (long offset = 0; offset < source.Length; offset += chunk.Length)
        {
            source.Position = offset;
            int read = source.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false);
            bool used = offset == 0 || (read >= PoolLayout.ChunkHeaderBytes && MemoryMarshal.Read<ChunkHeader>(chunk).Slot != 0);
            if (!used)
                continue;
            copy.Position = offset;
            copy.Write(chunk, 0, read);
        }
    }
}
