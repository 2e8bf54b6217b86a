namespace VizTrace.Profiler.Interop;

/// <summary>
/// Functions of libc called as if they were managed: without any transition of our own runtime. For threads that it does not know: those in
/// the portable probe, which are outside (see there), and those that end, which it has let go already. A managed function of integers and
/// pointers has the native convention on every platform we build for.
/// </summary>
/// <remarks>
/// No initialiser here: it would make every use test for a static constructor. Our compiler takes bit 1 of a function pointer for a mark of
/// its own and dereferences it; glibc aligns its functions to 16, and <see cref="Find"/> makes sure.
/// </remarks>
internal static unsafe class DirectLibc
{
    private static delegate*<int, void*, nuint, nint> s_write;
    private static delegate*<int, void*, nint, nint, nint, int> s_prctl;
    private static delegate*<uint, void*> s_getSpecific;
    private static delegate*<uint, void*, int> s_setSpecific;
    private static delegate*<int, Libc.TimeSpec*, int> s_clockGetTime;
    private static delegate*<nint, nint, void*, nint> s_systemCall;

    /// <summary>Looks the functions up, once, before any is called. False: this libc lacks one, or has it at an address that cannot be used.</summary>
    public static bool Find()
    {
        s_write = (delegate*<int, void*, nuint, nint>)Libc.Symbol("write\0"u8);
        s_prctl = (delegate*<int, void*, nint, nint, nint, int>)Libc.Symbol("prctl\0"u8);
        s_getSpecific = (delegate*<uint, void*>)Libc.Symbol("pthread_getspecific\0"u8);
        s_setSpecific = (delegate*<uint, void*, int>)Libc.Symbol("pthread_setspecific\0"u8);
        s_clockGetTime = (delegate*<int, Libc.TimeSpec*, int>)Libc.Symbol("clock_gettime\0"u8);
        s_systemCall = (delegate*<nint, nint, void*, nint>)Libc.Symbol("syscall\0"u8);
        return IsUsable(s_write) && IsUsable(s_prctl) && IsUsable(s_getSpecific) && IsUsable(s_setSpecific) && IsUsable(s_clockGetTime)
            && IsUsable(s_systemCall);
    }

    /// <summary>write(2).</summary>
    public static nint Write(int fd, void* bytes, nuint length) => s_write(fd, bytes, length);

    /// <summary>The current thread's name (comm), 16 bytes with its NUL.</summary>
    public static void ThreadName(byte* name) => _ = s_prctl(Libc.PR_GET_NAME, name, 0, 0, 0);

    /// <summary>pthread_getspecific.</summary>
    public static void* GetSpecific(uint key) => s_getSpecific(key);

    /// <summary>pthread_setspecific; of a key that has a value on this thread it cannot fail.</summary>
    public static void SetSpecific(uint key, void* value) => _ = s_setSpecific(key, value);

    /// <summary>CLOCK_MONOTONIC, ns.</summary>
    public static ulong MonotonicNs()
    {
        Libc.TimeSpec now;
        _ = s_clockGetTime(Libc.CLOCK_MONOTONIC, &now);
        return ((ulong)now.Seconds * 1_000_000_000UL) + (ulong)now.Nanoseconds;
    }

    /// <summary>Device and inode behind a descriptor; false when it is closed. By number: glibc has fstat as a function only since 2.33.</summary>
    public static bool TryIdentify(int fd, out ulong device, out ulong inode)
    {
        const int StatOfX64 = 5, StatBytes = 144;
        byte* stat = stackalloc byte[StatBytes];
        bool open = s_systemCall(StatOfX64, fd, stat) == 0;
        device = open ? *(ulong*)stat : 0;
        inode = open ? *(ulong*)(stat + 8) : 0;
        return open;
    }

    private static bool IsUsable(void* function) => function != null && ((nuint)function & 2) == 0;
}
