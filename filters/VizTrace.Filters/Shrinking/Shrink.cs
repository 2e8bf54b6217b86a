using VizTrace.Filters.Applying;
using VizTrace.Filters.Parsing;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Shrinking;

/// <summary>
/// Chooses by itself what to leave out of a trace so that it comes below a size, least telling first: runs of equal calls become one, then what
/// <see cref="ShrinkChoice"/> finds. How small the file gets is known only when it is written: <see cref="Tighten"/> then asks for a smaller one.
/// Not thread-safe.
/// </summary>
public sealed class Shrink
{
    private const double Slack = 0.95;

    private readonly ITraceSource _source;
    private readonly string _temporaryDirectory;
    private readonly FilterPlan _merged;
    private readonly ITraceSource _view;
    private readonly Weights _weights;
    private readonly long _maxBytes;
    private readonly long _maxEvents;
    private readonly double _argumentShare;
    private ShrinkBudget _budget;
    private ShrinkChoice _choice = new();
    private long _keptEvents;
    private readonly bool _sorts;

    private Shrink(ITraceSource source, long maxBytes, long maxEvents, long fileBytes, string temporaryDirectory, Action<double>? progress)
    {
        _source = source;
        _maxBytes = maxBytes == 0 ? long.MaxValue : maxBytes;
        _maxEvents = maxEvents == 0 ? long.MaxValue : maxEvents;
        _temporaryDirectory = temporaryDirectory;
        _merged = FilterParser.Parse([("--merge-repeats", null)]).Decide(source, temporaryDirectory, part => progress?.Invoke(part / 3));
        _view = new FilteredSource(source, _merged);
        var walk = new SliceWalk(_view, EventParts.Times | EventParts.Names, temporaryDirectory);
        _weights = walk.Run(static () => new Weights(), part => progress?.Invoke((1 + part) / 3));
        _sorts = walk.Sorts;
        var share = new ArgumentShare();
        source.Read(share, EventParts.Times | EventParts.Arguments, part => progress?.Invoke((2 + part) / 3));
        _argumentShare = share.Value;
        // A packed file is as much smaller than its content as the output will be: the first guess.
        double packing = source.Facts.Bytes == 0 ? 1 : (double)fileBytes / source.Facts.Bytes;
        _budget = new ShrinkBudget(Scaled(_maxBytes, Slack / Math.Clamp(packing, 0.01, 1)), Scaled(_maxEvents, Slack), 0);
    }

    /// <summary>Whether the last decision leaves no more events than were asked for.</summary>
    public bool IsBelowEvents => _keptEvents <= _maxEvents;

    /// <summary>
    /// Weighs a trace that has been read once. <paramref name="maxBytes"/> of the file and <paramref name="maxEvents"/>: 0 is no limit.
    /// <paramref name="fileBytes"/>: its size on disk now.
    /// </summary>
    public static Shrink Weigh(ITraceSource source, long maxBytes, long maxEvents, long fileBytes, string temporaryDirectory, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new Shrink(source, maxBytes, maxEvents, fileBytes, temporaryDirectory, progress);
    }

    /// <summary>Decides over each event, by the figures as they are known so far.</summary>
    public ShrinkPlan Decide(Action<double>? progress = null)
    {
        long length = Math.Max(0, _source.Facts.LastNs - _source.Facts.FirstNs);
        _choice = ShrinkChoice.For(_weights, _budget, _argumentShare, length) ?? Smallest();
        var walk = new SliceWalk(_view, EventParts.Times | EventParts.Names, _temporaryDirectory) { Sorts = _sorts };
        ShrinkJudge judge = walk.Run(() => new ShrinkJudge(_source, _merged, _weights, _choice), progress);
        Ledger ledger = judge.Finish(_merged.Ledger, Command());
        _keptEvents = judge.KeptEvents;
        return new ShrinkPlan(judge, ledger);
    }

    /// <summary>The file came out with <paramref name="actualBytes"/> and is still too large: asks for less. False when there is nothing less.</summary>
    public bool Tighten(long actualBytes)
    {
        if (_choice == Smallest())
            return false;
        double over = Math.Max(_maxBytes == long.MaxValue ? 0 : (double)actualBytes / _maxBytes, _maxEvents == long.MaxValue ? 0 : (double)_keptEvents / _maxEvents);
        // What the exceptions keep is not in the figures: when it is much, there are fewer of them from now on.
        int level = over > 1.5 ? Math.Min(3, _budget.Level + 1) : _budget.Level;
        _budget = new ShrinkBudget(Scaled(_budget.Bytes, Slack / Math.Max(1, over)), Scaled(_budget.Events, Slack / Math.Max(1, over)), level);
        return true;
    }

    private ShrinkChoice Smallest() => new()
    {
        MinDurationNs = long.MaxValue,
        MaxDepth = 1,
        DropsArguments = true,
        OtherStride = Math.Max(1, _weights.OtherEvents),
        LongestPerRow = 1,
        RareCalls = 0,
    };

    private string Command() => _maxBytes != long.MaxValue ? $"shrink --max-size {_maxBytes}" : $"shrink --max-events {_maxEvents}";

    private static long Scaled(long value, double by) => value == long.MaxValue ? value : (long)(value * by);

    /// <summary>Which part of the bytes of all events arguments are.</summary>
    private sealed class ArgumentShare : IEventSink
    {
        private long _arguments;
        private long _all = 1;

        public double Value => Math.Clamp((double)_arguments / _all, 0, 1);

        public void Event(scoped in TraceEvent e)
        {
            _arguments += e.RawArguments.Length;
            _all += e.Bytes;
        }
    }
}

/// <summary>What goes and what stays, for the source that it was made from.</summary>
/// <param name="Judge">Decides over each event.</param>
/// <param name="Ledger">Says what goes.</param>
public sealed record ShrinkPlan(IEventJudge Judge, Ledger Ledger);
