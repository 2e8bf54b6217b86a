using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fib;

/// <summary>The cost of two rdtsc and nothing else, from machine code in a page of our own (x86-64).</summary>
internal static unsafe partial class Rdtsc
{
    private const int ProtReadWrite = 3;
    private const int ProtReadExecute = 5;
    private const int MapPrivateAnonymous = 0x22;

    /// <summary>Nanoseconds of two rdtsc: best of nine loops of a million; NaN on another processor.</summary>
    public static double TwoNs()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return double.NaN;

        // rdtsc; rdtsc; dec rdi; jnz -9; ret. System V: the count is in rdi; rax and rdx are ours to spoil.
        ReadOnlySpan<byte> code = [0x0F, 0x31, 0x0F, 0x31, 0x48, 0xFF, 0xCF, 0x75, 0xF7, 0xC3];
        nint page = MemoryMap(0, 4096, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        if (page == -1)
            return double.NaN;
        code.CopyTo(new Span<byte>((void*)page, code.Length));
        if (MemoryProtect(page, 4096, ProtReadExecute) != 0)
            return double.NaN;

        const long Loops = 1_000_000;
        var loop = (delegate* unmanaged<long, void>)page;
        double bestNs = double.MaxValue;
        for (int round = 0; round < 9; round++)
        {
            long start = Stopwatch.GetTimestamp();
            loop(Loops);
            bestNs = Math.Min(bestNs, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Loops);
        }

        return bestNs;
    }

    /// <summary>CPU time of the calling thread, ns.</summary>
    public static double ThreadCpuNs()
    {
        const int ThreadCpuClock = 3;
        long* time = stackalloc long[2];
        return ClockGetTime(ThreadCpuClock, time) == 0 ? (time[0] * 1e9) + time[1] : double.NaN;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, long* time);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MemoryMap(nint address, nint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int MemoryProtect(nint address, nint length, int protection);
}
