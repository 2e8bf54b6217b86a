using System.Buffers.Binary;

namespace VizTrace.Perfetto.Reading;

/// <summary>Ids by interning number: an array for the small ones, which nearly all are, a dictionary for the others. 0: not told.</summary>
internal struct IidMap
{
    private const ulong MostDense = 1 << 16;

    private int[]? _dense;
    private Dictionary<ulong, int>? _sparse;

    /// <summary>What <paramref name="iid"/> stands for; 0: nothing.</summary>
    public readonly int this[ulong iid] =>
        _dense != null && iid < (ulong)_dense.Length ? _dense[iid] : _sparse != null && _sparse.TryGetValue(iid, out var id) ? id : 0;

    /// <summary>Tells what <paramref name="iid"/> stands for.</summary>
    public void Set(ulong iid, int id)
    {
        if (iid >= MostDense)
        {
            (_sparse ??= [])[iid] = id;
            return;
        }
        _dense ??= new int[16];
        if (iid >= (ulong)_dense.Length) Array.Resize(ref _dense, (int)Math.Min(MostDense, Math.Max(iid + 1, (ulong)_dense.Length * 2)));
        _dense[iid] = id;
    }

    /// <summary>Forgets all.</summary>
    public readonly void Clear()
    {
        Array.Clear(_dense ?? []);
        _sparse?.Clear();
    }
}

/// <summary>What a packet sequence has told so far.</summary>
internal sealed class SequenceState
{
    /// <summary>Texts of names, categories, argument names and values, functions and paths of modules: ids of the trace's texts.</summary>
    public IidMap Names, Categories, ArgumentNames, Texts, Functions, Paths;

    /// <summary>Call stacks that were asked for: ids of the trace's stacks plus one.</summary>
    public IidMap Stacks;

    private EventClock?[]? _clocks;

    /// <summary>Modules (path as text), frames and call stacks as they were told.</summary>
    public Dictionary<ulong, int> Mappings { get; } = [];

    /// <summary>See <see cref="Mappings"/>.</summary>
    public Dictionary<ulong, (ulong Function, ulong Mapping, ulong Address)> Frames { get; } = [];

    /// <summary>See <see cref="Mappings"/>; outermost frame first.</summary>
    public Dictionary<ulong, ulong[]> Callstacks { get; } = [];

    /// <summary>Pid and tid of stack samples.</summary>
    public Dictionary<ulong, (long Pid, long Tid)> Tasks { get; } = [];

    /// <summary>Sums of incremental counters by the row's uuid.</summary>
    public Dictionary<ulong, CounterSum> Counters { get; } = [];

    /// <summary>Number of the sequence.</summary>
    public uint Id { get; init; }

    /// <summary>Clock of packets that name none; 0: the trace's.</summary>
    public uint DefaultClock { get; set; }

    /// <summary>Row of events that name none; null: none told.</summary>
    public ulong? DefaultTrack { get; set; }

    /// <summary>Rows of extra counter values of events that name none.</summary>
    public ulong[] DefaultExtra { get; set; } = [];

    /// <summary>The same for values with a fraction.</summary>
    public ulong[] DefaultExtraDouble { get; set; } = [];

    /// <summary>Thread by the old descriptor; 0: none told.</summary>
    public long OldPid { get; set; }

    /// <summary>See <see cref="OldPid"/>.</summary>
    public long OldTid { get; set; }

    /// <summary>Where timestamp_delta_us counts from, microseconds.</summary>
    public long TimeUs { get; set; }

    /// <summary>The same as a rewritten trace has told it.</summary>
    public long WrittenUs { get; set; }

    /// <summary>Whether incremental state was begun and not lost since.</summary>
    public bool IsValid { get; set; }

    /// <summary>Row that was looked up last: its uuid and id.</summary>
    public (ulong Uuid, int Row) LastTrack { get; set; } = (0, -1);

    /// <summary>Forgets what was interned and set as default.</summary>
    public void Clear()
    {
        Names.Clear();
        Categories.Clear();
        ArgumentNames.Clear();
        Texts.Clear();
        Functions.Clear();
        Paths.Clear();
        Stacks.Clear();
        Mappings.Clear();
        Frames.Clear();
        Callstacks.Clear();
        Tasks.Clear();
        Counters.Clear();
        _clocks = null;
        DefaultClock = 0;
        DefaultTrack = null;
        DefaultExtra = DefaultExtraDouble = [];
    }

    /// <summary>A clock from 64 to 127; null: not told.</summary>
    public EventClock? Clock(uint id) => _clocks?[id - ClockIds.Incremental];

    /// <summary>Tells a clock from 64 to 127.</summary>
    public void SetClock(uint id, EventClock clock) => (_clocks ??= new EventClock?[64])[id - ClockIds.Incremental] = clock;

    /// <summary>Packets of the sequence are missing: its incremental clocks stand nobody knows where.</summary>
    public void ForgetIncrementalClocks()
    {
        foreach (ref var clock in _clocks.AsSpan())
            if (clock is { IsIncremental: true }) clock = null;
    }
}

/// <summary>Where an incremental counter stands, and where a rewritten trace has said that it stands.</summary>
internal sealed class CounterSum
{
    /// <summary>Sum of whole values.</summary>
    public long Whole { get; set; }

    /// <summary>Sum of values with a fraction.</summary>
    public double Real { get; set; }

    /// <summary>What dropped events had added, to be told by the next one.</summary>
    public long PendingWhole { get; set; }

    /// <summary>See <see cref="PendingWhole"/>.</summary>
    public double PendingReal { get; set; }
}

/// <summary>Walks over a repeated number, packed or not.</summary>
internal static class Repeated
{
    /// <summary>Adds the values of the field at <paramref name="cursor"/> to <paramref name="to"/> from <paramref name="count"/> on; returns the new count.</summary>
    public static int Add(scoped in ProtoCursor cursor, bool isFixed, ref ulong[] to, int count)
    {
        if (cursor.WireType != WireFormat.LengthDelimited)
        {
            if (count == to.Length) Array.Resize(ref to, Math.Max(4, count * 2));
            to[count++] = cursor.Value;
            return count;
        }
        var bytes = cursor.Bytes;
        var position = 0;
        while (position < bytes.Length)
        {
            ulong value;
            if (isFixed)
            {
                if (bytes.Length - position < 8) break;
                value = BinaryPrimitives.ReadUInt64LittleEndian(bytes[position..]);
                position += 8;
            }
            else if (!WireFormat.TryReadVarint(bytes, ref position, out value))
            {
                break;
            }
            if (count == to.Length) Array.Resize(ref to, Math.Max(4, count * 2));
            to[count++] = value;
        }
        return count;
    }
}
