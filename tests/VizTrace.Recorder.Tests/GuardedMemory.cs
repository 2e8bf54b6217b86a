using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VizTrace.Tests;

/// <summary>
/// Memory whose last byte is followed by a page that nobody may touch: a read or write past the end, silent in an array, ends the process
/// there. Source that other test projects link.
/// </summary>
internal sealed unsafe class GuardedMemory<T> : IDisposable
    where T : unmanaged
{
    private const int NoAccess = 0, ReadWrite = 3, PrivateAnonymous = 0x22;

    private readonly byte* _start;
    private readonly nint _length;
    private readonly int _count;

    public GuardedMemory(int count)
    {
        _count = count;
        nint page = Environment.SystemPageSize;
        nint usable = (((nint)count * Unsafe.SizeOf<T>()) + page - 1) / page * page;
        _length = usable + page;
        nint start = GuardedPages.Map(0, _length, ReadWrite, PrivateAnonymous, -1, 0);
        if (start == -1 || GuardedPages.Protect(start + usable, page, NoAccess) != 0)
            throw new InvalidOperationException($"errno {Marshal.GetLastPInvokeError()}");
        _start = (byte*)start;
    }

    /// <summary>All of it; ends at the guard.</summary>
    public Span<T> Span => Last(_count);

    /// <summary>The last <paramref name="count"/> of it, ending at the guard.</summary>
    public Span<T> Last(int count) => new(_start + _length - Environment.SystemPageSize - ((nint)count * Unsafe.SizeOf<T>()), count);

    /// <summary>A copy of <paramref name="items"/> that ends at the guard.</summary>
    public Span<T> Copy(ReadOnlySpan<T> items)
    {
        items.CopyTo(Last(items.Length));
        return Last(items.Length);
    }

    public void Dispose() => _ = GuardedPages.Unmap((nint)_start, _length);
}

/// <summary>The system's calls; not in a generic type, which cannot have them.</summary>
internal static partial class GuardedPages
{
    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    public static partial int Protect(nint address, nint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    public static partial int Unmap(nint address, nint length);
}
