using VizTrace.Model.Events;
using VizTrace.Perfetto.Editing;
using VizTrace.Perfetto.Events;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Writing;

// Events as packets.
public sealed partial class PerfettoEventWriter
{
    // Texts with higher numbers are names that hardly come twice: they stand in place instead of being interned.
    private const int MostInterned = 1 << 18;

    // Tag, length, sequence, tag and length of the event, type, category, name, time stamp: the longest packet without anything else.
    private const int ShortPacket = 64;

    private readonly AnnotationWriter _arguments;
    private readonly ByteBuilder _event = new();
    private readonly ByteBuilder _interned = new();
    private readonly ByteBuilder _inner = new();
    private readonly ByteBuilder _packet = new();
    private TextTable Texts => _source!.Texts;

    /// <inheritdoc/>
    public void Event(scoped in TraceEvent e)
    {
        if (_rows[e.Track] is not { } row) return;
        switch (e.Kind)
        {
            case EventKind.Begin:
                EndUntil(row, e.TimeNs);
                Slice(row, in e, EventTypes.Begin);
                break;
            case EventKind.End:
                EndUntil(row, e.TimeNs);
                Slice(row, in e, EventTypes.End);
                break;
            case EventKind.Complete:
                EndUntil(row, e.TimeNs);
                Slice(row, in e, EventTypes.Begin);
                // Without a duration it is open to the end.
                if (e.DurationNs >= 0) row.Push(e.TimeNs + e.DurationNs);
                break;
            case EventKind.Instant:
                EndUntil(row, e.TimeNs);
                Slice(row, in e, EventTypes.Instant);
                break;
            case EventKind.Counter:
                if (e.Arguments != null) _arguments.Series(row, in e);
                else Value(row, e.TimeNs, e.IsInteger, e.IntegerValue, e.Value);
                break;
            case EventKind.FlowBegin or EventKind.FlowStep or EventKind.FlowEnd:
                EndUntil(row, e.TimeNs);
                Flow(row, in e);
                break;
            case EventKind.Sample:
                Sample(row, in e);
                break;
            case EventKind.Scheduling:
                _schedulings++;
                break;
            default:
                _others++;
                break;
        }
    }

    // Ends of whole slices up to a time, innermost first, so that packets of a row are in order of time and equal times nest.
    private void EndUntil(RowState row, long timeNs)
    {
        if (row.EndCount != 0)
        {
            // An event out of order: what is open has been told before it all the same.
            if (timeNs < row.LastEventNs) EndAll(row);
            while (row.EndCount > 0 && row.Ends[row.EndCount - 1] <= timeNs) End(row, row.Ends[--row.EndCount]);
        }
        row.LastEventNs = timeNs;
    }

    private void EndAll(RowState row)
    {
        while (row.EndCount > 0) End(row, row.Ends[--row.EndCount]);
    }

    private void End(RowState row, long timeNs)
    {
        var to = _output.Current;
        var bytes = to.Room(ShortPacket);
        var n = WireFormat.PutVarint(bytes, 2, (10 << 3) | WireFormat.Varint);
        n = WireFormat.PutVarint(bytes, n, row.Sequence);
        bytes[n++] = (11 << 3) | WireFormat.LengthDelimited;
        bytes[n++] = 2;
        bytes[n++] = 9 << 3;
        bytes[n++] = EventTypes.End;
        Close(row, bytes, n, timeNs);
    }

    // The time stamp behind a packet that was begun at the buffer's end, and its length before it.
    private void Close(RowState row, Span<byte> bytes, int n, long timeNs)
    {
        bytes[n++] = 8 << 3;
        n = WireFormat.PutVarint(bytes, n, (ulong)unchecked(timeNs - row.LastNs));
        row.LastNs = timeNs;
        bytes[0] = 0x0A;
        bytes[1] = (byte)(n - 2);
        _output.Current.Commit(n);
        _output.Full();
    }

    private void Slice(RowState row, scoped in TraceEvent e, int type)
    {
        if (!row.IsStarted) Start(row);
        var named = type != EventTypes.End;
        if (e.Arguments != null || e.Stack != 0 || !e.Flows.IsEmpty || !e.EndingFlows.IsEmpty || (named && (e.Name >= MostInterned || e.Category >= MostInterned)))
        {
            Long(row, in e, type);
            return;
        }
        var newName = named && e.Name != 0 && row.NewName(e.Name);
        var newCategory = named && e.Category != 0 && row.NewCategory(e.Category);
        if (newName || newCategory) Intern(row, newName ? e.Name : 0, newCategory ? e.Category : 0);
        var bytes = _output.Current.Room(ShortPacket);
        var n = WireFormat.PutVarint(bytes, 2, (10 << 3) | WireFormat.Varint);
        n = WireFormat.PutVarint(bytes, n, row.Sequence);
        bytes[n++] = (11 << 3) | WireFormat.LengthDelimited;
        var length = n++;
        bytes[n++] = 9 << 3;
        bytes[n++] = (byte)type;
        if (named && e.Category != 0)
        {
            bytes[n++] = 3 << 3;
            n = WireFormat.PutVarint(bytes, n, (ulong)e.Category);
        }
        if (named && e.Name != 0)
        {
            bytes[n++] = 10 << 3;
            n = WireFormat.PutVarint(bytes, n, (ulong)e.Name);
        }
        bytes[length] = (byte)(n - length - 1);
        Close(row, bytes, n, e.TimeNs);
    }

    private void Intern(RowState row, int name, int category)
    {
        _interned.Clear();
        if (category != 0) InternText(InternedFields.Categories, category, Texts);
        if (name != 0) InternText(InternedFields.Names, name, Texts);
        TellInterned(row.Sequence);
    }

    private void InternText(int field, int id, TextTable texts)
    {
        _inner.Clear();
        _inner.Number(1, (ulong)id);
        _inner.Bytes(2, texts.Utf8(id));
        _interned.Bytes(field, _inner.Span);
    }

    private void TellInterned(uint sequence)
    {
        if (_interned.Length == 0) return;
        _packet.Clear();
        _packet.Number(PacketFields.SequenceId, sequence);
        _packet.Bytes(PacketFields.InternedData, _interned.Span);
        _output.Current.Bytes(1, _packet.Span);
        _interned.Clear();
        _output.Full();
    }

    // An event with flows, arguments, a call stack or a name in place.
    private void Long(RowState row, scoped in TraceEvent e, int type)
    {
        _event.Clear();
        _interned.Clear();
        _event.Number(EventFields.Type, (ulong)type);
        Named(row, in e, type != EventTypes.End);
        foreach (var flow in e.Flows) _event.Fixed(EventFields.Flows, flow);
        foreach (var flow in e.EndingFlows) _event.Fixed(EventFields.EndingFlows, flow);
        if (e.Stack != 0) Stack(e.Stack);
        if (e.Arguments != null) _arguments.Write(row, in e, _event);
        Put(row, e.TimeNs);
    }

    private void Named(RowState row, scoped in TraceEvent e, bool named)
    {
        if (!named) return;
        if (e.Category >= MostInterned)
        {
            _event.Bytes(EventFields.Categories, Texts.Utf8(e.Category));
        }
        else if (e.Category != 0)
        {
            if (row.NewCategory(e.Category)) InternText(InternedFields.Categories, e.Category, Texts);
            _event.Number(EventFields.CategoryIids, (ulong)e.Category);
        }
        if (e.Name >= MostInterned)
        {
            _event.Bytes(EventFields.Name, Texts.Utf8(e.Name));
        }
        else if (e.Name != 0)
        {
            if (row.NewName(e.Name)) InternText(InternedFields.Names, e.Name, Texts);
            _event.Number(EventFields.NameIid, (ulong)e.Name);
        }
    }

    // What is in _event as a packet of a row's sequence, and what it needs interned before it.
    private void Put(RowState row, long timeNs)
    {
        TellInterned(row.Sequence);
        _packet.Clear();
        _packet.Number(PacketFields.SequenceId, row.Sequence);
        _packet.Bytes(PacketFields.TrackEvent, _event.Span);
        _packet.Number(PacketFields.Timestamp, (ulong)unchecked(timeNs - row.LastNs));
        row.LastNs = timeNs;
        _output.Current.Bytes(1, _packet.Span);
        _output.Full();
    }

    // Outermost frame first, as the schema asks.
    private void Stack(int stack)
    {
        _inner.Clear();
        Frames(stack, 0);
        _event.Bytes(EventFields.Callstack, _inner.Span);
    }

    private void Frames(int stack, int depth)
    {
        if (stack == 0 || depth > 1024) return;
        var frame = _source!.Stacks[stack];
        Frames(frame.Callers, depth + 1);
        _packet.Clear();
        _packet.Bytes(1, Texts.Utf8(frame.Function));
        if (frame.Module != 0) _packet.Bytes(2, Texts.Utf8(frame.Module));
        _inner.Bytes(1, _packet.Span);
    }

    // Chrome's own flow events: the viewer binds them to the slices around or behind them as Chrome's does.
    private void Flow(RowState row, scoped in TraceEvent e)
    {
        if (!row.IsStarted) Start(row);
        _event.Clear();
        _interned.Clear();
        Named(row, in e, true);
        _inner.Clear();
        _inner.Number(LegacyFields.Phase, e.Kind switch { EventKind.FlowBegin => 's', EventKind.FlowStep => 't', _ => 'f' });
        _inner.Number(LegacyFields.UnscopedId, e.FlowId);
        if (e.BindsEnclosing) _inner.Number(LegacyFields.BindToEnclosing, 1);
        _event.Bytes(EventFields.Legacy, _inner.Span);
        Put(row, e.TimeNs);
    }

    private void Value(RowState row, long timeNs, bool isInteger, long integer, double real)
    {
        if (!row.IsStarted) Start(row);
        _event.Clear();
        _interned.Clear();
        _event.Number(EventFields.Type, EventTypes.Counter);
        if (isInteger) _event.Number(EventFields.CounterValue, (ulong)integer);
        else _event.Fixed(EventFields.DoubleCounterValue, BitConverter.DoubleToUInt64Bits(real));
        Put(row, timeNs);
    }

    // A value of a counter that has several: each has a row, named by both.
    private void SeriesValue(RowState row, scoped in TraceEvent e, int name, bool isInteger, long integer, double real)
    {
        row.Series ??= [];
        if (!row.Series.TryGetValue(name, out var series))
        {
            var own = _source!.Tracks[e.Track];
            var title = string.IsNullOrEmpty(own.Name) ? Texts.Get(e.Name) : own.Name;
            var descriptor = new TrackDescriptor { Uuid = ++_nextUuid, Name = title + " " + _arguments.Names.Get(name), Counter = new CounterDescriptor() };
            if (own.Parent >= 0 && _rows[own.Parent] is { } parent) descriptor.ParentUuid = parent.Uuid;
            series = new RowState(FirstRowSequence + (uint)_nextUuid, _nextUuid) { Descriptor = new TracePacket { TrustedPacketSequenceId = OwnSequence, TrackDescriptor = descriptor } };
            row.Series.Add(name, series);
        }
        Value(series, e.TimeNs, isInteger, integer, real);
    }

    // The first packet of a row's sequence. The trace processor refuses snapshots that go back, so the clock stands at the latest of all.
    private void Start(RowState row)
    {
        row.IsStarted = true;
        if (row.Descriptor is { } descriptor) _output.Packet(descriptor);
        row.Descriptor = null;
        StartSequence(row.Sequence, row.Uuid);
        row.LastNs = _snapshotNs;
    }

    private void StartSequence(uint sequence, ulong uuid)
    {
        var packet = new TracePacket
        {
            TrustedPacketSequenceId = sequence,
            SequenceFlags = 1,
            FirstPacketOnSequence = true,
            TracePacketDefaults = new TracePacketDefaults { TimestampClockId = ClockIds.Incremental },
            ClockSnapshot = new ClockSnapshot
            {
                Clocks =
                {
                    new ClockSnapshot.Types.Clock { ClockId = ClockIds.Incremental, Timestamp = (ulong)_snapshotNs, IsIncremental = true },
                    new ClockSnapshot.Types.Clock { ClockId = _clock, Timestamp = (ulong)_snapshotNs },
                },
            },
        };
        if (uuid != 0) packet.TracePacketDefaults.TrackEventDefaults = new TrackEventDefaults { TrackUuid = uuid };
        _output.Packet(packet);
    }
}
