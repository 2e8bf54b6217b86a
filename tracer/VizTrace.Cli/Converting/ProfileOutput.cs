using VizTrace.Model.Events;
using VizTrace.Model.Slices;
using VizTrace.Profiles;

namespace VizTrace.Cli.Converting;

/// <summary>Formats that hold counts of calls and samples, or lists of slices, instead of a whole trace.</summary>
internal static class ProfileOutput
{
    private const EventParts Parts = EventParts.Times | EventParts.Names | EventParts.Stacks;

    /// <summary>Writes <paramref name="source"/> to <paramref name="stream"/>.</summary>
    public static void Write(Formats.Kind kind, Stream stream, ITraceSource source, Action<double> report)
    {
        switch (kind)
        {
            case Formats.Kind.Speedscope:
                Walk(source, () => new SpeedscopeWriter(stream, source), w => w.Finish(), report);
                break;
            case Formats.Kind.Collapsed:
                Walk(source, () => new CollapsedWriter(stream, source), w => w.Finish(), report);
                break;
            case Formats.Kind.Pprof:
                Walk(source, () => new PprofWriter(stream, source), w => w.Finish(), report);
                break;
            default:
                Walk(source, () => new SliceCsvWriter(stream, source), w => w.Finish(), report);
                break;
        }
    }

    /// <summary>
    /// Feeds a writer and finishes it. A walk that finds events out of order starts anew, and what a writer has written then cannot be taken back:
    /// so the order is found out first.
    /// </summary>
    private static void Walk<TWriter>(ITraceSource source, Func<TWriter> create, Action<TWriter> finish, Action<double> report)
        where TWriter : class, ISliceVisitor, IDisposable
    {
        var order = new OrderSink(source.Tracks.Count);
        source.Read(order, EventParts.Times, part => report(part / 2));
        var walk = new SliceWalk(source, Parts, Path.GetTempPath()) { Sorts = !order.IsInOrder };
        using TWriter writer = create();
        walk.Run(() => writer, part => report((1 + part) / 2));
        finish(writer);
    }

    /// <summary>Whether each row's events come in order of time.</summary>
    private sealed class OrderSink(int rows) : IEventSink
    {
        private readonly long[] _last = Enumerable.Repeat(long.MinValue, rows).ToArray();
        private readonly long[] _duration = new long[rows];

        public bool IsInOrder { get; private set; } = true;

        public void Event(scoped in TraceEvent e)
        {
            long duration = e.Kind == EventKind.Complete ? e.DurationNs < 0 ? long.MaxValue : e.DurationNs : 0;
            // As the walk sees it: of Complete slices that begin together the longest comes first.
            bool isLate = e.TimeNs < _last[e.Track] || (e.TimeNs == _last[e.Track] && e.Kind == EventKind.Complete && duration > _duration[e.Track]);
            IsInOrder &= !isLate;
            _last[e.Track] = e.TimeNs;
            _duration[e.Track] = e.Kind == EventKind.Complete ? duration : long.MaxValue;
        }
    }
}
