namespace VizTrace.Capture;

/// <summary>
/// A straight stretch of a <see cref="ClockMap"/>: for ticks from <see cref="StartTicks"/> up to <see cref="Span"/> beyond,
/// ns = <see cref="StartNs"/> + ((ticks - <see cref="StartTicks"/>) * <see cref="Factor"/> >> 32), without overflow.
/// </summary>
internal readonly record struct ClockLine(ulong StartTicks, long StartNs, ulong Factor, ulong Span)
{
    /// <summary>CLOCK_MONOTONIC ns at <paramref name="ticks"/>, which must lie on this line.</summary>
    public long ToNs(ulong ticks) => StartNs + (long)(((ticks - StartTicks) * Factor) >> 32);
}

/// <summary>
/// From ticks to CLOCK_MONOTONIC ns: straight lines through calibration points, never falling; beyond the first and last point the overall
/// slope. The same tick is the same ns on every thread. Immutable, thread-safe.
/// </summary>
internal sealed class ClockMap
{
    /// <summary>Ticks on one line at most: the product of 32-bit ticks and a factor below 2^32 (1 ns a tick) stays within 63 bits.</summary>
    private const int LargestShift = 31;

    private readonly ulong[] _ticks;
    private readonly long[] _ns;
    private readonly Slope[] _slopes;
    private readonly Slope _overall;

    /// <summary>A map through points (at least one, strictly rising in both) with the given overall slope.</summary>
    public ClockMap(ulong[] ticks, long[] ns, ulong overallNs, ulong overallTicks, long errorNs)
    {
        _ticks = ticks;
        _ns = ns;
        ErrorNs = errorNs;
        _overall = new Slope(overallNs, overallTicks);
        _slopes = new Slope[ticks.Length];
        for (int i = 0; i + 1 < ticks.Length; i++)
            _slopes[i] = new Slope((ulong)(ns[i + 1] - ns[i]), ticks[i + 1] - ticks[i]);
        _slopes[^1] = _overall;
    }

    /// <summary>The map of a clock that counts ns already.</summary>
    public static ClockMap Identity { get; } = new([0], [0], 1, 1, 0);

    /// <summary>Largest error that was seen, ns.</summary>
    public long ErrorNs { get; }

    /// <summary>CLOCK_MONOTONIC ns at <paramref name="ticks"/>; for many use <see cref="LineAt"/>.</summary>
    public long ToNs(ulong ticks) => LineAt(ticks).ToNs(ticks);

    /// <summary>The line on which <paramref name="ticks"/> lies.</summary>
    public ClockLine LineAt(ulong ticks)
    {
        int at = Array.BinarySearch(_ticks, ticks);
        if (at < 0)
            at = ~at - 1;
        Slope slope = at < 0 ? _overall : _slopes[at];
        int point = Math.Max(at, 0);
        // Lines begin on a grid from the point on, so that every thread cuts at the same places.
        long cell = ((long)(ticks - _ticks[point]) >> slope.Shift) << slope.Shift;
        ulong span = 1UL << slope.Shift, start = _ticks[point] + (ulong)cell;
        if (at + 1 < _ticks.Length)
            span = Math.Min(span, _ticks[at + 1] - start);
        return new ClockLine(start, _ns[point] + slope.Floor(cell), slope.Factor, span);
    }

    /// <summary>Ns for a number of ticks, as a fraction and as the fixed-point factor that hot loops take.</summary>
    private readonly struct Slope
    {
        private readonly ulong _ns;
        private readonly ulong _ticks;

        public Slope(ulong ns, ulong ticks)
        {
            _ns = ns;
            _ticks = ticks;
            UInt128 factor = ((UInt128)ns << 32) / ticks;
            Factor = factor > ulong.MaxValue >> 1 ? ulong.MaxValue >> 1 : (ulong)factor;
            Shift = LargestShift;
            while (Shift > 0 && Factor >> (63 - Shift) != 0)
                Shift--;
        }

        public ulong Factor { get; }

        public int Shift { get; }

        /// <summary>ticks * slope, rounded down.</summary>
        public long Floor(long ticks)
        {
            Int128 product = (Int128)ticks * _ns;
            Int128 quotient = product / _ticks;
            return (long)(product < 0 && quotient * _ticks != product ? quotient - 1 : quotient);
        }
    }
}
