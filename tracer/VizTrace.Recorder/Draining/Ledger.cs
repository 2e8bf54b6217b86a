using System.Runtime.InteropServices;
using VizTrace.Recorder.Interop;
using VizTrace.Records;

namespace VizTrace.Recorder.Draining;

/// <summary>
/// The ledger of one process: what the recorder saw, one write an entry. Space is set aside at the start, so that the entry that tells of a
/// full disk still fits. An entry that cannot be written is counted in <see cref="Failures"/>. Not thread-safe; allocates nothing per entry.
/// </summary>
internal sealed class Ledger : IDisposable
{
    private const int ReservedBytes = 64 * 1024;

    private readonly byte[] _entry = new byte[1024];
    private int _fd;
    private long _length;

    private Ledger(int fd)
    {
        _fd = fd;
        _length = Libc.Seek(fd, 0, 2);
    }

    /// <summary>Entries lost.</summary>
    public int Failures { get; private set; }

    /// <summary>Opens the ledger for appending; null and the error number when it cannot be made.</summary>
    public static Ledger? TryCreate(string path, out int error)
    {
        int fd = Libc.Open(path, Libc.ReadWrite | Libc.CreateFlag | Libc.Append | Libc.CloseOnExec, 0x180);
        error = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (fd < 0)
            return null;

        // Only a precaution: where it is not supported, or the disk is full already, entries are written as long as they can be.
        _ = Libc.Allocate(fd, Libc.KeepSize, 0, ReservedBytes);
        return new Ledger(fd);
    }

    /// <summary>A thread was seen for the first time, at <paramref name="ns"/>.</summary>
    public void ThreadSeen(long tid, ulong start, ulong ns, ReadOnlySpan<byte> comm) => Thread(JournalKind.OsThread, tid, start, ns, comm);

    /// <summary>A thread has another name.</summary>
    public void ThreadRenamed(long tid, ulong start, ulong ns, ReadOnlySpan<byte> comm) =>
        Thread(JournalKind.OsThreadRenamed, tid, start, ns, comm);

    /// <summary>A thread is gone.</summary>
    public void ThreadGone(long tid, ulong start, ulong ns)
    {
        var entry = new EntryWriter(_entry, (uint)JournalKind.OsThreadGone);
        entry.U64((ulong)tid);
        entry.U64(start);
        entry.U64(ns);
        Append(entry.Finish());
    }

    /// <summary>Reads the clocks and keeps what they say.</summary>
    public void Calibrate(ClockKind clock)
    {
        (ulong ticks, ulong monotonic, uint uncertainty) = TickClock.Calibrate(clock);
        var entry = new EntryWriter(_entry, (uint)JournalKind.Calibration);
        entry.U64(ticks);
        entry.U64(monotonic);
        entry.U32(uncertainty);
        entry.U64(Libc.Nanoseconds(Libc.ClockBoottime));
        entry.U64(Libc.Nanoseconds(Libc.ClockRealtime));
        Append(entry.Finish());
    }

    /// <summary>The process ended: with <paramref name="ending"/>, or in a way that we could not learn (null).</summary>
    public void Exit(ulong ns, ProcessEnding? ending)
    {
        var entry = new EntryWriter(_entry, (uint)JournalKind.Exit);
        entry.U64(ns);
        entry.U32(ending is not { } how ? 2u : how.BySignal ? 1u : 0u);
        entry.U32((uint)(ending?.Number ?? 0));
        Append(entry.Finish());
    }

    /// <summary>Recording stopped at <paramref name="ticks"/> while the program went on.</summary>
    public void Blind(StopReason reason, ulong ticks, string text)
    {
        var entry = new EntryWriter(_entry, (uint)JournalKind.Blind);
        entry.U32((uint)reason);
        entry.U64(ticks);
        entry.U64(Libc.Nanoseconds(Libc.ClockMonotonic));
        entry.Text(text);
        Append(entry.Finish());
    }

    /// <summary>
    /// Nobody drained between two rounds, each given by both clocks; what stood in chunks at the second was drained at
    /// <paramref name="doneTicks"/>.
    /// </summary>
    public void Away((ulong Ticks, ulong Ns) from, (ulong Ticks, ulong Ns) to, ulong doneTicks)
    {
        var entry = new EntryWriter(_entry, (uint)JournalKind.Away);
        entry.U64(from.Ticks);
        entry.U64(from.Ns);
        entry.U64(to.Ticks);
        entry.U64(to.Ns);
        entry.U64(doneTicks);
        Append(entry.Finish());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fd >= 0)
            Libc.Close(_fd);
        _fd = -1;
    }

    private void Thread(JournalKind kind, long tid, ulong start, ulong ns, ReadOnlySpan<byte> comm)
    {
        var entry = new EntryWriter(_entry, (uint)kind);
        entry.U64((ulong)tid);
        entry.U64(start);
        entry.U64(ns);
        entry.Utf8(comm);
        Append(entry.Finish());
    }

    private void Append(ReadOnlySpan<byte> entry)
    {
        if (Libc.Write(_fd, ref MemoryMarshal.GetReference(entry), (nuint)entry.Length) == entry.Length)
        {
            _length += entry.Length;
            return;
        }

        // A full disk takes a part: a torn entry in the middle would hide those that follow when there is room again.
        Failures++;
        _ = Libc.Truncate(_fd, _length);
    }
}

/// <summary>How a process ended: with an exit code, or by a signal.</summary>
internal readonly record struct ProcessEnding(bool BySignal, int Number)
{
    /// <summary>Reads a status of waitpid.</summary>
    public static ProcessEnding Of(int status) =>
        (status & 0x7F) != 0 ? new ProcessEnding(true, status & 0x7F) : new ProcessEnding(false, (status >> 8) & 0xFF);
}
