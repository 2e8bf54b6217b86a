using System.Runtime.InteropServices;

namespace VizTrace.Profiler.Interop;

/// <summary>
/// The few libc calls we make, linked directly (DirectPInvoke). None of them takes a libc lock that a callback's caller may hold; what
/// blocks (write, madvise on first use of a chunk) is said at the caller. Constants are those of Linux, the same on x86-64 and arm64.
/// </summary>
internal static unsafe partial class Libc
{
    internal const int O_RDWR = 2, O_WRONLY = 1, O_CREAT = 0x40, O_EXCL = 0x80, O_APPEND = 0x400, O_CLOEXEC = 0x80000;
    internal const int PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4;
    internal const int MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_NORESERVE = 0x4000;
    internal const int CLOCK_MONOTONIC = 1;
    internal const int PR_GET_NAME = 16;
    internal const int RTLD_NOLOAD = 4, RTLD_LAZY = 1;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int RLIMIT_FSIZE = 1;

    /// <summary>Kernel 5.14 and later; older ones answer EINVAL, which costs us only speed.</summary>
    internal const int MADV_POPULATE_WRITE = 23;

    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct DlInfo
    {
        public byte* FileName;
        public void* Base;
        public byte* SymbolName;
        public void* Symbol;
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int open(byte* path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mkdir(byte* path, uint mode);

    [LibraryImport("libc")]
    internal static partial int symlink(byte* target, byte* path);

    [LibraryImport("libc")]
    internal static partial int close(int fd);

    [LibraryImport("libc")]
    internal static partial nint write(int fd, void* buffer, nuint bytes);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int posix_fallocate(int fd, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial void* mmap(void* address, nuint bytes, int protection, int flags, int fd, long offset);

    [LibraryImport("libc")]
    internal static partial int mprotect(void* address, nuint bytes, int protection);

    [LibraryImport("libc")]
    [SuppressGCTransition]
    internal static partial int madvise(void* address, nuint bytes, int advice);

    [LibraryImport("libc")]
    internal static partial int pthread_key_create(uint* key, void* destructor);

    [LibraryImport("libc")]
    [SuppressGCTransition]
    internal static partial int gettid();

    [LibraryImport("libc")]
    [SuppressGCTransition]
    internal static partial int getpid();

    [LibraryImport("libc")]
    internal static partial int sched_yield();

    [LibraryImport("libc")]
    internal static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport("libc")]
    internal static partial int unlink(byte* path);

    [LibraryImport("libc")]
    internal static partial int setenv(byte* name, byte* value, int overwrite);

    [LibraryImport("libc")]
    internal static partial int getrlimit(int resource, Limit* limit);

    [LibraryImport("libc")]
    [SuppressGCTransition]
    internal static partial int* __errno_location();

    /// <summary>What pthread_atfork is made of; with no library behind it, it is never taken back.</summary>
    [LibraryImport("libc")]
    internal static partial int __register_atfork(void* prepare, void* parent, void* child, void* library);

    /// <summary>Takes our own runtime's signal handler out again; <c>activation.c</c> beside this file.</summary>
    [LibraryImport("activation", EntryPoint = "viztrace_give_activation_back")]
    internal static partial void GiveActivationBack();

    [LibraryImport("libc")]
    internal static partial byte* getenv(byte* name);

    [LibraryImport("libc")]
    internal static partial int unsetenv(byte* name);

    [LibraryImport("libc")]
    internal static partial int dladdr(void* address, DlInfo* info);

    [LibraryImport("libc")]
    internal static partial void* dlopen(byte* path, int flags);

    [LibraryImport("libc")]
    internal static partial void* dlsym(void* handle, byte* name);

    /// <summary>Address of a function of libc; null when it has none of that name.</summary>
    internal static void* Symbol(ReadOnlySpan<byte> nameWithNul)
    {
        fixed (byte* name = nameWithNul)
            return dlsym(null, name);
    }

    /// <summary>The value of an environment variable as the process got it, or null. Does not go through any managed cache.</summary>
    internal static string? Environment(ReadOnlySpan<byte> nameWithNul)
    {
        fixed (byte* name = nameWithNul)
            return Marshal.PtrToStringUTF8((nint)getenv(name));
    }
}
