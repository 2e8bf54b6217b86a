using VizTrace.Model.Events;

namespace VizTrace.Filters.Merging;

/// <summary>
/// Several traces as one, on the clock of the first: rows of all, ids that clash renumbered, the original kept in the row. Events come trace
/// after trace; viewers sort by time. Belongs to one thread at a time.
/// </summary>
public sealed class MergedSource : ITraceSource
{
    private readonly List<MergedInput> _inputs = [];

    private MergedSource()
    {
    }

    /// <inheritdoc />
    public TrackTable Tracks { get; } = new();

    /// <inheritdoc />
    public TextTable Texts { get; } = new();

    /// <inheritdoc />
    public StackTable Stacks { get; } = new();

    /// <inheritdoc />
    public TraceFacts Facts { get; } = new() { Format = "several traces" };

    /// <summary>
    /// Merges <paramref name="inputs"/> (their names are for people), each of which has been read once. With <paramref name="marker"/> the
    /// earliest event of that name is at the same time in all; without, their clocks decide (see <see cref="CommonClock"/>).
    /// </summary>
    /// <exception cref="Model.TraceException">No common clock, or no event of that name.</exception>
    public static MergedSource Of(IReadOnlyList<(string Name, ITraceSource Source)> inputs, string? marker, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var merged = new MergedSource();
        long[] shifts = marker is null ? CommonClock.Shifts(inputs, merged.Facts.Remarks) : CommonClock.ShiftsBy(marker, inputs, progress);
        var ids = new FreeIds();
        long ordinal = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            var input = new MergedInput(merged, inputs[i].Source, i, shifts[i], ordinal);
            input.AddRows(ids);
            merged._inputs.Add(input);
            merged.Add(inputs[i].Name, inputs[i].Source.Facts, shifts[i]);
            ordinal += inputs[i].Source.Facts.Events;
        }

        return merged;
    }

    /// <inheritdoc />
    public void Read(IEventSink sink, EventParts parts, Action<double>? progress = null)
    {
        if (parts == EventParts.None)
            return;
        double done = 0, all = Math.Max(1, _inputs.Sum(i => (double)i.Source.Facts.Bytes));
        foreach (MergedInput input in _inputs)
        {
            double before = done;
            double part = input.Source.Facts.Bytes;
            input.Read(sink, parts, progress is null ? null : read => progress((before + (read * part)) / all));
            done += part;
        }
    }

    private void Add(string name, TraceFacts facts, long shift)
    {
        Facts.Events += facts.Events;
        Facts.Bytes += facts.Bytes;
        Facts.HasFlows |= facts.HasFlows;
        Facts.IsTruncated |= facts.IsTruncated;
        if (facts.FirstNs <= facts.LastNs)
        {
            Facts.FirstNs = Math.Min(Facts.FirstNs, facts.FirstNs + shift);
            Facts.LastNs = Math.Max(Facts.LastNs, facts.LastNs + shift);
        }

        Facts.RealtimeOffsetNs ??= facts.RealtimeOffsetNs - shift;
        Facts.ClockName ??= shift == 0 ? facts.ClockName : null;
        foreach ((string key, string value) in facts.Metadata)
            Facts.Metadata.Add(new KeyValuePair<string, string>($"{name}: {key}", value));
        foreach (string remark in facts.Remarks)
            Facts.Remarks.Add($"{name}: {remark}");
        Facts.Ledgers.AddRange(facts.Ledgers);
    }
}
