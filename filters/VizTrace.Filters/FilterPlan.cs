using VizTrace.Filters.Deciding;
using VizTrace.Model.Events;

namespace VizTrace.Filters;

/// <summary>What a chain decided over one source: the judge for writing it anew, and the ledger. Holds for the source that it was made from.</summary>
public sealed class FilterPlan : IEventJudge
{
    private readonly Decisions _decisions;

    internal FilterPlan(Decisions decisions, Ledger ledger, int readings, long tooDeep)
    {
        _decisions = decisions;
        Ledger = ledger;
        Readings = readings;
        TooDeep = tooDeep;
    }

    /// <summary>What each filter takes away.</summary>
    public Ledger Ledger { get; }

    /// <summary>How often the source was read.</summary>
    public int Readings { get; }

    /// <summary>
    /// Slices that filters by call could not look at and that stayed, because <see cref="Model.Slices.SliceWalk.MostOpen"/> slices, or
    /// <see cref="Model.Slices.SliceWalk.MostOverlapping"/> that overlap, were open: to be told.
    /// </summary>
    public long TooDeep { get; }

    /// <inheritdoc/>
    public EventParts Parts => _decisions.Parts;

    /// <inheritdoc/>
    public bool DecidesByTrack => _decisions.DecidesByTrack;

    /// <inheritdoc/>
    public bool KeepsTrack(int track) => _decisions.KeepsTrack(track);

    /// <inheritdoc/>
    public bool KeepsEventsOf(int track) => _decisions.KeepsEventsOf(track);

    /// <inheritdoc/>
    public Verdict Judge(scoped in TraceEvent e, EventEdit edit) => _decisions.Judge(e, edit);
}
