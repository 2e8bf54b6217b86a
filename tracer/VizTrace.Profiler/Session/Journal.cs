using VizTrace.Profiler.Interop;
using VizTrace.Profiler.Probe;
using VizTrace.Records;

namespace VizTrace.Profiler.Session;

/// <summary>
/// The append-only journal file. One entry is one write(2) with O_APPEND: entries of several threads never mix, and what was written
/// outlives a kill. Thread-safe; takes no lock of ours.
/// </summary>
internal static unsafe class Journal
{
    /// <summary>Room for one entry on a caller's stack.</summary>
    public const int EntryRoom = 8192;

    /// <summary>
    /// Above the standard streams, which the program may have been started without, and the few that a runtime opens first; below 64, from
    /// where on the kernel enlarges the table of a process with threads, which takes it 10 ms and more (synchronize_rcu in expand_fdtable).
    /// </summary>
    private const int HighDescriptor = 48;

    private static int s_fd;
    private static ulong s_device, s_inode;

    /// <summary>The descriptor; 0 before <see cref="Open"/>.</summary>
    public static int Descriptor => s_fd;

    /// <summary>Takes over the opened file, under a number out of the way of the program's own where there is one.</summary>
    public static void Open(int fd)
    {
        int high = Libc.fcntl(fd, Libc.F_DUPFD_CLOEXEC, HighDescriptor);
        if (high >= 0)
        {
            _ = Libc.close(fd);
            fd = high;
        }

        _ = DirectLibc.TryIdentify(fd, out s_device, out s_inode);
        s_fd = fd;
    }

    /// <summary>Closes it: nothing is recorded in this process.</summary>
    public static void Close()
    {
        _ = Libc.close(s_fd);
        s_fd = 0;
    }

    /// <summary>Appends a finished entry. A failure (disk full) is counted and, since later records could not be named, stops the recording.</summary>
    public static void Append(ReadOnlySpan<byte> entry)
    {
        if (s_fd == 0)
            return;

        // A program that closes all descriptors it does not know (a daemon) and opens a file of its own must not find our entries in it.
        bool ours = DirectLibc.TryIdentify(s_fd, out ulong device, out ulong inode) && device == s_device && inode == s_inode;
        fixed (byte* bytes = entry)
        {
            if (ours && DirectLibc.Write(s_fd, bytes, (nuint)entry.Length) == entry.Length)
                return;
        }

        if (!ChunkPool.IsMapped)
            return;
        Interlocked.Increment(ref ChunkPool.Header->JournalFailures);
        ChunkPool.Stop(ours ? StopReason.DiskFull : StopReason.WriteFailed);
    }

    /// <summary>A failure of our own code in a callback: told in the trace, never in the program.</summary>
    public static void Fault(string where, Exception fault)
    {
        Span<byte> room = stackalloc byte[EntryRoom];
        var entry = new EntryWriter(room, (uint)JournalKind.Fault);
        entry.U64(ProbeClock.Now());
        entry.Text(where);
        entry.Text(fault.GetType().Name + ": " + fault.Message);
        Append(entry.Finish());
    }
}
