using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Translation;

/// <summary>What stays of a trace from one reading to the next.</summary>
internal sealed class TraceState
{
    public TraceState()
    {
        Rows = new Rows(Tracks);
        Methods = new MethodTable(Texts);
    }

    public TrackTable Tracks { get; } = new();

    public TextTable Texts { get; } = new();

    public StackTable Stacks { get; } = new();

    public TraceFacts Facts { get; } = new() { Format = "nettrace", Producer = ".NET EventPipe" };

    public Rows Rows { get; }

    public MethodTable Methods { get; }

    public Dictionary<string, PairKind> Pairs { get; } = [];
}
