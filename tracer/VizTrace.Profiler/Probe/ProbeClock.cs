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

    /// <summary>Which clock it is.</summary>
    /// <remarks>No initialiser here or in any class of the hot path: it would make every use test for a static constructor.</remarks>
    public static ClockKind Kind { get; private set; }

    /// <summary>Chooses the clock; <paramref name="forced"/> is the value of VIZTRACE_CLOCK.</summary>
    public static void Choose(string? forced)
    {
        Kind = ClockKind.Monotonic;
        s_now = &DirectLibc.MonotonicNs;
        if (forced == "monotonic" || !TscIsInvariant())
            return;
        void* code = ExecutableCode.Write(ReadTscCode);
        if (code == null)
            return;
        s_now = (delegate*<ulong>)code;
        Kind = ClockKind.Tsc;
    }

    /// <summary>Ticks now, all 64 bits. Through managed function pointers alone: also for the portable probe (see there).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Now() => s_now();

    /// <summary>Ticks and CLOCK_MONOTONIC read together: ticks in the middle of two readings round the other clock's.</summary>
    public static ulong NowWithMonotonic(out ulong monotonicNs, out uint uncertaintyTicks)
    {
        ulong before = Now();
        monotonicNs = DirectLibc.MonotonicNs();
        if (Kind == ClockKind.Monotonic)
        {
            uncertaintyTicks = 0;
            return monotonicNs;
        }

        ulong half = (Now() - before) / 2;
        uncertaintyTicks = (uint)Math.Min(half, uint.MaxValue);
        return before + half;
    }

    /// <summary>CPUID 0x80000007, EDX bit 8: the counter runs at one rate through all power states (Intel SDM 18.17.1, AMD APM 15.3).</summary>
    private static bool TscIsInvariant()
    {
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax < 0x80000007)
            return false;
        return (X86Base.CpuId(unchecked((int)0x80000007), 0).Edx & (1 << 8)) != 0;
    }
}
