using System.Runtime.InteropServices;

namespace VizTrace.Cli;

/// <summary>Descriptors 0, 1 and 2 as the system calls see them. Names are those of the manual pages. Thread-safe.</summary>
internal static partial class StandardDescriptors
{
    public const int Output = 1;
    public const int Error = 2;

    // Of errno.h.
    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int NoSpace = 28;
    public const int NoReader = 32;

    private const int ReadWrite = 2;
    private const int CloseOnExec = 0x80000;
    private const short Writable = 4;
    private const nuint GetWindowSize = 0x5413;

    /// <summary>
    /// Puts /dev/null where we were started without a descriptor (<c>2&gt;&amp;-</c>): the next file that is opened would get its number, and
    /// what is meant for people would be written into it. The recorded program is started without, as we were.
    /// </summary>
    public static void Occupy()
    {
        int opened;
        do
            opened = Open("/dev/null", ReadWrite | CloseOnExec, 0);
        while (opened is >= 0 and <= Error);
        if (opened > Error)
            _ = Close(opened);
    }

    /// <summary>Whether it is a terminal, and one that is still there.</summary>
    public static bool IsTerminal(int descriptor) => IsATerminal(descriptor) == 1;

    /// <summary>Columns and rows of a terminal; 0, 0 when it does not say.</summary>
    public static (int Columns, int Rows) Size(int descriptor)
    {
        // struct winsize: rows, columns, and their pixels.
        Span<ushort> size = stackalloc ushort[4];
        return Control(descriptor, GetWindowSize, ref size[0]) == 0 ? (size[1], size[0]) : (0, 0);
    }

    /// <summary>Waits until a descriptor that someone has set non-blocking takes more.</summary>
    public static void WaitUntilWritable(int descriptor)
    {
        var polled = new PollFd { Descriptor = descriptor, Events = Writable };
        _ = Poll(ref polled, 1, -1);
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, ref byte buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "isatty", SetLastError = true)]
    private static partial int IsATerminal(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, ref ushort size);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollFd polled, nuint count, int milliseconds);

    private struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
