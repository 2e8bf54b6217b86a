using System.Globalization;
using System.Text;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Events;

// Stack samples and the call stacks of events.
internal sealed partial class TraceDecoder
{
    private ulong[] _sampleStacks = new ulong[4];
    private ulong[] _sampleDeltas = new ulong[4];

    private void PerfSample(ReadOnlySpan<byte> message, bool hasTime, long time, int bytes)
    {
        long pid = 0, tid = 0;
        ulong stack = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == 2) pid = (int)cursor.Value;
            else if (cursor.Field == 3) tid = (int)cursor.Value;
            else if (cursor.Field == 4) stack = cursor.Value;
        }
        Sample(hasTime, time, bytes, pid, tid, stack, 1, stack != 0);
    }

    private void StackSample(ReadOnlySpan<byte> message, bool hasTime, long time, int bytes)
    {
        (long Pid, long Tid) task = default;
        ulong stack = 0, weight = 1;
        ReadOnlySpan<byte> inline = default;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case 1: (_, task.Pid, task.Tid) = Task(cursor.Bytes); break;
                case 2: task = _sequence.Tasks.GetValueOrDefault(cursor.Value); break;
                case 5: inline = cursor.Bytes; break;
                case 6: stack = cursor.Value; break;
                case 11: weight = cursor.Value; break;
            }
        }
        Sample(hasTime, time, bytes, task.Pid, task.Tid, stack, (long)weight, true, inline);
    }

    private void Sample(bool hasTime, long time, int bytes, long pid, long tid, ulong stack, long weight, bool isSample, ReadOnlySpan<byte> inline = default)
    {
        if (!hasTime)
        {
            _withoutTime++;
            return;
        }
        TraceEvent e = default;
        e.Kind = isSample ? EventKind.Sample : EventKind.Other;
        e.TimeNs = time;
        e.Bytes = bytes;
        e.Weight = weight;
        e.Track = tid != 0 ? Rows.OfThread(pid, tid) : pid != 0 ? Rows.OfProcess(pid) : RowTable.Global;
        if ((_parts & EventParts.Stacks) != 0) e.Stack = stack != 0 ? Stack(stack) : inline.IsEmpty ? 0 : InlineStack(inline);
        Emit(ref e, new EventPlace(PlaceKind.Main, 0));
    }

    // Times count on from the sequence's, as those of events with timestamp_delta_us do.
    private void StreamingProfile(ReadOnlySpan<byte> message, int bytes)
    {
        int stacks = 0, deltas = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == 1) stacks = Repeated.Add(cursor, false, ref _sampleStacks, stacks);
            else if (cursor.Field == 2) deltas = Repeated.Add(cursor, false, ref _sampleDeltas, deltas);
        }
        var thread = _sequence.OldTid != 0 ? Rows.OfThread(_sequence.OldPid, _sequence.OldTid) : RowTable.Global;
        var monotonic = Clocks.Primary != ClockIds.Monotonic ? Clocks[ClockIds.Monotonic] : null;
        for (var i = 0; i < Math.Min(stacks, deltas); i++)
        {
            AddedUs += (long)_sampleDeltas[i];
            _sequence.TimeUs = unchecked(_sequence.TimeUs + (long)_sampleDeltas[i]);
            TraceEvent e = default;
            e.Kind = EventKind.Sample;
            var ns = unchecked(_sequence.TimeUs * 1000);
            e.TimeNs = monotonic?.ToTrace(ns) ?? ns;
            e.Bytes = bytes / stacks;
            e.Weight = 1;
            e.Track = thread;
            if ((_parts & EventParts.Stacks) != 0) e.Stack = Stack(_sampleStacks[i]);
            Emit(ref e, new EventPlace(PlaceKind.Sample, i));
        }
    }

    private void InternStack(int field, ReadOnlySpan<byte> message)
    {
        ulong iid = 0, first = 0, second = 0, third = 0;
        ulong[] list = [];
        var count = 0;
        if (field == InternedFields.TaskContexts)
        {
            var task = Task(message);
            _sequence.Tasks[task.Iid] = (task.Pid, task.Tid);
            return;
        }
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case 1: iid = cursor.Value; break;
                case 2 when field == InternedFields.Callstacks: count = Repeated.Add(cursor, false, ref list, count); break;
                case 7 when field == InternedFields.Mappings: count = Repeated.Add(cursor, false, ref list, count); break;
                case 2: first = cursor.Value; break;
                case 3: second = cursor.Value; break;
                case 4: third = cursor.Value; break;
            }
        }
        switch (field)
        {
            case InternedFields.Callstacks:
                _sequence.Callstacks[iid] = list[..count];
                _sequence.Stacks.Set(iid, 0);
                break;
            case InternedFields.Frames:
                _sequence.Frames[iid] = (first, second, third);
                break;
            default:
                var length = 0;
                foreach (var part in list.AsSpan(0, count))
                {
                    var text = _texts.Utf8(_sequence.Paths[part]);
                    var needed = length + text.Length + 1;
                    if (needed > _categoryBytes.Length) Array.Resize(ref _categoryBytes, needed * 2);
                    if (text.IsEmpty || text[0] != (byte)'/') _categoryBytes[length++] = (byte)'/';
                    text.CopyTo(_categoryBytes.AsSpan(length));
                    length += text.Length;
                }
                _sequence.Mappings[iid] = _texts.Add(_categoryBytes.AsSpan(0, length));
                break;
        }
    }

    private static (ulong Iid, long Pid, long Tid) Task(ReadOnlySpan<byte> message)
    {
        (ulong Iid, long Pid, long Tid) task = default;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == 1) task.Iid = cursor.Value;
            else if (cursor.Field == 2) task.Pid = (int)cursor.Value;
            else if (cursor.Field == 3) task.Tid = (int)cursor.Value;
        }
        return task;
    }

    // Put together when it is asked for: what it is made of may stand in any order.
    private int Stack(ulong iid)
    {
        if (_sequence.Stacks[iid] is var known and > 0) return known - 1;
        if (!_sequence.Callstacks.TryGetValue(iid, out var frames)) return 0;
        var stack = 0;
        foreach (var id in frames)
        {
            if (!_sequence.Frames.TryGetValue(id, out var frame)) continue;
            var function = _sequence.Functions[frame.Function];
            if (function == 0) function = _texts.Add(string.Create(CultureInfo.InvariantCulture, $"0x{frame.Address:x}"));
            stack = _trace.Stacks.Add(stack, function, _sequence.Mappings.GetValueOrDefault(frame.Mapping));
        }
        _sequence.Stacks.Set(iid, stack + 1);
        return stack;
    }

    private int InlineStack(ReadOnlySpan<byte> message)
    {
        var stack = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field != 1) continue;
            int function = 0, file = 0;
            var frame = new ProtoCursor(cursor.Bytes);
            while (frame.Next())
            {
                if (frame.Field == 1) function = _texts.Add(frame.Bytes);
                else if (frame.Field == 2) file = _texts.Add(Encoding.UTF8.GetString(frame.Bytes));
            }
            stack = _trace.Stacks.Add(stack, function, file);
        }
        return stack;
    }
}
