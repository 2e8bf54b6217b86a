using System.Globalization;
using System.Text;
using VizTrace.Profiler.Interop;
using VizTrace.Profiler.Probe;
using VizTrace.Records;

namespace VizTrace.Profiler.Session;

/// <summary>
/// Where the pool lies. In memory (/dev/shm) if there is room, with a symbolic link in the process's directory: a fresh page costs a thread
/// there 25 to 30 ns a call, on a disk's file system 90 to 100 (block reservation and journal at each page's first write). Else in the
/// directory itself. Either way it outlives the process.
/// </summary>
internal static unsafe class PoolFile
{
    private const string Memory = "/dev/shm/";

    /// <summary>Makes and maps the pool of the process whose directory is <paramref name="directory"/>.</summary>
    public static bool Create(string directory, CaptureSettings settings)
    {
        string link = Path.Combine(directory, CaptureLayout.PoolFile);
        if (!settings.PoolOnDisk)
        {
            string inMemory = string.Create(CultureInfo.InvariantCulture,
                $"{Memory}viztrace-{Path.GetFileName(directory)}-{ProbeClock.Now():x}.pool");
            int fd = OpenNew(inMemory, Libc.O_RDWR);
            if (fd >= 0)
            {
                bool made = ChunkPool.Create(fd, settings.InitialChunks, settings.MaxChunks) && Link(inMemory, link);
                _ = Libc.close(fd);
                if (made)
                {
                    WriteOwner(link);
                    return true;
                }

                File.Delete(inMemory);
            }
        }

        int onDisk = OpenNew(link, Libc.O_RDWR);
        if (onDisk < 0)
            return false;
        bool mapped = ChunkPool.Create(onDisk, settings.InitialChunks, settings.MaxChunks);
        _ = Libc.close(onDisk);
        return mapped;
    }

    /// <summary>Takes the pool away again: nothing will be recorded.</summary>
    public static void Delete(string directory)
    {
        var link = new FileInfo(Path.Combine(directory, CaptureLayout.PoolFile));
        if (link.LinkTarget is string target)
            File.Delete(target);
        link.Delete();
    }

    /// <summary>Creates a file that must not exist, for its owner alone; negative when it cannot be.</summary>
    public static int OpenNew(string path, int flags)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(path + '\0'))
            return Libc.open(bytes, flags | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC, 0x180 /* 0600 */);
    }

    /// <summary>See <see cref="PoolLayout.OwnerOffset"/>; a path too long for it stays out, and the pool is never taken for an orphan.</summary>
    private static void WriteOwner(string link)
    {
        string? space = File.ResolveLinkTarget("/proc/self/ns/mnt", returnFinalTarget: false)?.Name;
        byte[] text = Encoding.UTF8.GetBytes($"{space}\n{Path.GetFullPath(link)}");
        if (space != null && text.Length < PoolLayout.OwnerRoom)
            text.CopyTo(new Span<byte>((byte*)ChunkPool.Header + PoolLayout.OwnerOffset, PoolLayout.OwnerRoom));
    }

    private static bool Link(string target, string link)
    {
        fixed (byte* to = Encoding.UTF8.GetBytes(target + '\0'))
        fixed (byte* at = Encoding.UTF8.GetBytes(link + '\0'))
            return Libc.symlink(to, at) == 0;
    }
}
