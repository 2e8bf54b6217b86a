using VizTrace.Model;

namespace VizTrace.Capture;

/// <summary>What is known of one OS thread from its start to its end; becomes one row. Built by <see cref="ThreadTable"/>.</summary>
internal sealed class ThreadLife
{
    private readonly List<(long Ns, string Name)> _managedNames = [];
    private readonly List<(long Ns, string Name)> _osNames = [];

    /// <summary>OS thread id; 0 until known.</summary>
    public long Tid { get; set; }

    /// <summary>Whether the runtime has (had) a Thread for it.</summary>
    public bool IsManaged { get; set; }

    /// <summary>Thread.ManagedThreadId; 0 until known.</summary>
    public int ManagedId { get; set; }

    /// <summary>Ticks at which the runtime made the Thread; null when that was not seen.</summary>
    public ulong? CreatedTicks { get; set; }

    /// <summary>Ticks of the first entry that told of it.</summary>
    public ulong FirstTicks { get; init; }

    /// <summary>CLOCK_MONOTONIC ns at which it was seen to begin to run.</summary>
    public long? AssignedNs { get; set; }

    /// <summary>CLOCK_MONOTONIC ns of its first slot.</summary>
    public long? FirstSlotNs { get; private set; }

    /// <summary>CLOCK_MONOTONIC ns at which the runtime or the thread itself told of its end, the later one.</summary>
    public long? EndNs { get; private set; }

    /// <summary>Whether the runtime destroyed the Thread.</summary>
    public bool IsDestroyed { get; set; }

    /// <summary>The life that the same key stood for before this one.</summary>
    public ThreadLife? Previous { get; init; }

    /// <summary>What the recorder saw of it; null when it saw nothing.</summary>
    public OsThread? Os { get; private set; }

    /// <summary>Its slots in the order of their beginning; most threads have none or one.</summary>
    public List<uint> Slots { get; } = [];

    /// <summary>First time at which it is known to have existed as an OS thread.</summary>
    public long BeginNs => Math.Min(AssignedNs ?? long.MaxValue, Math.Min(FirstSlotNs ?? long.MaxValue, Os?.SeenNs ?? long.MaxValue));

    /// <summary>Adds a slot that began at <paramref name="ns"/>.</summary>
    public void AddSlot(uint slot, long ns)
    {
        Slots.Add(slot);
        FirstSlotNs = Math.Min(FirstSlotNs ?? long.MaxValue, ns);
    }

    /// <summary>It ended at <paramref name="ns"/>, or later when that was told already.</summary>
    public void EndAt(long ns) => EndNs = Math.Max(EndNs ?? long.MinValue, ns);

    /// <summary>Joins it with what the recorder saw.</summary>
    public void Join(OsThread os)
    {
        Os = os;
        Tid = os.Tid;
        _osNames.AddRange(os.Names);
    }

    /// <summary>Thread.Name was set; empty takes the name away.</summary>
    public void NameManaged(long ns, string name) => _managedNames.Add((ns, name));

    /// <summary>Its comm was seen.</summary>
    public void NameOs(long ns, string? name)
    {
        if (!string.IsNullOrEmpty(name))
            _osNames.Add((ns, name));
    }

    /// <summary>The row.</summary>
    /// <param name="id">Its number in the trace.</param>
    /// <param name="process">Its process's number in the trace.</param>
    /// <param name="pid">Its process's OS id.</param>
    /// <param name="recordingStartNs">What began before is "there before the recording".</param>
    /// <param name="osStartNs">Its start as the recorder saw it; null when not known.</param>
    /// <param name="processEndNs">The end of its process, which ends it too; null when not known.</param>
    public ThreadInfo ToInfo(int id, int process, long pid, long recordingStartNs, long? osStartNs, long? processEndNs)
    {
        (string? managedName, List<(long, string)> earlier) = ManagedNames();
        string? osName = _osNames.Count == 0 ? null : _osNames.MaxBy(n => n.Ns).Name;
        bool isMain = Tid == pid && Tid != 0;
        long? start = isMain ? null : AssignedNs ?? osStartNs;
        return new ThreadInfo(id, process, Tid)
        {
            ManagedId = ManagedId == 0 ? null : ManagedId,
            ManagedName = managedName,
            EarlierNames = earlier,
            OsName = osName,
            Role = ThreadRoles.Of(isMain, IsManaged, managedName, osName),
            StartNs = start > recordingStartNs ? start : null,
            EndNs = EndNs ?? Os?.GoneNs ?? processEndNs,
        };
    }

    private (string? Last, List<(long, string)> Earlier) ManagedNames()
    {
        string? last = null;
        long lastNs = 0;
        var earlier = new List<(long, string)>();
        foreach ((long ns, string name) in _managedNames.OrderBy(n => n.Ns))
        {
            string? now = name.Length == 0 ? null : name;
            if (now == last)
                continue;
            if (last is not null)
                earlier.Add((lastNs, last));
            (last, lastNs) = (now, ns);
        }

        return (last, earlier);
    }
}
