using System.Runtime.InteropServices;

namespace VizTrace.Recorder.Interop;

/// <summary>
/// The system calls that the base library has no exact counterpart of. Names and meanings are those of the manual pages; those that
/// set errno keep it for <see cref="Marshal.GetLastPInvokeError"/>. All are thread-safe.
/// </summary>
internal static partial class Libc
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int CreateFlag = 0x40;
    public const int Append = 0x400;
    public const int DirectoryFlag = 0x10000;
    public const int NonBlocking = 0x800;
    public const int NoFollow = 0x20000;
    public const int CloseOnExec = 0x80000;

    public const int WorkingDirectory = -100;
    public const int NoFollowState = 0x100;
    public const uint BasicState = 0x7FF;
    public const ushort FileTypeMask = 0xF000;
    public const ushort RegularFile = 0x8000;

    public const int ProtectionRead = 1;
    public const int ProtectionWrite = 2;
    public const int ProtectionExecute = 4;
    public const int MapShared = 1;
    public const int MapPrivate = 2;
    public const int MapAnonymous = 0x20;

    public const int AdvisePopulateWrite = 23;
    public const int KeepSize = 1;

    public const int ClockRealtime = 0;
    public const int ClockMonotonic = 1;
    public const int ClockBoottime = 7;

    public const int WaitNoHang = 1;

    public const int SignalHangUp = 1;
    public const int SignalInterrupt = 2;
    public const int SignalQuit = 3;
    public const int SignalPipe = 13;
    public const int SignalTerminate = 15;
    public const int SignalChild = 17;

    /// <summary>glibc's SIGCANCEL: ends a thread, and carries its timers.</summary>
    public const int SignalCancel = 32;

    /// <summary>glibc's SIGSETXID: has every thread change its user.</summary>
    public const int SignalSetId = 33;

    public const int SetLease = 1024;
    public const int SetLeaseSignal = 10;
    public const int WriteLease = 1;
    public const int NoLease = 2;
    public const int SignalUrgent = 23;

    public const int ErrorNoEntry = 2;
    public const int ErrorInterrupted = 4;
    public const int ErrorNoMemory = 12;
    public const int ErrorSystemFiles = 23;
    public const int ErrorOwnFiles = 24;
    public const int ErrorNoSpace = 28;
    public const int ErrorNotSupported = 95;
    public const int ErrorQuota = 122;

    /// <summary>Number of pidfd_open on every architecture; glibc has a wrapper only since 2.36.</summary>
    private const int PidFdOpenCall = 434;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int directory, ref byte path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, ref byte buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, ref byte buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint WriteAt(int fd, ref byte buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int fd, long offset, int origin);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Truncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(int fd, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FileState(int directory, string path, int flags, uint mask, out FileStateOfFile state);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "fstatvfs", SetLastError = true)]
    public static partial int FileSystem(int fd, out FileSystemState state);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    public static partial nint GetDirectoryEntries(int fd, ref byte buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    public static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    public static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    public static partial int GetTime(int clock, out TimeSpec time);

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    public static partial int Poll(ref PollFd fds, nuint count, in TimeSpec timeout, nint mask);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int pid, out int status, int options);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    public static partial nint Signal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    public static partial int ProcessGroup();

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    public static partial int SignalMask(int how, nint set, ref byte old);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int SpawnAttributesInit(ref byte attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static partial int SpawnAttributesDestroy(ref byte attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SpawnAttributesSetFlags(ref byte attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SpawnAttributesSetDefault(ref byte attributes, ref byte set);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SpawnAttributesSetMask(ref byte attributes, ref byte set);

    /// <summary>Returns the error number instead of setting errno.</summary>
    [LibraryImport("libc", EntryPoint = "posix_spawnp")]
    public static partial int Spawn(out int pid, nint file, nint actions, ref byte attributes, ref nint arguments, ref nint environment);

    /// <summary>A descriptor that becomes readable when the process ends; -1 when there is none or the kernel is older than 5.3.</summary>
    public static int OpenPidFd(int pid) => (int)SystemCall(PidFdOpenCall, pid, 0);

    /// <summary>Text for an error number.</summary>
    public static string ErrorText(int error) => Marshal.GetPInvokeErrorMessage(error);

    /// <summary>Reading of a clock, ns.</summary>
    public static ulong Nanoseconds(int clock)
    {
        GetTime(clock, out TimeSpec time);
        return ((ulong)time.Seconds * 1_000_000_000) + (ulong)time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long first, long second);

    /// <summary>struct timespec of the 64-bit architectures.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>struct statx, the same on every architecture, as far as it is of use.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct FileStateOfFile
    {
        [FieldOffset(20)] public uint Owner;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(112)] public long WrittenSeconds;
    }

    /// <summary>struct statvfs of the 64-bit architectures, as far as it is of use.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 112)]
    internal struct FileSystemState
    {
        [FieldOffset(8)] public ulong BlockBytes;
        [FieldOffset(32)] public ulong AvailableBlocks;
    }

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }
}
