using System.Buffers.Text;
using VizTrace.Recorder.Interop;

namespace VizTrace.Recorder.Threads;

/// <summary>What /proc/…/stat says of a process or thread that is of use here.</summary>
internal static class ProcessStat
{
    private const int StartField = 22;

    /// <summary>
    /// Reads a stat file: <paramref name="start"/> in clock ticks since boot, and the name (comm) as part of <paramref name="buffer"/>
    /// (at least 512 bytes). <paramref name="path"/> ends with a NUL and is relative to <paramref name="directory"/>. False when the thread is gone.
    /// </summary>
    public static bool TryRead(int directory, scoped ReadOnlySpan<byte> path, Span<byte> buffer, out ulong start, out ReadOnlySpan<byte> comm)
    {
        start = 0;
        comm = default;
        int fd = Libc.OpenAt(directory, ref System.Runtime.InteropServices.MemoryMarshal.GetReference(path), Libc.ReadOnly | Libc.CloseOnExec, 0);
        if (fd < 0)
            return false;
        nint length = Libc.Read(fd, ref buffer[0], (nuint)buffer.Length);
        Libc.Close(fd);
        return length > 0 && TryParse(buffer[..(int)length], out start, out comm);
    }

    /// <summary>Start of process <paramref name="pid"/>; false when there is none.</summary>
    public static bool TryReadStart(int pid, out ulong start)
    {
        Span<byte> buffer = stackalloc byte[1024];
        byte[] path = System.Text.Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{pid}/stat\0"));
        return TryRead(-1, path, buffer, out start, out _);
    }

    /// <summary>The name stands in brackets and may itself hold brackets and blanks; the fields after the last bracket are numbered from 3.</summary>
    private static bool TryParse(ReadOnlySpan<byte> text, out ulong start, out ReadOnlySpan<byte> comm)
    {
        start = 0;
        comm = default;
        int open = text.IndexOf((byte)'(');
        int close = text.LastIndexOf((byte)')');
        if (open < 0 || close < open)
            return false;
        comm = text[(open + 1)..close];
        ReadOnlySpan<byte> rest = text[Math.Min(text.Length, close + 2)..];
        for (int field = 3; field < StartField; field++)
        {
            int blank = rest.IndexOf((byte)' ');
            if (blank < 0)
                return false;
            rest = rest[(blank + 1)..];
        }

        return Utf8Parser.TryParse(rest, out start, out _);
    }
}
