using VizTrace.Model.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Events;

/// <summary>
/// Turns packets into events, with all that they leave to the state of their sequence: clocks, defaults, interned texts. This part takes
/// packets apart; the others are about track events, old phases, samples, the kernel's events and what our own traces tell of themselves.
/// One decoder reads a trace once. Not thread-safe.
/// </summary>
internal sealed partial class TraceDecoder
{
    private readonly PerfettoTrace _trace;
    private readonly TextTable _texts;
    private readonly TraceFacts _facts;
    private readonly bool _first;
    private readonly EventParts _parts;
    private readonly IPlacedSink? _sink;
    private readonly Dictionary<uint, SequenceState> _sequences = [];
    private SequenceState _sequence = new();
    private uint _sequenceId = uint.MaxValue;
    private long _ordinal;
    private long _withoutTime;
    private long _withoutNames;
    private long _damaged;

    /// <summary>Creates a decoder for one reading.</summary>
    /// <param name="trace">Whose tables are used.</param>
    /// <param name="first">Whether rows and facts are to be filled in.</param>
    /// <param name="parts">What is needed.</param>
    /// <param name="sink">Takes the events; null: nobody.</param>
    public TraceDecoder(PerfettoTrace trace, bool first, EventParts parts, IPlacedSink? sink)
    {
        _trace = trace;
        _texts = trace.Texts;
        _facts = trace.Facts;
        _first = first;
        _parts = parts;
        _sink = sink;
        _annotations = new AnnotationReader(this);
        Rows = new RowTable(trace.Tracks, first);
    }

    /// <summary>The rows.</summary>
    public RowTable Rows { get; }

    /// <summary>The clocks.</summary>
    public ClockTable Clocks { get; } = new();

    /// <summary>The sequence of the last packet.</summary>
    public SequenceState Sequence => _sequence;

    /// <summary>All sequences so far.</summary>
    public IReadOnlyDictionary<uint, SequenceState> Sequences => _sequences;

    /// <summary>The clock of the last packet that counts from packet to packet, and what its time stamp added; null: it has none.</summary>
    public EventClock? StampClock { get; private set; }

    /// <summary>What the last packet's time stamp added to <see cref="StampClock"/>.</summary>
    public long StampDelta { get; private set; }

    /// <summary>Field of the last packet's event, or of other content that is looked into; 0: none.</summary>
    public int Data { get; private set; }

    /// <summary>Whether the last packet tells of rows: descriptors, process trees and statistics.</summary>
    public bool TellsRows { get; private set; }

    /// <summary>The clock of the last packet's time stamp; null: it has none, or counts as the trace's.</summary>
    public EventClock? PacketClock { get; private set; }

    /// <summary>What the last packet added to the sequence's timestamp_delta_us; 0: nothing.</summary>
    public long AddedUs { get; private set; }

    /// <summary>Whether the last packet is a track event whose time is in microseconds in the event itself.</summary>
    public bool HasOwnTime { get; private set; }

    /// <summary>Packets of any sequence are missing here.</summary>
    public void Gap()
    {
        foreach (var sequence in _sequences.Values) sequence.ForgetIncrementalClocks();
    }

    /// <summary>Takes one packet (not a compressed one). <paramref name="bytes"/>: its size with tag and length.</summary>
    public void Packet(ReadOnlySpan<byte> packet, int bytes)
    {
        ulong timestamp = 0, flags = 0;
        uint clock = 0, sequenceId = 0;
        var data = 0;
        bool hasTimestamp = false, isRare = false, tellsRows = false;
        ReadOnlySpan<byte> content = default;
        var cursor = new ProtoCursor(packet);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case PacketFields.Timestamp:
                    timestamp = cursor.Value;
                    hasTimestamp = true;
                    break;
                case PacketFields.SequenceId:
                    sequenceId = (uint)cursor.Value;
                    break;
                case PacketFields.TrackEvent:
                case PacketFields.PerfSample or PacketFields.StackSample or PacketFields.StreamingProfile or PacketFields.FtraceEvents or PacketFields.TaskState:
                    content = cursor.Bytes;
                    data = cursor.Field;
                    break;
                case PacketFields.SequenceFlags:
                    flags = cursor.Value;
                    isRare |= (flags & 1) != 0;
                    break;
                case PacketFields.ClockId:
                    clock = (uint)cursor.Value;
                    break;
                case PacketFields.ClockSnapshot or PacketFields.InternedData or PacketFields.StateCleared or PacketFields.PreviousDropped
                    or PacketFields.Defaults:
                    isRare = true;
                    break;
                case PacketFields.ProcessDescriptor or PacketFields.ThreadDescriptor or PacketFields.TrackDescriptor or PacketFields.ProcessTree:
                    isRare = tellsRows = true;
                    break;
                case PacketFields.ProcessStats:
                    tellsRows = true;
                    break;
            }
        }
        StampClock = PacketClock = null;
        AddedUs = 0;
        HasOwnTime = false;
        Data = data;
        TellsRows = tellsRows;
        if (sequenceId != _sequenceId) Select(sequenceId);
        if (cursor.Malformed)
        {
            _damaged++;
            Data = 0;
            TellsRows = false;
            return;
        }
        if (isRare) State(packet, flags);
        long time = 0;
        var hasTime = hasTimestamp && TryTime(clock, timestamp, out time);
        if (data == 0) return;
        if ((flags & 2) != 0 && !_sequence.IsValid)
        {
            _withoutNames++;
            return;
        }
        switch (data)
        {
            case PacketFields.TrackEvent:
                TrackEvent(content, hasTime, time, bytes);
                break;
            case PacketFields.PerfSample:
                PerfSample(content, hasTime, time, bytes);
                break;
            case PacketFields.StackSample:
                StackSample(content, hasTime, time, bytes);
                break;
            case PacketFields.StreamingProfile:
                StreamingProfile(content, bytes);
                break;
            case PacketFields.TaskState:
                TaskState(content, hasTime, time, bytes);
                break;
            default:
                Bundle(content, bytes);
                break;
        }
    }

    /// <summary>All is read.</summary>
    public void Finish()
    {
        Rows.Finish();
        if (!_first) return;
        _facts.Events = _ordinal;
        _facts.RealtimeOffsetNs = Clocks.RealtimeOffsetNs;
        _facts.ClockName = Clocks.Primary switch { ClockIds.Monotonic => "MONOTONIC", ClockIds.Boottime => "BOOTTIME", ClockIds.Realtime => "REALTIME", _ => null };
        if (_withoutTime > 0) _facts.Remarks.Add($"{_withoutTime:N0} events have no time that can be told: they are not looked into");
        if (_withoutNames > 0) _facts.Remarks.Add($"{_withoutNames:N0} packets need names that were lost: they are not looked into");
        if (_damaged > 0) _facts.Remarks.Add($"{_damaged:N0} damaged packets are not looked into");
    }

    private void Select(uint id)
    {
        if (!_sequences.TryGetValue(id, out var sequence)) _sequences.Add(id, sequence = new SequenceState { Id = id });
        _sequence = sequence;
        _sequenceId = id;
    }

    // Moves an incremental clock on. False: a clock of the sequence's own that nobody explained, or not since packets went missing.
    private bool TryTime(uint id, ulong timestamp, out long time)
    {
        if (id == 0) id = _sequence.DefaultClock;
        if (id == 0) id = ClockIds.Boottime;
        time = (long)timestamp;
        if (ClockTable.IsOfSequence(id))
        {
            if (_sequence.Clock(id) is not { } own) return false;
            PacketClock = own;
            if (own.IsIncremental)
            {
                StampClock = own;
                StampDelta = time;
                own.Last = time = unchecked(own.Last + time);
            }
            time = own.ToTrace(time);
            return true;
        }
        if (id != Clocks.Primary && Clocks[id] is { } clock)
        {
            PacketClock = clock;
            time = clock.ToTrace(time);
        }
        else if (Clocks[id] is { UnitNs: not 1 } unit)
        {
            PacketClock = unit;
            time = unit.ToTrace(time);
        }
        return true;
    }

    // State first, content after it, as the format demands.
    private void State(ReadOnlySpan<byte> packet, ulong flags)
    {
        var cleared = (flags & 1) != 0;
        var dropped = false;
        var cursor = new ProtoCursor(packet);
        while (cursor.Next())
        {
            if (cursor.Field == PacketFields.StateCleared) cleared |= cursor.Value != 0;
            else if (cursor.Field == PacketFields.PreviousDropped) dropped = cursor.Value != 0;
        }
        if (cleared)
        {
            _sequence.Clear();
            _sequence.IsValid = true;
        }
        else if (dropped)
        {
            _sequence.IsValid = false;
            _sequence.ForgetIncrementalClocks();
        }
        cursor = new ProtoCursor(packet);
        while (cursor.Next())
        {
            if (cursor.Field == PacketFields.Defaults) Defaults(cursor.Bytes);
            else if (cursor.Field == PacketFields.InternedData) Intern(cursor.Bytes);
        }
        cursor = new ProtoCursor(packet);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case PacketFields.ClockSnapshot:
                    Clocks.Snapshot(cursor.Bytes, _sequence);
                    break;
                case PacketFields.TrackDescriptor:
                    Descriptor(cursor.Bytes);
                    break;
                case PacketFields.ProcessDescriptor:
                    ProcessDescriptor(cursor.Bytes, 0);
                    break;
                case PacketFields.ThreadDescriptor:
                    ThreadDescriptor(cursor.Bytes, 0, null, true);
                    break;
                case PacketFields.ProcessTree:
                    ProcessTree(cursor.Bytes);
                    break;
            }
        }
    }

    private void Defaults(ReadOnlySpan<byte> message)
    {
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == PacketFields.ClockId)
            {
                _sequence.DefaultClock = (uint)cursor.Value;
                continue;
            }
            if (cursor.Field != PacketFields.TrackEvent) continue;
            ulong[] whole = [], real = [];
            int wholes = 0, reals = 0;
            var inner = new ProtoCursor(cursor.Bytes);
            while (inner.Next())
            {
                if (inner.Field == EventFields.Track) _sequence.DefaultTrack = inner.Value;
                else if (inner.Field == EventFields.ExtraTracks) wholes = Repeated.Add(inner, false, ref whole, wholes);
                else if (inner.Field == EventFields.ExtraDoubleTracks) reals = Repeated.Add(inner, false, ref real, reals);
            }
            _sequence.DefaultExtra = whole[..wholes];
            _sequence.DefaultExtraDouble = real[..reals];
        }
    }

    private void Intern(ReadOnlySpan<byte> message)
    {
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case InternedFields.Names: Text(cursor.Bytes, ref _sequence.Names); break;
                case InternedFields.Categories: Text(cursor.Bytes, ref _sequence.Categories); break;
                case InternedFields.AnnotationNames: Text(cursor.Bytes, ref _sequence.ArgumentNames); break;
                case InternedFields.Texts: Text(cursor.Bytes, ref _sequence.Texts); break;
                case InternedFields.FunctionNames: Text(cursor.Bytes, ref _sequence.Functions); break;
                case InternedFields.MappingPaths: Text(cursor.Bytes, ref _sequence.Paths); break;
                case InternedFields.Mappings or InternedFields.Frames or InternedFields.Callstacks or InternedFields.TaskContexts:
                    InternStack(cursor.Field, cursor.Bytes);
                    break;
            }
        }
    }

    private void Text(ReadOnlySpan<byte> message, ref IidMap map)
    {
        ulong iid = 0;
        ReadOnlySpan<byte> text = default;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == 1) iid = cursor.Value;
            else if (cursor.Field == 2) text = cursor.Bytes;
        }
        map.Set(iid, _texts.Add(text));
    }

    // Hands an event out; times of the whole trace are noted on the way.
    private void Emit(scoped ref TraceEvent e, EventPlace place)
    {
        e.Ordinal = _ordinal++;
        if (_first)
        {
            if (e.TimeNs < _facts.FirstNs) _facts.FirstNs = e.TimeNs;
            var end = e.Kind == EventKind.Complete && e.DurationNs > 0 ? e.TimeNs + e.DurationNs : e.TimeNs;
            if (end > _facts.LastNs) _facts.LastNs = end;
        }
        _sink?.Event(in e, place);
    }
}
