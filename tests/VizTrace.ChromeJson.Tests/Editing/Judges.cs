using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Tests.Editing;

/// <summary>A judge made of functions.</summary>
internal sealed class Judge : IEventJudge
{
    public delegate Verdict Decision(scoped in TraceEvent e, EventEdit edit);

    public Decision? Decide { get; init; }

    public Func<int, bool> Rows { get; init; } = _ => true;

    public EventParts Parts => EventParts.All;

    public bool DecidesByTrack => Decide is null;

    public bool KeepsTrack(int track) => Rows(track);

    public bool KeepsEventsOf(int track) => Rows(track);

    Verdict IEventJudge.Judge(scoped in TraceEvent e, EventEdit edit) => Decide!(in e, edit);
}
