using System.Text;
using VizTrace.Model.Events;
using VizTrace.NetTrace.Payloads;

namespace VizTrace.NetTrace.Translation;

/// <summary>What becomes of a kind of event.</summary>
internal enum Treatment : byte
{
    /// <summary>Something without a duration.</summary>
    Instant,

    /// <summary>Names of methods and modules: read, not shown.</summary>
    Method,
    Module,
    DomainModule,

    /// <summary>The rest of the rundown: not shown.</summary>
    Rundown,
    Sample,
    GcStart,
    GcEnd,
    SuspendBegin,
    RestartEnd,
    HeapStats,
    JitStart,
    JitEnd,
    Exception,
    ContentionStart,
    ContentionStop,
    PoolCount,
    ThreadCreated,
    PairStart,
    PairStop,
    EventCounter,
    ProcessInfo,

    /// <summary>The Universal providers' events: names for addresses, samples.</summary>
    Mapping,
    Symbol,
    ProcessorSample,
    ProcessCreate,
    Lost,
}

/// <summary>How events of one kind are shown.</summary>
internal sealed class Handling
{
    /// <summary>Names that end like a pair's and are none: an exception's start is no slice, and what the runtime is has no end.</summary>
    private const int ExceptionThrownStop = 256;
    private const int RuntimeInformationStart = 187;

    /// <summary>What becomes of them.</summary>
    public Treatment Treatment { get; private init; }

    /// <summary>Name of the event or slice (id of a text).</summary>
    public int Name { get; private init; }

    /// <summary>Category (id of a text): the provider, or what the runtime's event is about.</summary>
    public int Category { get; private init; }

    /// <summary>Of a pair: what begins and ends.</summary>
    public PairKind? Pair { get; private init; }

    /// <summary>Whether the slice's name is the payload's ActivityName.</summary>
    public bool HasActivityName { get; private init; }

    /// <summary>Finds out what becomes of events of <paramref name="type"/>.</summary>
    public static Handling Of(EventType type, TextTable texts, Dictionary<string, PairKind> pairs)
    {
        Treatment treatment = type.Provider switch
        {
            RuntimeEvents.Runtime => OfRuntime(type.Id),
            RuntimeEvents.Rundown => type.Id switch
            {
                143 or 144 => Treatment.Method,
                151 or 152 => Treatment.DomainModule,
                153 or 154 => Treatment.Module,
                _ => Treatment.Rundown,
            },
            RuntimeEvents.Sampler => type.Id == 0 ? Treatment.Sample : Treatment.Instant,
            "Microsoft-DotNETCore-EventPipe" when type.Name == "ProcessInfo" => Treatment.ProcessInfo,
            "Universal.System" => type.Name switch
            {
                "ProcessMapping" => Treatment.Mapping,
                "ProcessSymbol" => Treatment.Symbol,
                "ProcessMappingMetadata" => Treatment.Rundown,
                "ProcessCreate" => Treatment.ProcessCreate,
                _ => Treatment.Instant,
            },
            "Universal.Events" when type.Name == "cpu" => Treatment.ProcessorSample,
            "" when type == TranslatedTypes.Lost => Treatment.Lost,
            _ => type.Name == "EventCounters" ? Treatment.EventCounter : Treatment.Instant,
        };
        string name = treatment switch
        {
            Treatment.ContentionStart => "Lock contention",
            Treatment.SuspendBegin => "Runtime suspended",
            _ => type.Name,
        };
        PairKind? pair = null;
        if (treatment == Treatment.Instant && type.Provider != RuntimeEvents.Sampler && PairName(type, out bool isStart) is { } pairName)
        {
            treatment = isStart ? Treatment.PairStart : Treatment.PairStop;
            name = pairName;
            string key = $"{type.Provider}\0{pairName}";
            if (!pairs.TryGetValue(key, out pair))
                pairs.Add(key, pair = new PairKind(pairName));
        }

        return new Handling
        {
            Treatment = treatment,
            Name = texts.Add(name),
            Category = texts.Add(CategoryOf(treatment, type.Provider)),
            Pair = pair,
            HasActivityName = pair is not null && type.Fields.Any(f => f.Name.AsSpan().SequenceEqual("ActivityName"u8)),
        };
    }

    private static Treatment OfRuntime(int id) => id switch
    {
        1 => Treatment.GcStart,
        2 => Treatment.GcEnd,
        3 => Treatment.RestartEnd,
        4 => Treatment.HeapStats,
        9 => Treatment.SuspendBegin,
        50 or 51 or 57 => Treatment.PoolCount,
        80 => Treatment.Exception,
        81 => Treatment.ContentionStart,
        85 => Treatment.ThreadCreated,
        91 => Treatment.ContentionStop,
        143 => Treatment.JitEnd,
        145 => Treatment.JitStart,
        151 => Treatment.DomainModule,
        152 => Treatment.Module,
        _ => Treatment.Instant,
    };

    private static string CategoryOf(Treatment treatment, string provider) => treatment switch
    {
        Treatment.GcStart or Treatment.GcEnd or Treatment.HeapStats => "gc",
        Treatment.SuspendBegin or Treatment.RestartEnd => "suspension",
        Treatment.JitStart or Treatment.JitEnd => "jit",
        Treatment.Exception => "exception",
        Treatment.ContentionStart or Treatment.ContentionStop => "contention",
        Treatment.PoolCount => "threadpool",
        Treatment.Sample or Treatment.ProcessorSample => "sample",
        Treatment.Lost => "",
        _ => provider,
    };

    /// <summary>What begins or ends: the name without its ending, if that or the opcode says so; null: it is no pair.</summary>
    private static string? PairName(EventType type, out bool isStart)
    {
        isStart = false;
        if (type.Provider == RuntimeEvents.Runtime && type.Id is ExceptionThrownStop or RuntimeInformationStart)
            return null;
        isStart = type.Name.EndsWith("Start", StringComparison.Ordinal);
        if (isStart)
            return Short(type, "Start");
        if (type.Name.EndsWith("Stop", StringComparison.Ordinal))
            return Short(type, "Stop");
        isStart = type.Opcode == 1;
        return type.Opcode == 1 && type.Name.EndsWith("Begin", StringComparison.Ordinal) ? Short(type, "Begin")
            : type.Opcode == 2 && type.Name.EndsWith("End", StringComparison.Ordinal) ? Short(type, "End")
            : null;
    }

    private static string Short(EventType type, string ending)
    {
        string name = type.Name[..^ending.Length].TrimEnd('/');
        return name.Length == 0 ? type.Provider : name;
    }
}

/// <summary>Kinds of events that this reader makes itself.</summary>
internal static class TranslatedTypes
{
    /// <summary>Events of a thread that are missing: how many.</summary>
    public static EventType Lost { get; } = new("", 0, "Events lost", [new Field(Encoding.UTF8.GetBytes("count"), FieldCode.Int64)], 8);
}
