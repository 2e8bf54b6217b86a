using VizTrace.Model.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Events;

// The kernel's events. Their times are boot time.
internal sealed partial class TraceDecoder
{
    private readonly CompactSched _compact = new();

    private void Bundle(ReadOnlySpan<byte> message, int bytes)
    {
        var boot = Clocks.Primary != ClockIds.Boottime ? Clocks[ClockIds.Boottime] : null;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == FtraceFields.Event) KernelEvent(cursor.Bytes, cursor.TagStart, cursor.End - cursor.TagStart, boot);
            else if (cursor.Field == FtraceFields.CompactSched) Compact(cursor.Bytes, boot);
        }
    }

    private void KernelEvent(ReadOnlySpan<byte> message, int start, int bytes, EventClock? boot)
    {
        ulong timestamp = 0;
        long pid = 0;
        var kind = 0;
        ReadOnlySpan<byte> content = default;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == FtraceFields.Timestamp) timestamp = cursor.Value;
            else if (cursor.Field == FtraceFields.Pid) pid = (int)cursor.Value;
            else if (cursor.WireType == WireFormat.LengthDelimited)
            {
                kind = cursor.Field;
                content = cursor.Bytes;
            }
        }
        TraceEvent e = default;
        e.TimeNs = boot?.ToTrace((long)timestamp) ?? (long)timestamp;
        e.Bytes = bytes;
        e.Weight = 1;
        e.Kind = EventKind.Scheduling;
        if (kind == FtraceFields.Switch)
        {
            var (before, next) = (Number(content, FtraceFields.SwitchPrevPid), Number(content, FtraceFields.SwitchNextPid));
            // Number 0 is the idle loop: no thread.
            if (before != 0)
            {
                e.Track = Rows.OfThread(0, before);
                Emit(ref e, new EventPlace(PlaceKind.Ftrace, start));
                e.Bytes = 0;
            }
            if (next == 0) return;
            e.Track = Rows.OfThread(0, next);
            Emit(ref e, new EventPlace(PlaceKind.FtraceNext, start));
            return;
        }
        var about = kind switch
        {
            FtraceFields.Wakeup or FtraceFields.Waking or FtraceFields.WakeupNew or FtraceFields.Exit or FtraceFields.Free => Number(content, 2),
            FtraceFields.BlockedReason or FtraceFields.NewTask or FtraceFields.Rename => Number(content, 1),
            _ => 0,
        };
        var other = about != 0 && pid != 0 && pid != about ? Rows.OfThread(0, pid) : -1;
        if (about == 0)
        {
            e.Kind = EventKind.Other;
            // Frequencies, clocks, interrupts: the thread that happened to run has nothing to do with them.
            about = kind is (>= 11 and <= 16) or 19 or (>= 21 and <= 26) or 36 or 37 ? 0 : pid;
        }
        e.Track = about == 0 ? RowTable.Global : Rows.OfThread(0, about);
        Emit(ref e, new EventPlace(PlaceKind.Ftrace, start, other));
    }

    private void Compact(ReadOnlySpan<byte> message, EventClock? boot)
    {
        _compact.Read(message);
        long time = 0;
        for (var i = 0; i < _compact.Switches; i++)
        {
            time = unchecked(time + (long)_compact.SwitchTimes[i]);
            if ((int)_compact.NextPids[i] != 0) Scheduled(time, (int)_compact.NextPids[i], new EventPlace(PlaceKind.CompactSwitch, i), boot);
        }
        time = 0;
        for (var i = 0; i < _compact.Wakings; i++)
        {
            time = unchecked(time + (long)_compact.WakingTimes[i]);
            if ((int)_compact.WakingPids[i] != 0) Scheduled(time, (int)_compact.WakingPids[i], new EventPlace(PlaceKind.CompactWaking, i), boot);
        }
    }

    private void Scheduled(long time, long tid, EventPlace place, EventClock? boot)
    {
        TraceEvent e = default;
        e.Kind = EventKind.Scheduling;
        e.TimeNs = boot?.ToTrace(time) ?? time;
        // Five columns of about a byte and a half each.
        e.Bytes = 8;
        e.Weight = 1;
        e.Track = Rows.OfThread(0, tid);
        Emit(ref e, place);
    }

    private void TaskState(ReadOnlySpan<byte> message, bool hasTime, long time, int bytes)
    {
        if (!hasTime)
        {
            _withoutTime++;
            return;
        }
        TraceEvent e = default;
        e.Kind = EventKind.Scheduling;
        e.TimeNs = time;
        e.Bytes = bytes;
        e.Weight = 1;
        var tid = Number(message, 3);
        e.Track = tid == 0 ? RowTable.Global : Rows.OfThread(0, tid);
        Emit(ref e, new EventPlace(PlaceKind.Main, 0));
    }

    private static long Number(ReadOnlySpan<byte> message, int field)
    {
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
            if (cursor.Field == field) return (int)cursor.Value;
        return 0;
    }
}
