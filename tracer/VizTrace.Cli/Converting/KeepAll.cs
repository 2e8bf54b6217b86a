using VizTrace.Model.Events;

namespace VizTrace.Cli.Converting;

/// <summary>Keeps everything: what a file is written anew with to be packed or unpacked.</summary>
internal sealed class KeepAll : IEventJudge
{
    /// <summary>The only one.</summary>
    public static KeepAll Instance { get; } = new();

    /// <inheritdoc />
    public EventParts Parts => EventParts.Times;

    /// <inheritdoc />
    public bool DecidesByTrack => true;

    /// <inheritdoc />
    public bool KeepsTrack(int track) => true;

    /// <inheritdoc />
    public bool KeepsEventsOf(int track) => true;

    /// <inheritdoc />
    public Verdict Judge(scoped in TraceEvent e, EventEdit edit) => Verdict.Keep;
}
