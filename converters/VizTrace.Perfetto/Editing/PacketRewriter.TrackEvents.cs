using System.Globalization;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Editing;

// Track events: dropped, changed, without some of their counter values.
internal sealed partial class PacketRewriter
{
    private ulong[] _extraTracks = new ulong[4];
    private ulong[] _extraValues = new ulong[4];

    private (bool Goes, bool Changed) TrackEvent(ReadOnlySpan<byte> message)
    {
        if (_main == Verdict.Drop)
        {
            if (_isCounter && _decoder.SumOf(_mainUuid) is { } sum) AddPending(sum, message);
            Extras(message, false, keepsNone: true);
            Extras(message, true, keepsNone: true);
            return (true, true);
        }
        var edit = _main == Verdict.Change ? _edit : null;
        bool extrasWritten = false, doublesWritten = false;
        var newName = edit?.Name;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case EventFields.DeltaUs:
                    var target = edit?.TimeNs is { } ns ? OwnUs(ns) : _decoder.Sequence.TimeUs;
                    _message.Number(EventFields.DeltaUs, (ulong)unchecked(target - _decoder.Sequence.WrittenUs));
                    _decoder.Sequence.WrittenUs = target;
                    break;
                case EventFields.AbsoluteUs when edit?.TimeNs is { } time:
                    _message.Number(EventFields.AbsoluteUs, (ulong)OwnUs(time));
                    break;
                case EventFields.NameIid or EventFields.Name when newName != null:
                    break;
                case EventFields.Legacy when edit != null && (newName != null || edit.DurationNs != null || edit.DropsFlows || edit.DropsFlow != null):
                    Legacy(cursor.Bytes, edit);
                    break;
                case EventFields.Flows or EventFields.FlowsOld or EventFields.EndingFlows or EventFields.EndingFlowsOld
                    when edit != null && (edit.DropsFlows || edit.DropsFlow != null):
                    FlowsOf(cursor, edit);
                    break;
                case EventFields.Annotations when edit?.DropsArgument is { } drops:
                    if (!drops(_decoder.ArgumentName(cursor.Bytes))) _message.Append(cursor.Raw);
                    break;
                case EventFields.CounterValue when _isCounter && _decoder.SumOf(_mainUuid) is { } sum:
                    _message.Number(EventFields.CounterValue, (ulong)unchecked((long)cursor.Value + sum.PendingWhole));
                    sum.PendingWhole = 0;
                    break;
                case EventFields.DoubleCounterValue when _isCounter && _decoder.SumOf(_mainUuid) is { } sum:
                    _message.Fixed(EventFields.DoubleCounterValue, BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(cursor.Value) + sum.PendingReal + sum.PendingWhole));
                    sum.PendingReal = sum.PendingWhole = 0;
                    break;
                case EventFields.ExtraValues or EventFields.ExtraTracks when _extraGoes.Count > 0:
                    if (!extrasWritten) Extras(message, false, keepsNone: false);
                    extrasWritten = true;
                    break;
                case EventFields.ExtraDoubleValues or EventFields.ExtraDoubleTracks when _extraDoubleGoes.Count > 0:
                    if (!doublesWritten) Extras(message, true, keepsNone: false);
                    doublesWritten = true;
                    break;
                default:
                    _message.Append(cursor.Raw);
                    break;
            }
        }
        if (newName != null) _message.Text(EventFields.Name, newName);
        if (edit == null) return (false, true);
        foreach (var (name, value) in edit.Added) Annotation(name, value);
        return (false, true);
    }

    // A time of the trace in the microseconds of CLOCK_MONOTONIC that events of the old form have in themselves.
    private long OwnUs(long timeNs)
    {
        var clocks = _decoder.Clocks;
        var ns = clocks.Primary != ClockIds.Monotonic && clocks[ClockIds.Monotonic] is { } monotonic ? monotonic.FromTrace(timeNs) : timeNs;
        return Math.DivRem(ns, 1000).Quotient;
    }

    private void Legacy(ReadOnlySpan<byte> message, EventEdit edit)
    {
        _inner.Clear();
        ulong bind = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
            if (cursor.Field == LegacyFields.BindId) bind = cursor.Value;
        cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case LegacyFields.NameIid when edit.Name != null:
                    break;
                case LegacyFields.DurationUs when edit.DurationNs is { } ns:
                    _inner.Number(LegacyFields.DurationUs, (ulong)(ns / 1000));
                    break;
                case LegacyFields.BindId or LegacyFields.FlowDirection when edit.DropsFlows || edit.DropsFlow?.Invoke(bind) == true:
                    break;
                default:
                    _inner.Append(cursor.Raw);
                    break;
            }
        }
        _message.Bytes(EventFields.Legacy, _inner.Span);
    }

    private void FlowsOf(scoped in ProtoCursor cursor, EventEdit edit)
    {
        if (edit.DropsFlows) return;
        var isFixed = cursor.Field is EventFields.Flows or EventFields.EndingFlows;
        var count = Repeated.Add(cursor, isFixed, ref _extraValues, 0);
        foreach (var id in _extraValues.AsSpan(0, count))
        {
            if (edit.DropsFlow!(id)) continue;
            if (isFixed) _message.Fixed(cursor.Field, id);
            else _message.Number(cursor.Field, id);
        }
    }

    private void Annotation(string name, object value)
    {
        _inner.Clear();
        _inner.Text(AnnotationFields.Name, name);
        switch (value)
        {
            case long number: _inner.Number(AnnotationFields.Int, (ulong)number); break;
            case int number: _inner.Number(AnnotationFields.Int, (ulong)(long)number); break;
            case bool truth: _inner.Number(AnnotationFields.Bool, truth ? 1UL : 0); break;
            default: _inner.Text(AnnotationFields.Text, Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""); break;
        }
        _message.Bytes(EventFields.Annotations, _inner.Span);
    }

    private static void AddPending(CounterSum sum, ReadOnlySpan<byte> message)
    {
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == EventFields.CounterValue) sum.PendingWhole = unchecked(sum.PendingWhole + (long)cursor.Value);
            else if (cursor.Field == EventFields.DoubleCounterValue) sum.PendingReal += BitConverter.UInt64BitsToDouble(cursor.Value);
        }
    }

    // The extra values of an event into _extraTracks and _extraValues.
    private int ReadExtras(ReadOnlySpan<byte> message, bool isDouble)
    {
        int tracks = 0, values = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == (isDouble ? EventFields.ExtraDoubleTracks : EventFields.ExtraTracks)) tracks = Repeated.Add(cursor, false, ref _extraTracks, tracks);
            else if (cursor.Field == (isDouble ? EventFields.ExtraDoubleValues : EventFields.ExtraValues)) values = Repeated.Add(cursor, isDouble, ref _extraValues, values);
        }
        if (tracks > 0) return Math.Min(tracks, values);
        var defaults = isDouble ? _decoder.Sequence.DefaultExtraDouble : _decoder.Sequence.DefaultExtra;
        if (_extraTracks.Length < defaults.Length) _extraTracks = new ulong[defaults.Length];
        defaults.CopyTo(_extraTracks, 0);
        return Math.Min(defaults.Length, values);
    }

    // Dropped values of counters that tell differences wait for the next value. Kept ones are written with their rows named, because the
    // default rows stand for all of them. keepsNone: the event goes, and kept values are written by themselves (LonelyExtras).
    private void Extras(ReadOnlySpan<byte> message, bool isDouble, bool keepsNone)
    {
        var gone = isDouble ? _extraDoubleGoes : _extraGoes;
        if (gone.Count == 0) return;
        var count = Math.Min(ReadExtras(message, isDouble), gone.Count);
        for (var i = 0; i < count; i++)
        {
            if (!gone[i])
            {
                if (keepsNone) continue;
                _message.Number(isDouble ? EventFields.ExtraDoubleTracks : EventFields.ExtraTracks, _extraTracks[i]);
                var value = Told(_extraTracks[i], _extraValues[i], isDouble);
                if (isDouble) _message.Fixed(EventFields.ExtraDoubleValues, value);
                else _message.Number(EventFields.ExtraValues, value);
            }
            else if (_decoder.SumOf(_extraTracks[i]) is { } sum)
            {
                if (isDouble) sum.PendingReal += BitConverter.UInt64BitsToDouble(_extraValues[i]);
                else sum.PendingWhole = unchecked(sum.PendingWhole + (long)_extraValues[i]);
            }
        }
    }

    private ulong Told(ulong uuid, ulong bits, bool isDouble)
    {
        if (_decoder.SumOf(uuid) is not { } sum) return bits;
        if (isDouble)
        {
            bits = BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(bits) + sum.PendingReal + sum.PendingWhole);
            sum.PendingReal = sum.PendingWhole = 0;
            return bits;
        }
        bits = (ulong)unchecked((long)bits + sum.PendingWhole);
        sum.PendingWhole = 0;
        return bits;
    }

    // Counter values that stay although the event that carried them goes: an event each.
    private void LonelyExtras(ReadOnlySpan<byte> packet)
    {
        if (!_extraGoes.Contains(false) && !_extraDoubleGoes.Contains(false)) return;
        var content = Content(packet, PacketFields.TrackEvent);
        for (var isDouble = false; ; isDouble = true)
        {
            var gone = isDouble ? _extraDoubleGoes : _extraGoes;
            var count = Math.Min(ReadExtras(content, isDouble), gone.Count);
            for (var i = 0; i < count; i++)
            {
                if (gone[i]) continue;
                _message.Clear();
                _message.Number(EventFields.Type, EventTypes.Counter);
                _message.Number(EventFields.Track, _extraTracks[i]);
                if (_decoder.HasOwnTime) _message.Number(EventFields.AbsoluteUs, (ulong)UsOf(content));
                var value = Told(_extraTracks[i], _extraValues[i], isDouble);
                if (isDouble) _message.Fixed(EventFields.DoubleCounterValue, value);
                else _message.Number(EventFields.CounterValue, value);
                Lonely(packet);
            }
            if (isDouble) break;
        }
    }

    private long UsOf(ReadOnlySpan<byte> message)
    {
        var us = _decoder.Sequence.TimeUs;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
            if (cursor.Field == EventFields.AbsoluteUs) us = (long)cursor.Value;
        return us;
    }

    private void Lonely(ReadOnlySpan<byte> packet)
    {
        _packet.Clear();
        var cursor = new ProtoCursor(packet);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case PacketFields.ClockId or PacketFields.SequenceId or PacketFields.TrustedUid or PacketFields.TrustedPid or PacketFields.MachineId:
                    _packet.Append(cursor.Raw);
                    break;
                case PacketFields.SequenceFlags when (cursor.Value & ~1UL) != 0:
                    _packet.Number(PacketFields.SequenceFlags, cursor.Value & ~1UL);
                    break;
                case PacketFields.Timestamp:
                    if (_decoder.StampClock is { } clock)
                    {
                        _packet.Number(PacketFields.Timestamp, (ulong)unchecked(clock.Last - clock.Written));
                        clock.Written = clock.Last;
                    }
                    else
                    {
                        _packet.Append(cursor.Raw);
                    }
                    break;
            }
        }
        _packet.Bytes(PacketFields.TrackEvent, _message.Span);
        _output.Packet(_packet.Span);
    }

    private (bool Goes, bool Changed) StreamingProfile(ReadOnlySpan<byte> message)
    {
        if (_sampleGoes.Count > 0 && !_sampleGoes.Contains(false)) return (true, true);
        int stacks = 0, deltas = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == 1) stacks = Repeated.Add(cursor, false, ref _extraTracks, stacks);
            else if (cursor.Field == 2) deltas = Repeated.Add(cursor, false, ref _extraValues, deltas);
            else _message.Append(cursor.Raw);
        }
        var sequence = _decoder.Sequence;
        var time = sequence.TimeUs - _decoder.AddedUs;
        for (var i = 0; i < Math.Min(Math.Min(stacks, deltas), _sampleGoes.Count); i++)
        {
            time = unchecked(time + (long)_extraValues[i]);
            if (_sampleGoes[i]) continue;
            _message.Number(1, _extraTracks[i]);
            _message.Number(2, (ulong)unchecked(time - sequence.WrittenUs));
            sequence.WrittenUs = time;
        }
        return (false, true);
    }

}
