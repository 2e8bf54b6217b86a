using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>What the journals of all processes tell of the methods of one module. Not thread-safe.</summary>
internal sealed class ModuleTally(ModuleEntry module)
{
    /// <summary>The module, as the first process that loaded it has it.</summary>
    public ModuleEntry Module { get; } = module;

    /// <summary>What is known of each method that the profiler saw, by token; see <see cref="Key"/>.</summary>
    public Dictionary<ulong, Seen> Methods { get; } = [];

    /// <summary>Modules made at run time that are counted as this one: they all have one name.</summary>
    public uint Made { get; set; }

    /// <summary>The methods in the order of their tokens.</summary>
    public IEnumerable<Seen> InOrder => Methods.OrderBy(m => m.Key).Select(m => m.Value);

    /// <summary>The key of a method: its token, but modules made at run time (numbered from 1) are not the same module for having one name.</summary>
    public static ulong Key(uint made, uint token) => ((ulong)made << 32) | token;

    /// <summary>Adds what a process says: what is nearest to being recorded counts.</summary>
    public void Add(ulong key, in Seen seen)
    {
        if (!Methods.TryGetValue(key, out Seen before) || seen.Rank > before.Rank)
            Methods[key] = seen;
    }
}

/// <summary>How far a method came, from least to most.</summary>
internal enum SeenRank
{
    /// <summary>It has probes.</summary>
    Probes,

    /// <summary>It was left out on purpose; one that is ignored has probes too.</summary>
    Hidden,

    /// <summary>It could not be recorded.</summary>
    Refused,

    /// <summary>It has calls in the trace.</summary>
    Recorded,
}

/// <summary>What one process says of a method. Small: there is one for every method that was compiled.</summary>
/// <param name="Rank">How far it came.</param>
/// <param name="Reason">Why not farther.</param>
/// <param name="TraceFunction">The trace's function of one that is recorded.</param>
/// <param name="Journal">Who names it.</param>
/// <param name="Entry">Id of the function there; of one that is not recorded, which of those entries it is.</param>
internal readonly record struct Seen(SeenRank Rank, NotRecordedReason Reason, int TraceFunction, Journal Journal, int Entry)
{
    /// <summary>The readable name.</summary>
    public string Name => Rank is SeenRank.Hidden or SeenRank.Refused
        ? Journal.NotRecordedAt(Entry).Function.ReadableName
        : Journal.Function((uint)Entry)?.ReadableName ?? "";
}
