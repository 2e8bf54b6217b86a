using System.Runtime.InteropServices;

namespace VizTrace.EndToEnd.Tests.Decoding;

/// <summary>
/// A trace as these tests see it: threads with their slices in order of begin. Decoders share no code with the product. Building it checks
/// what holds for every trace: time never runs back on a thread, every end has its begin, and nothing is left open.
/// </summary>
internal sealed class DecodedTrace
{
    private readonly Dictionary<(long Process, long Row), DecodedThread> _threads = [];

    /// <summary>Rows in the order in which the trace tells of them.</summary>
    public List<DecodedThread> Threads { get; } = [];

    /// <summary>Names of processes by id.</summary>
    public Dictionary<long, string> Processes { get; } = [];

    /// <summary>When records were lost, CLOCK_MONOTONIC ns; from Perfetto's format only.</summary>
    public List<long> LossesNs { get; } = [];

    /// <summary>All slices.</summary>
    public long SliceCount => Threads.Sum(t => t.SliceCount);

    /// <summary>Whether slices are kept when they have ended, or only counted: a large program's would not fit into memory.</summary>
    public bool KeepsSlices { get; init; } = true;

    /// <summary>Reads a trace by its ending; only <c>.pftrace</c> can be read without keeping slices.</summary>
    public static DecodedTrace Read(string path, bool keepsSlices = true)
    {
        DecodedTrace trace = path.EndsWith(".json", StringComparison.Ordinal) || path.EndsWith(".json.gz", StringComparison.Ordinal)
            ? ChromeJsonDecoder.Read(path)
            : PerfettoDecoder.Read(path, keepsSlices);
        foreach (DecodedThread thread in trace.Threads)
            thread.Complete();
        return trace;
    }

    /// <summary>The one thread with that shown name.</summary>
    public DecodedThread Thread(string name)
    {
        DecodedThread[] found = [.. Threads.Where(t => t.Name == name)];
        Assert.True(found.Length == 1, $"{found.Length} threads named '{name}' among: {string.Join(", ", Threads.Select(t => t.Name))}");
        return found[0];
    }

    /// <summary>Calls per function over all threads.</summary>
    public SortedDictionary<string, long> Counts()
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (DecodedThread thread in Threads)
        {
            foreach ((string name, long count) in thread.Counts())
                counts[name] = counts.GetValueOrDefault(name) + count;
        }

        return counts;
    }

    /// <summary>The thread of a row; made when it is new.</summary>
    public DecodedThread Row(long process, long row)
    {
        if (!_threads.TryGetValue((process, row), out DecodedThread? thread))
        {
            thread = new DecodedThread(process, KeepsSlices);
            _threads.Add((process, row), thread);
            Threads.Add(thread);
        }

        return thread;
    }
}

/// <summary>One call. A struct: a test holds millions.</summary>
internal struct DecodedSlice
{
    /// <summary>Function.</summary>
    public required string Name { get; init; }

    /// <summary>Begin, CLOCK_MONOTONIC ns.</summary>
    public required long BeginNs { get; init; }

    /// <summary>1 for the outermost.</summary>
    public required int Depth { get; init; }

    /// <summary>Index of the caller's slice in the thread; -1 for the outermost.</summary>
    public required int Parent { get; init; }

    /// <summary>End, CLOCK_MONOTONIC ns.</summary>
    public long EndNs { get; set; }

    /// <summary>Whether it was closed by the end of the recording.</summary>
    public bool Unfinished { get; set; }

    /// <summary>Whether the record of its end was lost.</summary>
    public bool EndLost { get; set; }
}

/// <summary>A thread's row.</summary>
internal sealed class DecodedThread(long process, bool keepsSlices = true)
{
    private readonly Dictionary<string, long> _forgotten = [];
    private readonly Stack<int> _open = [];
    private long _lastNs = long.MinValue;

    public long Process { get; } = process;

    public long Tid { get; set; }

    public string Name { get; set; } = "";

    /// <summary>What else the trace says of the thread: managed id, role, …</summary>
    public Dictionary<string, string> Args { get; } = [];

    public List<DecodedSlice> Slices { get; } = [];

    /// <summary>Slices that have begun.</summary>
    public long SliceCount { get; private set; }

    /// <summary>Functions of those that the end of the recording closed, or of which the end was lost; for traces whose slices are not kept.</summary>
    public List<string> OpenAtEnd { get; } = [];

    /// <summary>Opens a slice.</summary>
    public void Begin(string name, long timeNs)
    {
        Advance(timeNs, name);
        Slices.Add(new DecodedSlice { Name = name, BeginNs = timeNs, Depth = _open.Count + 1, Parent = _open.Count > 0 ? _open.Peek() : -1 });
        _open.Push(Slices.Count - 1);
        SliceCount++;
    }

    /// <summary>Closes the innermost slice; a name, when there is one, must be its own.</summary>
    public void End(string? name, long timeNs, bool unfinished, bool endLost)
    {
        Advance(timeNs, name);
        if (_open.Count == 0)
            Assert.Fail($"thread '{Name}': an end without a begin at {timeNs}");
        ref DecodedSlice slice = ref CollectionsMarshal.AsSpan(Slices)[_open.Pop()];
        if (!string.IsNullOrEmpty(name) && name != slice.Name)
            Assert.Fail($"thread '{Name}': the end of '{name}' closes '{slice.Name}'");
        slice.EndNs = timeNs;
        slice.Unfinished = unfinished;
        slice.EndLost = endLost;
        if (!keepsSlices)
            Forget(slice);
    }

    /// <summary>Checks that nothing is open.</summary>
    public void Complete() => Assert.True(_open.Count == 0, $"thread '{Name}': {_open.Count} slices are never closed");

    /// <summary>Calls per function.</summary>
    public SortedDictionary<string, long> Counts()
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach ((string name, int count) in Slices.CountBy(s => s.Name))
            counts[name] = count;
        foreach ((string name, long count) in _forgotten)
            counts[name] = counts.GetValueOrDefault(name) + count;
        return counts;
    }

    /// <summary>Names of a slice's callers, outermost first, itself last.</summary>
    public string Path(DecodedSlice slice)
    {
        var names = new List<string> { slice.Name };
        for (int parent = slice.Parent; parent >= 0; parent = Slices[parent].Parent)
            names.Insert(0, Slices[parent].Name);
        return string.Join(" > ", names);
    }

    /// <summary>The slice that ended is the last of the list: those inside it have gone before.</summary>
    private void Forget(DecodedSlice slice)
    {
        if (slice.Unfinished || slice.EndLost)
            OpenAtEnd.Add(slice.Name);
        CollectionsMarshal.GetValueRefOrAddDefault(_forgotten, slice.Name, out _)++;
        Slices.RemoveAt(Slices.Count - 1);
    }

    private void Advance(long timeNs, string? name)
    {
        if (timeNs < _lastNs)
            Assert.Fail($"thread '{Name}': time runs back from {_lastNs} to {timeNs} at '{name}'");
        _lastNs = timeNs;
    }
}
