using VizTrace.Model.Events;

namespace VizTrace.Filters.Applying;

/// <summary>
/// A source as a judge leaves it: filters of a later stage, and writers of another format, see it as if it had been written to a file and
/// read again. Ordinals and ids stay those of the source, so ordinals have gaps; rows that are gone are still in the table, without events.
/// Belongs to one thread at a time.
/// </summary>
public sealed class FilteredSource(ITraceSource source, IEventJudge judge) : ITraceSource
{
    /// <inheritdoc/>
    public TrackTable Tracks => source.Tracks;

    /// <inheritdoc/>
    public TextTable Texts => source.Texts;

    /// <inheritdoc/>
    public StackTable Stacks => source.Stacks;

    /// <summary>The source's; number of events, earliest and latest time are those of what is left, as of the last reading with events.</summary>
    public TraceFacts Facts { get; private set; } = source.Facts;

    /// <summary>Whether <see cref="Facts"/> are of what is left.</summary>
    internal bool WasRead { get; private set; }

    /// <inheritdoc/>
    public void Read(IEventSink sink, EventParts parts, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        if (parts == EventParts.None)
        {
            source.Read(sink, parts, progress);
            return;
        }

        var counting = new Counting(sink);
        source.Read(new FilteredSink(counting, judge, source.Texts), parts | judge.Parts, progress);
        WasRead = true;
        Facts = Of(source.Facts, counting, parts | judge.Parts);
    }

    private static TraceFacts Of(TraceFacts whole, Counting left, EventParts parts)
    {
        var facts = new TraceFacts
        {
            Format = whole.Format,
            Producer = whole.Producer,
            Events = left.Events,
            Bytes = whole.Bytes,
            FirstNs = left.FirstNs,
            LastNs = left.LastNs,
            RealtimeOffsetNs = whole.RealtimeOffsetNs,
            ClockName = whole.ClockName,
            HasFlows = (parts & EventParts.Flows) != 0 ? left.HasFlows : whole.HasFlows,
            IsTruncated = whole.IsTruncated,
            DamageOffset = whole.DamageOffset,
        };
        facts.Metadata.AddRange(whole.Metadata);
        facts.Remarks.AddRange(whole.Remarks);
        facts.Ledgers.AddRange(whole.Ledgers);
        return facts;
    }

    private sealed class Counting(IEventSink inner) : IEventSink
    {
        public long Events { get; private set; }

        public long FirstNs { get; private set; } = long.MaxValue;

        public long LastNs { get; private set; } = long.MinValue;

        public bool HasFlows { get; private set; }

        public void Event(scoped in TraceEvent e)
        {
            Events++;
            FirstNs = Math.Min(FirstNs, e.TimeNs);
            LastNs = Math.Max(LastNs, Deciding.StageVisitor.EndOf(e.Kind, e.TimeNs, e.DurationNs));
            HasFlows |= e.FlowId != 0 || !e.Flows.IsEmpty || !e.EndingFlows.IsEmpty;
            inner.Event(e);
        }
    }
}
