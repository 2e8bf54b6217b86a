using System.Runtime.InteropServices;

namespace VizTrace.Recorder.Interop;

/// <summary>Signals, job control, and what they need. Numbers are those of x86-64.</summary>
internal static partial class Libc
{
    public const int SignalUser1 = 10;
    public const int SignalUser2 = 12;
    public const int SignalAlarm = 14;
    public const int SignalStackFault = 16;
    public const int SignalContinue = 18;
    public const int SignalTerminalStop = 20;
    public const int SignalCpuLimit = 24;
    public const int SignalFileSizeLimit = 25;
    public const int SignalVirtualAlarm = 26;
    public const int SignalProfile = 27;
    public const int SignalIo = 29;
    public const int SignalPower = 30;

    /// <summary>First after those that the C library keeps for itself.</summary>
    public const int SignalRealTime = 34;

    public const nint SignalIgnored = 1;
    public const int ActionWithInfo = 4;
    public const int ActionRestarts = 0x10000000;

    public const int GetDescriptorFlags = 1;
    public const int Executable = 1;
    public const int ErrorNotExecutable = 8;

    public const int WaitStopped = 2;
    public const int WaitContinued = 8;

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    public static partial int SetSignalAction(int signal, in SignalAction action, out SignalAction before);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    public static partial int GetSignalAction(int signal, nint none, out SignalAction now);

    /// <summary>To the calling thread: done when it returns.</summary>
    [LibraryImport("libc", EntryPoint = "raise", SetLastError = true)]
    public static partial int Raise(int signal);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(ref int ends, int flags);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    public static partial int Duplicate(int from, int to);

    /// <summary>fcntl(F_GETFD): 1 for a descriptor that closes on exec, 0 for one that does not, -1 for none.</summary>
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int DescriptorFlags(int fd, int command);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int Parent();

    [LibraryImport("libc", EntryPoint = "getpgid", SetLastError = true)]
    public static partial int ProcessGroupOf(int pid);

    [LibraryImport("libc", EntryPoint = "getsid", SetLastError = true)]
    public static partial int SessionOf(int pid);

    /// <summary>struct sigaction of glibc.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    internal struct SignalAction
    {
        [FieldOffset(0)]
        public nint Handler;

        /// <summary>The mask, 128 bytes, lies between.</summary>
        [FieldOffset(136)]
        public int Flags;
    }
}
