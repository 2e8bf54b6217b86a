using System.Globalization;
using VizTrace.Filters.Applying;
using VizTrace.Filters.Deciding;
using VizTrace.Filters.Repeats;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Shrinking;

/// <summary>
/// Chooses by itself what a trace can do without to become so small, least telling first: repeats are merged and then the shortest calls go (both up
/// to a thousandth of the time covered), then the deepest, then arguments, then longer calls. Each step is taken only when those before do not
/// suffice, and only as far as needed. All calls of functions with few of them and the longest calls of each row stay, so that every thread
/// stays visible. Sizes are those of the file's own events, uncompressed; after writing, <see cref="Tighten"/> corrects for what was really
/// written. Not thread-safe.
/// </summary>
public sealed class ShrinkPlan
{
    private const int MostTightenings = 8;

    private readonly ITraceSource _source;
    private readonly string _directory;
    private readonly long _asked;
    private readonly bool _countsBytes;
    private readonly long _target;
    private readonly int _tightened;

    private ShrinkPlan(ITraceSource source, string directory, long asked, bool countsBytes, long target, int tightened)
    {
        _source = source;
        _directory = directory;
        _asked = asked;
        _countsBytes = countsBytes;
        _target = target;
        _tightened = tightened;
    }

    /// <summary>What becomes of each event, with the table of what went in its ledger.</summary>
    public FilterPlan Filters { get; private set; } = null!;

    /// <summary>Bytes or events that are expected to be left.</summary>
    public long Expected { get; private set; }

    /// <summary>Whether that is as little as was aimed at; false: what may not go is larger.</summary>
    public bool IsReached => Expected <= _target;

    /// <summary>For <c>--max-size</c>: at most this many bytes.</summary>
    public static ShrinkPlan ToBytes(ITraceSource source, long maxBytes, string temporaryDirectory, Action<double>? progress = null) =>
        new ShrinkPlan(source, temporaryDirectory, maxBytes, countsBytes: true, maxBytes, 0).Decided(progress);

    /// <summary>For <c>--max-events</c>: at most this many events.</summary>
    public static ShrinkPlan ToEvents(ITraceSource source, long maxEvents, string temporaryDirectory, Action<double>? progress = null) =>
        new ShrinkPlan(source, temporaryDirectory, maxEvents, countsBytes: false, maxEvents, 0).Decided(progress);

    /// <summary>
    /// A plan for less, after the file that this one made has <paramref name="actualBytes"/>: the aim shrinks in the same proportion, and a
    /// little more. Null: nothing more can go, or it was tried often enough.
    /// </summary>
    public ShrinkPlan? Tighten(long actualBytes, Action<double>? progress = null)
    {
        if (!_countsBytes || actualBytes <= _asked || !IsReached || _tightened == MostTightenings)
            return null;
        long less = (long)Math.Min(Expected * 0.98, (double)Expected * _asked / actualBytes * 0.97);
        return less > 0 ? new ShrinkPlan(_source, _directory, _asked, true, less, _tightened + 1).Decided(progress) : null;
    }

    private ShrinkPlan Decided(Action<double>? progress)
    {
        // At most: rows and statistics, repeats, statistics of what they leave, repeats and calls.
        Action<double>? Part(int done, int readings) => progress is null ? null : p => progress((done + (p * readings)) / 6);
        string command = string.Create(CultureInfo.InvariantCulture, $"shrink {(_countsBytes ? "--max-size" : "--max-events")} {_asked}");
        FilterPlan plan = Run([], command, Part(0, 1));
        ShrinkStatistics whole = Statistics(_source, Part(1, 1));
        Expected = whole.Total;
        if (Expected > _target)
        {
            plan = Run([Merging()], command, Part(2, 1));
            Expected = whole.Total - plan.Ledger.Entries.Sum(e => _countsBytes ? e.Bytes : e.Events);
        }

        if (Expected > _target)
        {
            ShrinkStatistics left = Statistics(new FilteredSource(_source, plan), Part(3, 1));
            plan = Run([Merging(), .. Choose(left)], command, Part(4, 2));
            Expected = whole.Total - plan.Ledger.Entries.Sum(e => _countsBytes ? e.Bytes : e.Events) - ArgumentsGone(left, plan);
        }

        progress?.Invoke(1);
        Filters = plan;
        return this;
    }

    private FilterPlan Run(List<Filter> chain, string command, Action<double>? progress) =>
        new ChainRun(_source, Stage.Of(chain), _directory, 1 << 18, progress).Decide(command);

    private ShrinkStatistics Statistics(ITraceSource input, Action<double>? progress)
    {
        EventParts parts = EventParts.Times | EventParts.Names | (_countsBytes ? EventParts.Arguments : 0);
        var walk = new SliceWalk(input, parts, _directory);
        ShrinkStatistics statistics = walk.Run(() => new ShrinkStatistics(walk, _countsBytes, LongNs), progress);
        statistics.Finish();
        return statistics;
    }

    /// <summary>A thousandth of the time covered: longer calls are seen when the whole trace is.</summary>
    private long LongNs => _source.Facts.FirstNs >= _source.Facts.LastNs ? 1 : (long)Int128.Max(1, ((Int128)_source.Facts.LastNs - _source.Facts.FirstNs) / 1000);

    private MergeRepeats Merging() => new(string.Create(CultureInfo.InvariantCulture, $"repeats of calls up to {LongNs}ns"), LongNs);

    /// <summary>The steps after merging.</summary>
    private List<Filter> Choose(ShrinkStatistics all)
    {
        long left = all.Total;
        int last = ShrinkStatistics.BucketOf(LongNs);
        int bucket = 0;
        for (; bucket < last && left > _target; bucket++)
            left -= all.ByDuration[bucket];
        int depth = all.LongByDepth.Length;
        for (; depth > 2 && left > _target; depth--)
            left -= all.LongByDepth[depth - 1];
        bool dropsArguments = _countsBytes && left > _target && all.Arguments > 0;
        if (dropsArguments)
            left -= (long)((double)all.Arguments * left / Math.Max(1, all.Total));
        for (; bucket < all.ByDuration.Length && left > _target; bucket++)
            left -= all.OutermostByDuration[bucket];
        var chain = new List<Filter>();
        if (depth < all.LongByDepth.Length)
            chain.Add(new DeepCalls(depth - 1, all));
        if (bucket > 0)
            chain.Add(new ShortCalls(ShrinkStatistics.EndOf(bucket - 1), all));
        if (dropsArguments)
            chain.Add(new DropArguments(null));
        return chain;
    }

    private long ArgumentsGone(ShrinkStatistics all, FilterPlan plan)
    {
        if (!_countsBytes || !plan.Ledger.Entries.Any(e => e.Filter == "--drop-args"))
            return 0;
        long left = all.Total - plan.Ledger.Entries.Skip(1).Sum(e => e.Bytes);
        return (long)((double)all.Arguments * left / Math.Max(1, all.Total));
    }
}
