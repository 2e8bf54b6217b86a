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

    /// <summary>
    /// Deletes a capture and its pools. A program that still runs and records keeps its mapping. Throws <see cref="IOException"/> or
    /// <see cref="UnauthorizedAccessException"/>; nothing that is not a capture's is deleted outside the directory.
    /// </summary>
    public static void Delete(string directory)
    {
        foreach (string link in PoolLinks(directory))
            File.Delete(TargetOf(link)!);
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>
    /// Makes a capture stand on its own, so that it can be kept, copied or sent: pools come out of memory into the directory, the chunks that
    /// hold something. For a recording that has ended.
    /// </summary>
    public static void Settle(string directory)
    {
        foreach (string link in PoolLinks(directory))
        {
            string target = TargetOf(link)!;
            string copy = link + ".copy";
            CopyUsed(target, copy);
            File.Move(copy, link, overwrite: true);
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

    private static IEnumerable<string> PoolLinks(string directory)
    {
        foreach (string process in Directory.EnumerateDirectories(directory, CaptureLayout.ProcessDirectoryPrefix + "*"))
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
        copy.SetLength(source.Length);
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
