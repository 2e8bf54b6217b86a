using System.Runtime.Intrinsics.X86;
using VizTrace.Records;

namespace VizTrace.Recorder.Interop;

/// <summary>
/// Reads the clocks of a capture. C# has no way to say rdtsc, so ten bytes of machine code in a page of their own say it. The page lives
/// as long as the process. Thread-safe.
/// </summary>
internal static unsafe class TickClock
{
    private static delegate* unmanaged<ulong> s_timeStampCounter;

    /// <summary>Whether <see cref="ClockKind.Tsc"/> can be read here; set up by <see cref="Prepare"/>.</summary>
    public static bool HasTimeStampCounter => s_timeStampCounter != null;

    /// <summary>
    /// Makes the code page, once. Throws when the system forbids executable memory: then the profiler could not work either, and nothing
    /// has been started yet.
    /// </summary>
    public static void Prepare()
    {
        if (s_timeStampCounter != null || !X86Base.X64.IsSupported)
            return;

        // rdtsc; shl rdx, 32; or rax, rdx; ret
        ReadOnlySpan<byte> code = [0x0F, 0x31, 0x48, 0xC1, 0xE2, 0x20, 0x48, 0x09, 0xD0, 0xC3];
        s_timeStampCounter = (delegate* unmanaged<ulong>)CodePage.Make(code);
    }

    /// <summary>Ticks of <paramref name="clock"/> now.</summary>
    public static ulong Now(ClockKind clock) =>
        clock == ClockKind.Tsc && s_timeStampCounter != null ? s_timeStampCounter() : Libc.Nanoseconds(Libc.ClockMonotonic);

    /// <summary>
    /// Both clocks read together: the narrowest of several tries. The uncertainty is half the ticks between the readings round the
    /// monotonic one.
    /// </summary>
    public static (ulong Ticks, ulong MonotonicNs, uint Uncertainty) Calibrate(ClockKind clock)
    {
        (ulong Ticks, ulong MonotonicNs, uint Uncertainty) best = (0, 0, uint.MaxValue);
        for (int i = 0; i < 8; i++)
        {
            ulong before = Now(clock);
            ulong monotonic = Libc.Nanoseconds(Libc.ClockMonotonic);
            ulong half = (Now(clock) - before) / 2;
            if (half < best.Uncertainty)
                best = (before + half, monotonic, (uint)half);
        }

        return clock == ClockKind.Monotonic ? (best.MonotonicNs, best.MonotonicNs, 0) : best;
    }

    /// <summary>
    /// Ticks of the time-stamp counter that certainly last less than <paramref name="ns"/>: measured here and now over a few ms, which tells its
    /// rate to some 10^-5; a thousandth is taken off. 0 for 0, and where it cannot be read.
    /// </summary>
    public static long TicksIn(long ns)
    {
        if (ns <= 0 || !HasTimeStampCounter)
            return 0;
        (ulong ticks, ulong monotonicNs, _) = Calibrate(ClockKind.Tsc);
        Thread.Sleep(5);
        (ulong laterTicks, ulong laterNs, _) = Calibrate(ClockKind.Tsc);
        double rate = (double)(laterTicks - ticks) / (laterNs - monotonicNs);
        return (long)(ns * rate * 0.999);
    }
}
