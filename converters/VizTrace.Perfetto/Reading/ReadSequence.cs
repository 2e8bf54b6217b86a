using System.Runtime.InteropServices;

namespace VizTrace.Perfetto.Reading;

/// <summary>A clock: where it stands and how it relates to CLOCK_MONOTONIC.</summary>
internal sealed class ReadClock
{
    /// <summary>Time stamps are differences from the one before.</summary>
    public bool IsIncremental { get; init; }

    /// <summary>Gaps in the trace before it was told; after a further one an incremental clock stands nobody knows where.</summary>
    public long Gaps { get; init; }

    /// <summary>Nanoseconds of a unit.</summary>
    public long UnitNs { get; init; } = 1;

    /// <summary>Its time in ns minus CLOCK_MONOTONIC.</summary>
    public long OffsetNs { get; set; }

    /// <summary>Last reading of an incremental clock, in units.</summary>
    public long Last { get; set; }

    /// <summary>Turns a packet's time stamp into CLOCK_MONOTONIC ns.</summary>
    public long ToMonotonic(ulong timestamp)
    {
        var reading = (long)timestamp;
        if (IsIncremental) Last = reading = unchecked(Last + reading);
        return unchecked(reading * UnitNs - OffsetNs);
    }
}

/// <summary>Which function an event's interned name, category and source location stand for.</summary>
internal struct KnownFunction
{
    /// <summary>Interning id of the category.</summary>
    public ulong Category;

    /// <summary>Interning id of the source location.</summary>
    public ulong Source;

    /// <summary>The model's id plus one; 0: nothing known.</summary>
    public int FunctionIdPlusOne;
}

/// <summary>What a packet sequence has told so far.</summary>
internal sealed class ReadSequence
{
    private readonly Dictionary<ulong, KnownFunction> _knownSparse = [];
    private KnownFunction[] _known = [];
    private KnownFunction _scratch;
    private ReadClock?[]? _clocks;

    /// <summary>Names of events.</summary>
    public Dictionary<ulong, string> Names { get; } = [];

    /// <summary>Names of categories.</summary>
    public Dictionary<ulong, string> Categories { get; } = [];

    /// <summary>Names of arguments.</summary>
    public Dictionary<ulong, string> ArgumentNames { get; } = [];

    /// <summary>Source locations: file and line.</summary>
    public Dictionary<ulong, (string File, int Line)> Sources { get; } = [];

    /// <summary>Clock of packets that name none; 0: the trace's.</summary>
    public uint DefaultClock { get; set; }

    /// <summary>Row of events that name none; null: none told.</summary>
    public ulong? DefaultTrack { get; set; }

    /// <summary>Thread of events without a row, by the old ThreadDescriptor.</summary>
    public ReadThread? OldThread { get; set; }

    /// <summary>Base of timestamp_delta_us, microseconds.</summary>
    public long OldTimeUs { get; set; }

    /// <summary>Whether incremental state was begun and not lost since.</summary>
    public bool IsValid { get; set; }

    /// <summary>Row that was looked up last, and its thread.</summary>
    public (ulong Uuid, ReadThread? Thread) LastTrack { get; set; }

    /// <summary>Forgets what was interned and set as default.</summary>
    public void Clear()
    {
        Names.Clear();
        Categories.Clear();
        ArgumentNames.Clear();
        Sources.Clear();
        Array.Clear(_known);
        _knownSparse.Clear();
        _clocks = null;
        DefaultClock = 0;
        DefaultTrack = null;
        LastTrack = default;
    }

    /// <summary>A clock from 64 to 127; null: not told.</summary>
    public ReadClock? Clock(uint id) => _clocks?[id - ClockIds.Incremental];

    /// <summary>Tells a clock from 64 to 127.</summary>
    public void SetClock(uint id, ReadClock clock) => (_clocks ??= new ReadClock?[64])[id - ClockIds.Incremental] = clock;

    /// <summary>Packets of the sequence are missing: its incremental clocks are not told any more.</summary>
    public void ForgetIncrementalClocks()
    {
        foreach (ref var clock in _clocks.AsSpan())
            if (clock is { IsIncremental: true }) clock = null;
    }

    /// <summary>
    /// Place to remember the function of an interned name: an array as long as the numbers are about as many as the names, else a dictionary;
    /// one that is forgotten for a high number that nobody told.
    /// </summary>
    public ref KnownFunction Known(ulong nameIid)
    {
        if (nameIid < (ulong)_known.Length) return ref _known[nameIid];
        if (nameIid < 64 + 4 * (ulong)Names.Count)
        {
            Array.Resize(ref _known, Math.Max((int)nameIid + 1, Math.Max(64, _known.Length * 2)));
            return ref _known[nameIid];
        }
        if (Names.ContainsKey(nameIid)) return ref CollectionsMarshal.GetValueRefOrAddDefault(_knownSparse, nameIid, out _);
        _scratch = default;
        return ref _scratch;
    }
}

/// <summary>A thread of the trace and its open calls.</summary>
internal sealed class ReadThread
{
    private (int FunctionId, long EndNs)[] _open = new (int, long)[32];

    /// <summary>Creates one.</summary>
    public ReadThread(int id) => Id = id;

    /// <summary>The model's id.</summary>
    public int Id { get; }

    /// <summary>What is known of it.</summary>
    public Model.ThreadInfo? Info { get; set; }

    /// <summary>Whether the trace told all of it (our own traces do).</summary>
    public bool IsComplete { get; set; }

    /// <summary>Time of its last edge; <see cref="long.MinValue"/> before the first.</summary>
    public long LastNs { get; set; } = long.MinValue;

    /// <summary>Gaps in the trace up to its last edge.</summary>
    public long Gaps { get; set; }

    /// <summary>Calls begun.</summary>
    public long Calls { get; set; }

    /// <summary>Open calls.</summary>
    public int Depth { get; private set; }

    /// <summary>Function and known end of the innermost open call; the end is <see cref="long.MaxValue"/> when it is still to come.</summary>
    public (int FunctionId, long EndNs) Innermost => _open[Depth - 1];

    /// <summary>Opens a call.</summary>
    public void Push(int functionId, long endNs)
    {
        if (Depth == _open.Length) Array.Resize(ref _open, Depth * 2);
        _open[Depth++] = (functionId, endNs);
    }

    /// <summary>Closes the innermost call and returns its function.</summary>
    public int Pop() => _open[--Depth].FunctionId;
}
