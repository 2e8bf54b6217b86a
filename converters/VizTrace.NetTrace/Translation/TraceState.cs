using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Translation;

/// <summary>What stays of a trace from one reading to the next.</summary>
internal sealed class TraceState
{
    private readonly Dictionary<long, MethodTable> _methods = [];

    public TraceState() => Rows = new Rows(Tracks);

    public TrackTable Tracks { get; } = new();

    public TextTable Texts { get; } = new();

    public StackTable Stacks { get; } = new();

    public TraceFacts Facts { get; } = new() { Format = "nettrace", Producer = ".NET EventPipe" };

    public Rows Rows { get; }

    public Dictionary<string, PairKind> Pairs { get; } = [];

    /// <summary>Processes of mapped files, by the files' numbers.</summary>
    public Dictionary<ulong, long> Mappings { get; } = [];

    /// <summary>The methods of a process.</summary>
    public MethodTable MethodsOf(long pid)
    {
        if (!_methods.TryGetValue(pid, out MethodTable? table))
            _methods.Add(pid, table = new MethodTable(Texts));
        return table;
    }
}
