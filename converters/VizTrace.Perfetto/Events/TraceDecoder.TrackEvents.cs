using System.IO.Hashing;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Events;

// Begins, ends, instants and counters.
internal sealed partial class TraceDecoder
{
    private readonly AnnotationReader _annotations;
    private byte[] _categoryBytes = new byte[256];
    private ulong[] _flows = new ulong[4];
    private ulong[] _ending = new ulong[4];
    private ulong[] _extraTracks = new ulong[4];
    private ulong[] _extraValues = new ulong[4];
    private int _flowCount;
    private int _endingCount;

    private ref struct Fields
    {
        public int Type;
        public bool HasType, HasTrack, HasName, HasCounter, HasDouble, HasLegacy, HasArguments, HasFlows, HasExtra, HasExtraDouble, HasInlineStack, HasCategoryText;
        public int CategoryIids;
        public ulong Track, NameIid, CategoryIid, Counter, CallstackIid;
        public long Us;
        public int UsField;
        public ReadOnlySpan<byte> Name, Category, Legacy, InlineStack;
    }

    private void TrackEvent(ReadOnlySpan<byte> message, bool hasTime, long time, int bytes)
    {
        Fields f = default;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case EventFields.Type:
                    f.Type = (int)cursor.Value;
                    f.HasType = true;
                    break;
                case EventFields.Track:
                    f.Track = cursor.Value;
                    f.HasTrack = true;
                    break;
                case EventFields.NameIid:
                    f.NameIid = cursor.Value;
                    break;
                case EventFields.Name:
                    f.Name = cursor.Bytes;
                    f.HasName = true;
                    break;
                case EventFields.CategoryIids:
                    f.CategoryIid = cursor.Value;
                    f.CategoryIids += cursor.WireType == WireFormat.Varint ? 1 : 2;
                    break;
                case EventFields.Categories:
                    f.Category = cursor.Bytes;
                    f.HasCategoryText = true;
                    f.CategoryIids++;
                    break;
                case EventFields.Annotations:
                    f.HasArguments = true;
                    break;
                case EventFields.DeltaUs or EventFields.AbsoluteUs:
                    f.Us = (long)cursor.Value;
                    f.UsField = cursor.Field;
                    break;
                case EventFields.Legacy:
                    f.Legacy = cursor.Bytes;
                    f.HasLegacy = true;
                    break;
                case EventFields.CounterValue:
                    f.Counter = cursor.Value;
                    f.HasCounter = true;
                    break;
                case EventFields.DoubleCounterValue:
                    f.Counter = cursor.Value;
                    f.HasCounter = f.HasDouble = true;
                    break;
                case EventFields.ExtraValues:
                    f.HasExtra = true;
                    break;
                case EventFields.ExtraDoubleValues:
                    f.HasExtraDouble = true;
                    break;
                case EventFields.Flows or EventFields.FlowsOld or EventFields.EndingFlows or EventFields.EndingFlowsOld:
                    f.HasFlows = true;
                    break;
                case EventFields.CallstackIid:
                    f.CallstackIid = cursor.Value;
                    break;
                case EventFields.Callstack:
                    f.InlineStack = cursor.Bytes;
                    f.HasInlineStack = true;
                    break;
            }
        }
        if (f.UsField == EventFields.DeltaUs)
        {
            AddedUs = f.Us;
            _sequence.TimeUs = unchecked(_sequence.TimeUs + f.Us);
            f.Us = _sequence.TimeUs;
        }
        if (f.UsField != 0)
        {
            // These are CLOCK_MONOTONIC, whatever the packet's clock is.
            HasOwnTime = hasTime = true;
            var ns = unchecked(f.Us * 1000);
            time = Clocks.Primary != ClockIds.Monotonic && Clocks[ClockIds.Monotonic] is { } monotonic ? monotonic.ToTrace(ns) : ns;
        }
        if (!hasTime)
        {
            _withoutTime++;
            return;
        }
        TraceEvent e = default;
        e.TimeNs = time;
        e.Bytes = bytes;
        e.Weight = 1;
        var place = new EventPlace(PlaceKind.Main, 0);
        _flowCount = _endingCount = 0;
        if (f.HasLegacy)
        {
            // The category first: it is part of the identity of asynchronous rows.
            e.Category = Category(message, f);
            e.Name = Name(f, LegacyNameIid(f.Legacy));
            Legacy(f, ref e);
        }
        else
        {
            e.Track = Track(f);
            e.Kind = f.Type switch
            {
                EventTypes.Begin => EventKind.Begin,
                EventTypes.End => EventKind.End,
                EventTypes.Instant => EventKind.Instant,
                EventTypes.Counter when f.HasCounter => EventKind.Counter,
                _ => EventKind.Other,
            };
            if ((_parts & EventParts.Names) != 0)
            {
                if (f.CategoryIids != 0) e.Category = Category(message, f);
                e.Name = Name(f, 0);
            }
            if (f.Type == EventTypes.Instant && f.HasName && f.HasCategoryText && f.Category.SequenceEqual("viztrace"u8))
            {
                e.Kind = EventKind.Other;
                place = About(message, f.Name, ref e);
            }
            else if (e.Kind == EventKind.Counter)
            {
                SetValue(ref e, f.HasTrack ? f.Track : _sequence.DefaultTrack ?? 0, f.Counter, f.HasDouble);
            }
        }
        if (f.HasFlows) Flows(message);
        if (_flowCount + _endingCount != 0)
        {
            _facts.HasFlows = true;
            e.Flows = _flows.AsSpan(0, _flowCount);
            e.EndingFlows = _ending.AsSpan(0, _endingCount);
        }
        if (f.HasArguments && (_parts & EventParts.Arguments) != 0)
        {
            e.RawArguments = message;
            e.Arguments = _annotations;
        }
        if ((_parts & EventParts.Stacks) != 0)
        {
            if (f.CallstackIid != 0) e.Stack = Stack(f.CallstackIid);
            else if (f.HasInlineStack) e.Stack = InlineStack(f.InlineStack);
        }
        Emit(ref e, place);
        if (f.HasExtra) Extra(message, false, time);
        if (f.HasExtraDouble) Extra(message, true, time);
    }

    private int Track(in Fields f)
    {
        ulong uuid;
        if (f.HasTrack) uuid = f.Track;
        else if (_sequence.DefaultTrack is { } row) uuid = row;
        else uuid = 0;
        if (uuid == 0) return !f.HasTrack && _sequence.OldTid != 0 ? Rows.OfThread(_sequence.OldPid, _sequence.OldTid) : RowTable.Global;
        if (_sequence.LastTrack.Row >= 0 && _sequence.LastTrack.Uuid == uuid) return _sequence.LastTrack.Row;
        var id = Rows.OfUuid(uuid);
        _sequence.LastTrack = (uuid, id);
        return id;
    }

    // An interned name is looked at before one in place, as the trace processor does.
    private int Name(in Fields f, ulong legacyIid)
    {
        var iid = f.NameIid != 0 ? f.NameIid : legacyIid;
        return iid != 0 ? _sequence.Names[iid] : f.HasName ? _texts.Add(f.Name) : 0;
    }

    private int Category(ReadOnlySpan<byte> message, in Fields f)
    {
        if (f.CategoryIids == 0) return 0;
        if (f.CategoryIids == 1) return f.HasCategoryText ? _texts.Add(f.Category) : _sequence.Categories[f.CategoryIid];
        // Interned ones first.
        var length = 0;
        var cursor = new ProtoCursor(message);
        var iids = _extraTracks;
        while (cursor.Next())
        {
            if (cursor.Field != EventFields.CategoryIids) continue;
            var count = Repeated.Add(cursor, false, ref iids, 0);
            _extraTracks = iids;
            foreach (var iid in iids.AsSpan(0, count)) length = Join(length, _texts.Utf8(_sequence.Categories[iid]));
        }
        cursor = new ProtoCursor(message);
        while (cursor.Next())
            if (cursor.Field == EventFields.Categories) length = Join(length, cursor.Bytes);
        return _texts.Add(_categoryBytes.AsSpan(0, length));
    }

    private int Join(int length, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return length;
        if (length + text.Length + 1 > _categoryBytes.Length) Array.Resize(ref _categoryBytes, Math.Max(length + text.Length + 1, _categoryBytes.Length * 2));
        if (length > 0) _categoryBytes[length++] = (byte)',';
        text.CopyTo(_categoryBytes.AsSpan(length));
        return length + text.Length;
    }

    private void Flows(ReadOnlySpan<byte> message)
    {
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case EventFields.Flows or EventFields.FlowsOld:
                    _flowCount = Repeated.Add(cursor, cursor.Field == EventFields.Flows, ref _flows, _flowCount);
                    break;
                case EventFields.EndingFlows or EventFields.EndingFlowsOld:
                    _endingCount = Repeated.Add(cursor, cursor.Field == EventFields.EndingFlows, ref _ending, _endingCount);
                    break;
            }
        }
    }

    private void Extra(ReadOnlySpan<byte> message, bool isDouble, long time)
    {
        int tracks = 0, values = 0;
        var trackField = isDouble ? EventFields.ExtraDoubleTracks : EventFields.ExtraTracks;
        var valueField = isDouble ? EventFields.ExtraDoubleValues : EventFields.ExtraValues;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == trackField) tracks = Repeated.Add(cursor, false, ref _extraTracks, tracks);
            else if (cursor.Field == valueField) values = Repeated.Add(cursor, isDouble, ref _extraValues, values);
        }
        ReadOnlySpan<ulong> uuids = tracks > 0 ? _extraTracks.AsSpan(0, tracks) : isDouble ? _sequence.DefaultExtraDouble : _sequence.DefaultExtra;
        for (var i = 0; i < Math.Min(values, uuids.Length); i++)
        {
            TraceEvent e = default;
            e.Kind = EventKind.Counter;
            e.TimeNs = time;
            e.Weight = 1;
            e.Track = Rows.OfUuid(uuids[i]);
            SetValue(ref e, uuids[i], _extraValues[i], isDouble);
            Emit(ref e, new EventPlace(isDouble ? PlaceKind.ExtraDouble : PlaceKind.Extra, i));
        }
    }

    /// <summary>Where the sum of an incremental counter stands on the current sequence; null: the counter tells values as they are.</summary>
    public CounterSum? SumOf(ulong uuid)
    {
        if (!_counters.TryGetValue(uuid, out var kind) || !kind.IsIncremental) return null;
        if (!_sequence.Counters.TryGetValue(uuid, out var sum)) _sequence.Counters.Add(uuid, sum = new CounterSum());
        return sum;
    }

    private void SetValue(ref TraceEvent e, ulong uuid, ulong bits, bool isDouble)
    {
        _counters.TryGetValue(uuid, out var kind);
        var multiplier = kind.Multiplier == 0 ? 1 : kind.Multiplier;
        var sum = kind.IsIncremental ? SumOf(uuid) : null;
        if (sum == null && !isDouble)
        {
            e.IsInteger = true;
            e.IntegerValue = unchecked((long)bits * multiplier);
            e.Value = e.IntegerValue;
            return;
        }
        if (sum == null)
        {
            e.Value = BitConverter.UInt64BitsToDouble(bits) * multiplier;
            return;
        }
        if (isDouble) sum.Real += BitConverter.UInt64BitsToDouble(bits);
        else sum.Whole = unchecked(sum.Whole + (long)bits);
        e.IsInteger = sum.Real == 0;
        e.IntegerValue = unchecked(sum.Whole * multiplier);
        e.Value = (sum.Whole + sum.Real) * multiplier;
    }

    // One number out of the parts of an identity; flows have numbers alone.
    private static ulong Identity(ulong id, int first, int second)
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, id);
        BitConverter.TryWriteBytes(bytes[8..], first);
        BitConverter.TryWriteBytes(bytes[12..], second);
        return XxHash3.HashToUInt64(bytes);
    }
}
