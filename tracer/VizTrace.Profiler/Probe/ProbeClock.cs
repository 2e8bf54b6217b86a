using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using VizTrace.Profiler.Interop;
using VizTrace.Records;

namespace VizTrace.Profiler.Probe;

/// <summary>
/// The clock of all time stamps: rdtsc where the time-stamp counter is invariant, else CLOCK_MONOTONIC. Chosen once, before the first
/// record; reading it is thread-safe, takes no lock and allocates nothing.
/// </summary>
internal static unsafe class ProbeClock
{
    /// <summary>rdtsc; shl rdx, 32; or rax, rdx; ret. C# has no intrinsic for it.</summary>
    private static ReadOnlySpan<byte> ReadTscCode => [0x0F, 0x31, 0x48, 0xC1, 0xE2, 0x20, 0x48, 0x09, 0xD0, 0xC3];

    private static delegate*<ulong> s_now;
    private static delegate*<int, Libc.TimeSpec*, int> s_clockGetTime;

    /// <summary>Which clock it is.</summary>
    /// <remarks>No initialiser here or in any class of the hot path: it would make every use test for a static constructor.</remarks>
    public static ClockKind Kind { get; private set; }

    /// <summary>Chooses the clock; <paramref name="forced"/> is the value of VIZTRACE_CLOCK.</summary>
    public static void Choose(string? forced)
    {
        Kind = ClockKind.Monotonic;
        s_clockGetTime = (delegate*<int, Libc.TimeSpec*, int>)Libc.Symbol("clock_gettime\0"u8);
        s_now = &ReadMonotonic;
        if (forced == "monotonic" || !TscIsInvariant())
            return;
        void* code = ExecutableCode.Write(ReadTscCode);
        if (code == null)
            return;
        s_now = (delegate*<ulong>)code;
        Kind = ClockKind.Tsc;
    }

    /// <summary>Ticks now, all 64 bits.</summary>
    public static ulong Now() => NowWithoutTransition();

    /// <summary>The same for the portable probe (see there): through managed function pointers alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong NowWithoutTransition() => s_now();

    /// <summary>Ticks and CLOCK_MONOTONIC read together: ticks in the middle of two readings round the other clock's.</summary>
    public static ulong NowWithMonotonic(out ulong monotonicNs, out uint uncertaintyTicks)
    {
        ulong before = Now();
        monotonicNs = Libc.MonotonicNs();
        if (Kind == ClockKind.Monotonic)
        {
            uncertaintyTicks = 0;
            return monotonicNs;
        }

        ulong half = (Now() - before) / 2;
        uncertaintyTicks = (uint)Math.Min(half, uint.MaxValue);
        return before + half;
    }

    private static ulong ReadMonotonic()
    {
        Libc.TimeSpec now;
        _ = s_clockGetTime(Libc.CLOCK_MONOTONIC, &now);
        return ((ulong)now.Seconds * 1_000_000_000UL) + (ulong)now.Nanoseconds;
    }

    /// <summary>CPUID 0x80000007, EDX bit 8: the counter runs at one rate through all power states (Intel SDM 18.17.1, AMD APM 15.3).</summary>
    private static bool TscIsInvariant()
    {
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax < 0x80000007)
            return false;
        return (X86Base.CpuId(unchecked((int)0x80000007), 0).Edx & (1 << 8)) != 0;
    }
}
