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

    private static int s_fd = -1;

    /// <summary>Takes over the opened file.</summary>
    public static void Open(int fd) => s_fd = fd;

    /// <summary>Appends a finished entry. A failure (disk full) is counted and, since later records could not be named, stops the recording.</summary>
    public static void Append(ReadOnlySpan<byte> entry)
    {
        if (s_fd < 0)
            return;
        fixed (byte* bytes = entry)
        {
            if (Libc.write(s_fd, bytes, (nuint)entry.Length) == entry.Length)
                return;
        }

        Interlocked.Increment(ref ChunkPool.Header->JournalFailures);
        ChunkPool.Stop(StopReason.DiskFull);
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
