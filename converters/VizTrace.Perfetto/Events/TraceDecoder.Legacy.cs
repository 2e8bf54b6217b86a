using VizTrace.Model.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Events;

// Chrome's phases inside track events.
internal sealed partial class TraceDecoder
{
    private static ulong LegacyNameIid(ReadOnlySpan<byte> message)
    {
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
            if (cursor.Field == LegacyFields.NameIid) return cursor.Value;
        return 0;
    }

    private void Legacy(in Fields f, ref TraceEvent e)
    {
        int phase = 0, direction = 0, scope = 0, idField = 0;
        ulong id = 0, bind = 0;
        long? duration = null, pid = null, tid = null;
        var hasBind = false;
        ReadOnlySpan<byte> idScope = default;
        var cursor = new ProtoCursor(f.Legacy);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case LegacyFields.Phase: phase = (int)cursor.Value; break;
                case LegacyFields.DurationUs: duration = (long)cursor.Value; break;
                case LegacyFields.UnscopedId or LegacyFields.LocalId or LegacyFields.GlobalId:
                    id = cursor.Value;
                    idField = cursor.Field;
                    break;
                case LegacyFields.IdScope: idScope = cursor.Bytes; break;
                case LegacyFields.BindId:
                    bind = cursor.Value;
                    hasBind = true;
                    break;
                case LegacyFields.BindToEnclosing: e.BindsEnclosing = cursor.Value != 0; break;
                case LegacyFields.FlowDirection: direction = (int)cursor.Value; break;
                case LegacyFields.InstantScope: scope = (int)cursor.Value; break;
                case LegacyFields.Pid: pid = (int)cursor.Value; break;
                case LegacyFields.Tid: tid = (int)cursor.Value; break;
            }
        }
        e.Phase = (byte)phase;
        e.Track = LegacyTrack(f, pid, tid);
        var thread = e.Track;
        if (f.HasType && phase == 0)
        {
            e.Kind = f.Type switch { EventTypes.Begin => EventKind.Begin, EventTypes.End => EventKind.End, EventTypes.Instant => EventKind.Instant, EventTypes.Counter when f.HasCounter => EventKind.Counter, _ => EventKind.Other };
            if (e.Kind == EventKind.Counter) SetValue(ref e, f.HasTrack ? f.Track : _sequence.DefaultTrack ?? 0, f.Counter, f.HasDouble);
        }
        else
        {
            e.Kind = (char)phase switch
            {
                'B' or 'b' or 'S' => EventKind.Begin,
                'E' or 'e' or 'F' => EventKind.End,
                'X' => EventKind.Complete,
                'i' or 'I' or 'R' or 'n' or 'p' or 'T' => EventKind.Instant,
                'C' => EventKind.Counter,
                's' => EventKind.FlowBegin,
                't' => EventKind.FlowStep,
                'f' => EventKind.FlowEnd,
                'P' => EventKind.Sample,
                _ => EventKind.Other,
            };
        }
        switch ((char)phase)
        {
            case 'X':
                e.DurationNs = duration is { } us ? unchecked(us * 1000) : -1;
                break;
            case 'b' or 'e' or 'n' or 'S' or 'T' or 'p' or 'F':
                // The scope is the category where none is given.
                var text = idScope.IsEmpty ? e.Category : _texts.Add(idScope);
                var above = ProcessAbove(thread, pid);
                e.Track = Rows.OfAsync(idField == LegacyFields.LocalId ? above : -1, id, text, above, TrackKind.Async);
                if (_first) _trace.Tracks[e.Track].Name ??= _texts.Get(e.Name);
                break;
            case 'i' or 'I' when scope == 1:
                e.Track = RowTable.Global;
                break;
            case 'i' or 'I' when scope == 2:
                e.Track = ProcessAbove(thread, pid);
                break;
            case 'C':
                above = ProcessAbove(thread, pid);
                e.Track = Rows.OfAsync(above, id, ~e.Name, above, TrackKind.Counter);
                if (_first) _trace.Tracks[e.Track].Name ??= _texts.Get(e.Name);
                break;
            case 's' or 't' or 'f':
                e.FlowId = Identity(id, e.Category, e.Name);
                _facts.HasFlows = true;
                break;
            case 'M':
                break;
        }
        if (!hasBind) return;
        if (direction is 2 or 3) _flows[_flowCount++] = bind;
        else if (direction == 1) _ending[_endingCount++] = bind;
    }

    // The process of a thread as it is known at this place of the file: by number, since rows hang together only at its end.
    private int ProcessAbove(int thread, long? pid)
    {
        var number = pid ?? _sequence.OldPid;
        return number != 0 ? Rows.OfProcess(number) : thread;
    }

    private int LegacyTrack(in Fields f, long? pid, long? tid)
    {
        var uuid = f.HasTrack ? f.Track : _sequence.DefaultTrack ?? 0;
        if (uuid != 0 && pid == null && tid == null) return Track(f);
        if (uuid != 0 && f.HasTrack) return Track(f);
        if (pid == null && tid == null) return _sequence.OldTid != 0 && (!f.HasTrack || !f.HasType) ? Rows.OfThread(_sequence.OldPid, _sequence.OldTid) : RowTable.Global;
        var process = pid ?? _sequence.OldPid;
        if (tid is { } number) return Rows.OfThread(process, number);
        return process != 0 ? Rows.OfProcess(process) : RowTable.Global;
    }
}
