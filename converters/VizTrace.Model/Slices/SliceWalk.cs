using VizTrace.Model.Events;

namespace VizTrace.Model.Slices;

/// <summary>
/// Reads a source and hands its events to an <see cref="ISliceVisitor"/>, row by row in order of time, whatever their order in the file.
/// While every row's events come in order of time they go straight through. When one does not, the rest of that reading is only read to its
/// end (it may be the one that completes the rows), and a second reading sorts: in memory up to a limit, beyond it in an owner-only
/// temporary file that has no name any more. Nesting is that of Perfetto's trace processor:
/// <list type="bullet">
/// <item>an end closes the innermost <see cref="EventKind.Begin"/> that is open and has the same name and category, as far as both tell one;
/// an end that closes nothing is an <see cref="ISliceVisitor.Other"/>;</item>
/// <item>a <see cref="EventKind.Complete"/> ends at its own end: slices that overlap without nesting are closed in the order of their ends, so
/// the slice that ends is not always the one that began last;</item>
/// <item>what never ends is open to the end of the trace.</item>
/// </list>
/// At equal times the order of the file holds, but Complete slices that follow each other begin with the longest. At most
/// <see cref="MostOpen"/> slices may be open at once, <see cref="MostOverlapping"/> that do not nest; what begins beyond that is an
/// <see cref="ISliceVisitor.Other"/>. Memory: about 75 bytes
/// a row of the limit, 100 for each open slice and each row of the trace. Not thread-safe.
/// </summary>
/// <param name="source">What is read.</param>
/// <param name="parts">What is needed of the events; <see cref="EventParts.Times"/> is always read.</param>
/// <param name="temporaryDirectory">Where to put the temporary file, when one is needed.</param>
/// <param name="rowsInMemory">How many events are sorted in memory; 64 bytes each.</param>
public sealed class SliceWalk(ITraceSource source, EventParts parts, string temporaryDirectory, int rowsInMemory = 1 << 18)
{
    /// <summary>How many slices may be open at the same time.</summary>
    public const int MostOpen = 200_000;

    /// <summary>How many may be open on one row when one begins that outlasts another of them: each end then costs time in their number.</summary>
    public const int MostOverlapping = 1024;

    /// <summary>
    /// Whether it sorts. Set before <see cref="Run"/> where it is known that the file is not in order; true afterwards when it was not.
    /// </summary>
    public bool Sorts { get; set; }

    /// <summary>Slices that were not nested because too many were open.</summary>
    public long TooDeep { get; private set; }

    /// <summary>During <see cref="ISliceVisitor.End"/> with an ordinal: the event that ends the slice.</summary>
    public SliceRow EndRow { get; internal set; }

    /// <summary>Walks; returns the visitor that saw everything: <paramref name="create"/> is called again when the walk starts anew.</summary>
    /// <exception cref="TraceException">The source's own; <see cref="ErrorId.BadOutput"/> or <see cref="ErrorId.DiskFull"/>: the temporary file cannot be written.</exception>
    public TVisitor Run<TVisitor>(Func<TVisitor> create, Action<double>? progress = null)
        where TVisitor : class, ISliceVisitor
    {
        ArgumentNullException.ThrowIfNull(create);
        TVisitor visitor;
        if (!Sorts)
        {
            visitor = create();
            var nesting = new Nesting(visitor, this);
            var sink = new StraightSink(nesting, visitor as IRowNotes);
            source.Read(sink, parts | EventParts.Times, progress);
            if (!sink.IsOutOfOrder)
            {
                nesting.Finish();
                TooDeep = nesting.TooDeep;
                return visitor;
            }

            Sorts = true;
        }

        visitor = create();
        using var rows = new SortedRows(temporaryDirectory, rowsInMemory);
        var collecting = new CollectingSink(rows, visitor as IRowNotes);
        source.Read(collecting, parts | EventParts.Times, progress);
        var sorted = new Nesting(visitor, this) { LastNs = collecting.LastNs };
        int track = -1;
        rows.ReadAll((in SliceRow row) =>
        {
            if (row.Track != track && track >= 0)
                sorted.Finish(track);
            track = row.Track;
            sorted.Take(row);
        });
        sorted.Finish();
        TooDeep = sorted.TooDeep;
        return visitor;
    }

    private static SliceRow RowOf(scoped in TraceEvent e) => new(
        e.Ordinal, e.Kind, e.Track, e.TimeNs, e.Kind == EventKind.Complete ? e.DurationNs : -1, e.Name, e.Category, e.Bytes,
        e.FlowId != 0 ? e.FlowId : e.Flows.Length == 1 && e.EndingFlows.IsEmpty ? e.Flows[0] : e.EndingFlows.Length == 1 && e.Flows.IsEmpty ? e.EndingFlows[0] : 0,
        e.Kind == EventKind.Sample ? e.Stack : 0);

    private sealed class StraightSink(Nesting nesting, IRowNotes? notes) : IEventSink
    {
        public bool IsOutOfOrder { get; private set; }

        public void Event(scoped in TraceEvent e)
        {
            if (IsOutOfOrder)
                return;
            SliceRow row = RowOf(e);
            if (notes is null || notes.Note(e, ref row))
                IsOutOfOrder = !nesting.Take(row);
        }
    }

    private sealed class CollectingSink(SortedRows rows, IRowNotes? notes) : IEventSink
    {
        public long LastNs { get; private set; } = long.MinValue;

        public void Event(scoped in TraceEvent e)
        {
            SliceRow row = RowOf(e);
            if (notes is not null && !notes.Note(e, ref row))
                return;
            LastNs = Math.Max(LastNs, Nesting.EndOf(row));
            rows.Add(row);
        }
    }
}
