using System.Runtime.InteropServices;

namespace VizTrace.Capture;

/// <summary>
/// Gathers readings of the tick counter beside CLOCK_MONOTONIC, in any order, from all processes of a capture (they share both clocks), and
/// makes the <see cref="ClockMap"/>. Not thread-safe.
/// </summary>
internal sealed class ClockPoints
{
    /// <summary>Uncertainty of a point that states none: what an undisturbed reading takes at most, 1 us at 2.5 GHz.</summary>
    public const uint UnstatedUncertainty = 2500;

    private const long ShortestWindowNs = 20_000_000;
    private const long LongestWindowNs = 1_000_000_000;
    private const int Windows = 64;

    /// <summary>Neighbours that disagree with the usual slope by more than 1 in this are damage: kernels steer by 1 in 2,000 at most.</summary>
    private const int WildestSlope = 50;

    private readonly List<Point> _points = [];
    private readonly List<(long Ns, long AheadNs)> _steps = [];
    private readonly HashSet<Point> _wild = [];

    /// <summary>Whether a map can be made that is more than a guess.</summary>
    public bool AreEnough { get; private set; } = true;

    /// <summary>
    /// Where the two clocks went on at the usual pace, but further apart than before: the last time before that, CLOCK_MONOTONIC ns, and the ns
    /// by which the counter was ahead after it (a machine that sleeps stops CLOCK_MONOTONIC alone).
    /// </summary>
    public IReadOnlyList<(long Ns, long AheadNs)> Steps => _steps;

    /// <summary>Adds a point; one without a time of either clock is passed over.</summary>
    public void Add(ulong ticks, ulong ns, uint uncertaintyTicks)
    {
        if (ticks != 0 && ns is not 0 and < long.MaxValue)
            _points.Add(new Point(ticks, (long)ns, uncertaintyTicks));
    }

    /// <summary>
    /// Lines through the surest point of each window (1/64 of the capture, within 20 ms to 1 s). The stated error is the larger of the
    /// uncertainty of those points and of what the others are off by beyond their own uncertainty; when the capture goes on to
    /// <paramref name="lastTicks"/>, beyond the last point (its recorder died), also of what the line may be off by there.
    /// </summary>
    public ClockMap ToMap(ulong lastTicks = 0)
    {
        if (_points.Count == 0)
        {
            AreEnough = false;
            return ClockMap.Identity;
        }

        _points.Sort((a, b) => a.Ticks.CompareTo(b.Ticks));
        List<Point> sure = WithoutUnsure(Surest(CollectionsMarshal.AsSpan(_points)));
        List<List<Point>> runs = Runs(sure, UsualSlope(sure));
        List<Point> knots = [.. runs.SelectMany(r => r)];
        _wild.UnionWith(sure);
        _wild.ExceptWith(knots);
        AreEnough = knots.Count > 1;
        // The pace beyond the first and last point is that of all runs together: steps between them are none of it.
        (ulong ns, ulong ticks) = AreEnough
            ? ((ulong)runs.Sum(r => r[^1].Ns - r[0].Ns), runs.Aggregate(0UL, (sum, r) => sum + r[^1].Ticks - r[0].Ticks))
            : (1, 1);
        for (int i = 1; i < runs.Count; i++)
        {
            Point before = runs[i - 1][^1], after = runs[i][0];
            _steps.Add((before.Ns, (long)((after.Ticks - before.Ticks) * ((double)ns / ticks)) - (after.Ns - before.Ns)));
        }

        ulong[] knotTicks = knots.ConvertAll(k => k.Ticks).ToArray();
        long[] knotNs = knots.ConvertAll(k => k.Ns).ToArray();
        var map = new ClockMap(knotTicks, knotNs, ns, ticks, 0);
        return new ClockMap(knotTicks, knotNs, ns, ticks, Error(map, knots, (double)ns / ticks, lastTicks));
    }

    private long Error(ClockMap map, List<Point> knots, double nsPerTick, ulong lastTicks)
    {
        double error = 0;
        foreach (Point knot in knots)
            error = Math.Max(error, knot.Uncertainty * nsPerTick);
        if (AreEnough)
        {
            foreach (Point point in _points.Where(p => !_wild.Contains(p)))
                error = Math.Max(error, Math.Abs(point.Ns - map.ToNs(point.Ticks)) - (point.Uncertainty * nsPerTick));
        }

        Point first = knots[0], last = knots[^1];
        if (AreEnough && lastTicks > last.Ticks)
        {
            // Both ends of the line may be off, in opposite directions.
            double slope = (first.Uncertainty + last.Uncertainty) / (double)(last.Ticks - first.Ticks);
            error = Math.Max(error, (last.Uncertainty + ((lastTicks - last.Ticks) * slope)) * nsPerTick);
        }

        return (long)Math.Round(error);
    }

    private static List<Point> Surest(ReadOnlySpan<Point> points)
    {
        long spanNs = points[^1].Ns - points[0].Ns;
        long window = Math.Max(1, Math.Min(Math.Clamp(spanNs / Windows, ShortestWindowNs, LongestWindowNs), spanNs / 2));
        var surest = new List<Point>();
        long current = long.MinValue;
        foreach (Point point in points)
        {
            long number = (point.Ns - points[0].Ns) / window;
            if (surest.Count == 0 || number != current)
                surest.Add(point);
            else if (point.Uncertainty < surest[^1].Uncertainty)
                surest[^1] = point;
            current = number;
        }

        return surest;
    }

    /// <summary>
    /// Leaves out points whose reading was interrupted: a straight line past them is nearer to the truth, as the clock's pace hardly changes.
    /// </summary>
    private static List<Point> WithoutUnsure(List<Point> points)
    {
        List<uint> uncertainties = points.ConvertAll(p => p.Uncertainty);
        uncertainties.Sort();
        long limit = (4L * uncertainties[(uncertainties.Count - 1) / 2]) + 100;
        List<Point> sure = points.FindAll(p => p.Uncertainty <= limit);
        return sure.Count >= 2 ? sure : points;
    }

    /// <summary>The pace at which most neighbours go on, ns a tick; 0 when none do.</summary>
    private static double UsualSlope(List<Point> points)
    {
        var slopes = new List<double>();
        for (int i = 1; i < points.Count; i++)
        {
            if (points[i].Ns > points[i - 1].Ns && points[i].Ticks > points[i - 1].Ticks)
                slopes.Add((points[i].Ns - points[i - 1].Ns) / (double)(points[i].Ticks - points[i - 1].Ticks));
        }

        slopes.Sort();
        return slopes.Count == 0 ? 0 : slopes[slopes.Count / 2];
    }

    /// <summary>
    /// The points in runs, one after the other, each of which goes on at the usual pace. A point that goes on from no other and to no other is
    /// damage and left out, and so is a run from which time would run backwards to a longer one. At least one point is kept.
    /// </summary>
    private static List<List<Point>> Runs(List<Point> points, double usual)
    {
        var runs = new List<List<Point>>();
        foreach (Point point in points)
        {
            if (runs.FindLast(r => GoesOn(r[^1], point, usual)) is { } run)
                run.Add(point);
            else
                runs.Add([point]);
        }

        var kept = new List<List<Point>>();
        foreach (List<Point> run in runs.OrderByDescending(r => r.Count))
        {
            if (kept.Count == 0 || (run.Count > 1 && kept.TrueForAll(k => IsBefore(run[^1], k[0]) || IsBefore(k[^1], run[0]))))
                kept.Add(run);
        }

        kept.Sort((a, b) => a[0].Ticks.CompareTo(b[0].Ticks));
        return kept;
    }

    private static bool IsBefore(Point a, Point b) => a.Ticks < b.Ticks && a.Ns < b.Ns;

    private static bool GoesOn(Point from, Point to, double usual)
    {
        double ticks = to.Ticks - from.Ticks, ns = to.Ns - from.Ns;
        // What both readings may be off by does not count against the pace.
        double slack = (from.Uncertainty + to.Uncertainty) * usual;
        return ticks > 0 && ns > 0 && Math.Abs(ns - (ticks * usual)) <= (ns / WildestSlope) + slack;
    }

    private readonly record struct Point(ulong Ticks, long Ns, uint Uncertainty);
}
