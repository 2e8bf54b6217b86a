using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Events;

// The short way for what nearly all packets are: a begin, end or instant with nothing that anybody but its row and its time is asked for.
internal sealed partial class TraceDecoder
{
    private readonly SequenceState?[] _recent = new SequenceState?[256];

    /// <summary>Whether a reading that needs these parts may take the short way with a sink.</summary>
    public static bool IsShort(EventParts parts) => (parts & ~(EventParts.Times | EventParts.Flows)) == 0;

    /// <summary>
    /// Takes a packet if it is a begin, an end or an instant that carries no state, and only its row and time are asked for. False: nothing
    /// was done, <see cref="Packet"/> is to take it. <paramref name="row"/> is -1 for an event without a time, which is none. The sink is told
    /// only when <paramref name="tells"/>; <paramref name="bytes"/> is then the packet's size with tag and length.
    /// </summary>
    public bool TryShort(byte[] buffer, int start, int end, out int row, bool tells = false, int bytes = 0)
    {
        row = -1;
        ulong timestamp = 0, flags = 0, sequenceId = 0, clockId = 0;
        int eventStart = 0, eventEnd = 0, stamps = 0;
        var i = start;
        while (i < end)
        {
            int tag = buffer[i++];
            ulong value;
            // One comparison after the other: the order of the fields hardly changes, so they are foreseen better than a jump.
            if (tag == 0x40)
            {
                if (!Varint(buffer, ref i, end, out timestamp)) return false;
                stamps++;
            }
            else if (tag == 0x50)
            {
                if (!Small(buffer, ref i, end, out sequenceId)) return false;
            }
            else if (tag == 0x5A)
            {
                if (eventEnd != 0 || !Small(buffer, ref i, end, out value) || value > (ulong)(end - i)) return false;
                eventStart = i;
                i += (int)value;
                eventEnd = i;
            }
            else if (tag == 0x68)
            {
                if (!Small(buffer, ref i, end, out flags)) return false;
            }
            else if (tag == 0x18)
            {
                if (!Varint(buffer, ref i, end, out _)) return false;
            }
            else if (tag is 0xD0 or 0xF8)
            {
                // Two-byte tags: the clock's id, the writer's pid.
                if (i >= end) return false;
                int high = buffer[i++];
                if (high != (tag == 0xD0 ? 3 : 4) || !Varint(buffer, ref i, end, out value)) return false;
                if (tag == 0xD0) clockId = value;
            }
            else
            {
                return false;
            }
        }
        if (eventEnd == 0 || stamps != 1 || (flags & 1) != 0 || sequenceId > uint.MaxValue) return false;
        if (!ShortEvent(buffer, eventStart, eventEnd, out var type, out var uuid, out var hasUuid, out var hasFlows)) return false;
        if (tells && hasFlows && (_parts & EventParts.Flows) != 0) return false;
        var sequence = _sequence;
        if (sequenceId != _sequenceId)
        {
            sequence = _recent[sequenceId & 255];
            if (sequence == null || sequence.Id != sequenceId)
            {
                if (!_sequences.TryGetValue((uint)sequenceId, out sequence)) return false;
                _recent[sequenceId & 255] = sequence;
            }
            _sequence = sequence;
            _sequenceId = (uint)sequenceId;
        }
        if ((flags & 2) != 0 && !sequence.IsValid) return false;
        if (!hasUuid)
        {
            if (sequence.DefaultTrack is not { } own) return false;
            uuid = own;
        }
        if (uuid == 0) return false;
        StampClock = PacketClock = null;
        AddedUs = 0;
        HasOwnTime = TellsRows = false;
        Data = PacketFields.TrackEvent;
        var id = clockId != 0 ? (uint)clockId : sequence.DefaultClock != 0 ? sequence.DefaultClock : ClockIds.Boottime;
        long time;
        if (ClockTable.IsOfSequence(id) && sequence.Clock(id) is { } clock)
        {
            PacketClock = clock;
            time = (long)timestamp;
            if (clock.IsIncremental)
            {
                StampClock = clock;
                StampDelta = time;
                clock.Last = time = unchecked(clock.Last + time);
            }
            time = clock.ToTrace(time);
        }
        else if (!TryTime(id, timestamp, out time))
        {
            _withoutTime++;
            return true;
        }
        if (sequence.LastTrack.Uuid == uuid && sequence.LastTrack.Row >= 0)
        {
            row = sequence.LastTrack.Row;
        }
        else
        {
            row = Rows.OfUuid(uuid);
            sequence.LastTrack = (uuid, row);
        }
        var ordinal = _ordinal++;
        if (_first)
        {
            if (time < _facts.FirstNs) _facts.FirstNs = time;
            if (time > _facts.LastNs) _facts.LastNs = time;
            _facts.HasFlows |= hasFlows;
        }
        if (!tells) return true;
        TraceEvent e = default;
        e.Ordinal = ordinal;
        e.Kind = type == EventTypes.Begin ? EventKind.Begin : type == EventTypes.End ? EventKind.End : EventKind.Instant;
        e.Track = row;
        e.TimeNs = time;
        e.Bytes = bytes;
        e.Weight = 1;
        _sink!.Event(in e, new EventPlace(PlaceKind.Main, 0));
        return true;
    }

    private static bool ShortEvent(byte[] buffer, int i, int end, out ulong type, out ulong uuid, out bool hasUuid, out bool hasFlows)
    {
        uuid = 0;
        hasUuid = hasFlows = false;
        var hasCategoryText = false;
        type = EventTypes.End;
        // Nearly every end: its type and nothing else.
        if (end - i == 2 && buffer[i] == (EventFields.Type << 3) && buffer[i + 1] == EventTypes.End) return true;
        type = 0;
        while (i < end)
        {
            int tag = buffer[i++];
            ulong value;
            // The fields of nearly every event; all of them are handled below.
            if (tag == (EventFields.Type << 3))
            {
                if (!Small(buffer, ref i, end, out type)) return false;
                continue;
            }
            if (tag is (EventFields.NameIid << 3) or (EventFields.CategoryIids << 3))
            {
                if (!Varint(buffer, ref i, end, out _)) return false;
                continue;
            }
            if (tag == ((EventFields.Annotations << 3) | WireFormat.LengthDelimited))
            {
                if (!Small(buffer, ref i, end, out value) || value > (ulong)(end - i)) return false;
                i += (int)value;
                continue;
            }
            if (tag >= 0x80)
            {
                if (i >= end) return false;
                int high = buffer[i++];
                if (high >= 0x80) return false;
                tag = (tag & 0x7F) | (high << 7);
            }
            switch (tag & 7)
            {
                case WireFormat.Varint:
                    if (!Varint(buffer, ref i, end, out value)) return false;
                    break;
                case WireFormat.LengthDelimited:
                    if (!Small(buffer, ref i, end, out value) || value > (ulong)(end - i)) return false;
                    i += (int)value;
                    break;
                case WireFormat.Fixed64:
                    if (end - i < 8) return false;
                    i += 8;
                    value = 0;
                    break;
                default:
                    return false;
            }
            switch (tag >> 3)
            {
                case EventFields.Type: type = value; break;
                case EventFields.Track:
                    uuid = value;
                    hasUuid = true;
                    break;
                case EventFields.DeltaUs or EventFields.AbsoluteUs or EventFields.Legacy or EventFields.ExtraValues or EventFields.ExtraDoubleValues:
                    return false;
                case EventFields.Categories: hasCategoryText = true; break;
                case EventFields.Flows or EventFields.FlowsOld or EventFields.EndingFlows or EventFields.EndingFlowsOld: hasFlows = true; break;
            }
        }
        // Instants may tell of the trace itself, see About; counters have sums.
        return type is EventTypes.Begin or EventTypes.End || (type == EventTypes.Instant && !hasCategoryText);
    }

    // A number that is nearly always below 128.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Small(byte[] buffer, ref int position, int end, out ulong value)
    {
        if ((uint)position < (uint)buffer.Length && position < end && buffer[position] < 0x80)
        {
            value = buffer[position++];
            return true;
        }
        return WireFormat.TryReadVarint(buffer.AsSpan(0, end), ref position, out value);
    }

    // Lengths alternate as they like, so no branch on them: eight bytes at once, of which those up to the first without a high bit count.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Varint(byte[] buffer, ref int position, int end, out ulong value)
    {
        if (Bmi2.X64.IsSupported && buffer.Length - position >= sizeof(ulong))
        {
            var eight = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(buffer), position));
            var ends = ~eight & 0x8080_8080_8080_8080;
            value = Bmi2.X64.ParallelBitExtract(eight & (ends ^ (ends - 1)), 0x7F7F_7F7F_7F7F_7F7F);
            var behind = position + (BitOperations.TrailingZeroCount(ends) >> 3) + 1;
            if (ends != 0 && behind <= end)
            {
                position = behind;
                return true;
            }
        }
        return WireFormat.TryReadVarint(buffer.AsSpan(0, end), ref position, out value);
    }
}
