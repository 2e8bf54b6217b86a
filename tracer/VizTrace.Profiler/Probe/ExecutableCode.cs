using VizTrace.Profiler.Interop;

namespace VizTrace.Profiler.Probe;

/// <summary>Pages of machine code of our own. Written once, then made read-only and executable; never freed.</summary>
internal static unsafe class ExecutableCode
{
    /// <summary>Copies <paramref name="code"/> (at most a page) into a page of its own; null where the system forbids executable pages.</summary>
    public static void* Write(ReadOnlySpan<byte> code)
    {
        const int Page = 4096;
        void* page = Libc.mmap(null, Page, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if ((nint)page == -1)
            return null;
        code.CopyTo(new Span<byte>(page, Page));
        return Libc.mprotect(page, Page, Libc.PROT_READ | Libc.PROT_EXEC) == 0 ? page : null;
    }
}
