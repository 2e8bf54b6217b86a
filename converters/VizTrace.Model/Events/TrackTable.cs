namespace VizTrace.Model.Events;

/// <summary>What a row of a trace is.</summary>
public enum TrackKind : byte
{
    /// <summary>The trace as a whole.</summary>
    Global,

    /// <summary>A process; events on it belong to no thread.</summary>
    Process,

    /// <summary>A thread.</summary>
    Thread,

    /// <summary>A row of its own: asynchronous work, GPU queues, anything that is told by an id or a name.</summary>
    Async,

    /// <summary>A counter's values.</summary>
    Counter,
}

/// <summary>
/// A row of a trace. A source fills it in as the file tells it; after one whole reading it is complete and changes no more.
/// </summary>
/// <param name="id">Index in the source's <see cref="TrackTable"/>.</param>
/// <param name="kind">What it is.</param>
/// <param name="parent">Row above it; -1: none.</param>
public sealed class TrackRow(int id, TrackKind kind, int parent)
{
    /// <summary>Index in the source's <see cref="TrackTable"/>.</summary>
    public int Id { get; } = id;

    /// <summary>What it is; a row may turn out to be another kind than its first event let expect.</summary>
    public TrackKind Kind { get; set; } = kind;

    /// <summary>Row above it: a thread's process, an asynchronous row's thread or process; -1: none. Never itself or below itself.</summary>
    public int Parent { get; set; } = parent;

    /// <summary>The format's own id of the row: Perfetto's uuid, the id of asynchronous events; 0: none.</summary>
    public ulong SourceId { get; set; }

    /// <summary>The id of asynchronous events as text, where it is no number (<c>0x1f</c> is one); null: see <see cref="SourceId"/>.</summary>
    public string? SourceText { get; set; }

    /// <summary>OS process id, of a process or a thread; 0: not known.</summary>
    public long Pid { get; set; }

    /// <summary>OS thread id; 0: not known.</summary>
    public long Tid { get; set; }

    /// <summary>Name that the trace gives the row: a thread's shown name, a process's, a counter's; null: none.</summary>
    public string? Name { get; set; }

    /// <summary>A process's command line, arguments parted by blanks; null: not known.</summary>
    public string? CommandLine { get; set; }

    /// <summary>Thread.ManagedThreadId; null: no managed thread, or not known.</summary>
    public int? ManagedId { get; set; }

    /// <summary>What a thread is for.</summary>
    public ThreadRole Role { get; set; }

    /// <summary>Place among its neighbours that the trace asks for, smaller ones first; null: none.</summary>
    public long? SortIndex { get; set; }

    /// <summary>A counter's unit; null: none.</summary>
    public string? Unit { get; set; }

    /// <summary>Whether a counter's values are differences from the one before. (A reader hands out sums: this is for who writes the same format.)</summary>
    public bool IsIncremental { get; set; }

    /// <summary>Pid before traces were merged, where it was given another; null: the same.</summary>
    public long? OriginalPid { get; set; }

    /// <summary>Tid before traces were merged; null: the same.</summary>
    public long? OriginalTid { get; set; }

    /// <summary>The name to show: <see cref="Name"/>, else the role, else <c>Thread [tid]</c> or <c>Process [pid]</c>; empty when there is none of it.</summary>
    public string ShownName =>
        !string.IsNullOrEmpty(Name) ? Name
        : Role != ThreadRole.Unknown ? Role.ToString()
        : Kind == TrackKind.Thread ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Thread {Tid}")
        : Kind == TrackKind.Process ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Process {Pid}")
        : "";
}

/// <summary>All rows of a trace, by id. Grows while the file is read for the first time. Not thread-safe.</summary>
public sealed class TrackTable
{
    private readonly List<TrackRow> _rows = [];

    /// <summary>Number of rows.</summary>
    public int Count => _rows.Count;

    /// <summary>The row with this id.</summary>
    public TrackRow this[int id] => _rows[id];

    /// <summary>Adds a row.</summary>
    public TrackRow Add(TrackKind kind, int parent)
    {
        var row = new TrackRow(_rows.Count, kind, parent);
        _rows.Add(row);
        return row;
    }

    /// <summary>The thread that <paramref name="track"/> is or hangs below; null: none.</summary>
    public TrackRow? ThreadOf(int track) => Above(track, TrackKind.Thread);

    /// <summary>The process that <paramref name="track"/> is or hangs below; null: none.</summary>
    public TrackRow? ProcessOf(int track) => Above(track, TrackKind.Process);

    private TrackRow? Above(int track, TrackKind kind)
    {
        while (track >= 0 && _rows[track].Kind != kind)
            track = _rows[track].Parent;
        return track < 0 ? null : _rows[track];
    }
}
