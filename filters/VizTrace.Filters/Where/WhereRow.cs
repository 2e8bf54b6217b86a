using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Where;

/// <summary>What an expression can ask for.</summary>
[Flags]
internal enum Field
{
    /// <summary>Name of the slice.</summary>
    Name = 1,

    /// <summary>Its category.</summary>
    Category = 2,

    /// <summary>Shown name of its thread.</summary>
    Thread = 4,

    /// <summary>Shown name of its process.</summary>
    Process = 8,

    /// <summary>OS thread id.</summary>
    Tid = 16,

    /// <summary>OS process id.</summary>
    Pid = 32,

    /// <summary>Its duration, ns.</summary>
    Duration = 64,

    /// <summary>Its begin, ns from the start of the trace.</summary>
    Start = 128,

    /// <summary>1: outermost.</summary>
    Depth = 256,

    /// <summary>One of its arguments.</summary>
    Argument = 512,
}

/// <summary>The slice that an expression is asked about.</summary>
internal sealed class WhereRow
{
    private TrackTable _rows = new();
    private TextTable _texts = new();
    private long _startNs;
    private SliceRow _slice;
    private long _beginNs;
    private long _durationNs;
    private int _depth;

    /// <summary>A bit for each comparison of arguments: whether it holds.</summary>
    public uint ArgumentBits { get; private set; }

    /// <summary>Begins with a source.</summary>
    public void Prepare(ITraceSource source, long startNs) => (_rows, _texts, _startNs) = (source.Tracks, source.Texts, startNs);

    /// <summary>Sets the slice.</summary>
    public void Set(in SliceRow slice, long beginNs, long durationNs, int depth, uint argumentBits)
    {
        _slice = slice;
        (_beginNs, _durationNs, _depth, ArgumentBits) = (beginNs, durationNs, depth, argumentBits);
    }

    /// <summary>A number that tells texts of a field apart: the same for the same text.</summary>
    public int KeyOf(Field field) => field switch
    {
        Field.Name => _slice.Name,
        Field.Category => _slice.Category,
        _ => _slice.Track,
    };

    /// <summary>A field that is text.</summary>
    public string TextOf(Field field) => field switch
    {
        Field.Name => _texts.Get(_slice.Name),
        Field.Category => _texts.Get(_slice.Category),
        Field.Thread => _rows.ThreadOf(_slice.Track)?.ShownName ?? "",
        _ => _rows.ProcessOf(_slice.Track)?.ShownName ?? "",
    };

    /// <summary>A field that is a number.</summary>
    public decimal NumberOf(Field field) => field switch
    {
        Field.Tid => _rows.ThreadOf(_slice.Track)?.Tid ?? 0,
        Field.Pid => _rows.ProcessOf(_slice.Track)?.Pid ?? 0,
        Field.Duration => _durationNs,
        Field.Start => (decimal)_beginNs - _startNs,
        _ => _depth,
    };
}
