using Google.Protobuf;
using VizTrace.Model;
using VizTrace.Perfetto.Proto;
using VizTrace.Perfetto.Writing;

namespace VizTrace.Perfetto.Reading;

// Events: begins and ends become edges, everything else is rare.
internal sealed partial class TraceImporter
{
    private const int BatchSize = 8192;

    private readonly Dictionary<(string Name, string? Module, string? File, int Line), int> _functions = [];
    private readonly SliceEdge[] _batch = new SliceEdge[BatchSize];
    private int _batchCount;
    private ReadThread? _batchThread;
    private long _unfinished;

    private void Event(ReadOnlySpan<byte> bytes, bool hasTimestamp, ulong timestamp, uint clock)
    {
        ulong type = 0, nameIid = 0, category = 0, source = 0, track = 0;
        bool hasTrack = false, isPlain = true;
        var cursor = new ProtoCursor(bytes);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case TrackEvent.TypeFieldNumber:
                    type = cursor.Value;
                    break;
                case TrackEvent.NameIidFieldNumber:
                    nameIid = cursor.Value;
                    break;
                case TrackEvent.CategoryIidsFieldNumber:
                    // A second category, or packed ones: the slow way.
                    isPlain &= category == 0 && cursor.WireType == WireFormat.Varint;
                    category = cursor.Value;
                    break;
                case TrackEvent.SourceLocationIidFieldNumber:
                    source = cursor.Value;
                    break;
                case TrackEvent.TrackUuidFieldNumber:
                    track = cursor.Value;
                    hasTrack = true;
                    break;
                default:
                    isPlain = false;
                    break;
            }
        }
        long time = 0;
        if (hasTimestamp && !TryTime(clock, timestamp, out time))
        {
            Skip("events in a clock that was not explained");
            return;
        }
        if (cursor.Malformed)
        {
            Skip("damaged packets");
            return;
        }
        if (isPlain && hasTimestamp && type is (ulong)TrackEvent.Types.Type.SliceBegin or (ulong)TrackEvent.Types.Type.SliceEnd)
        {
            var thread = ThreadOf(hasTrack ? track : _sequence.DefaultTrack ?? 0);
            if (thread == null)
            {
                Skip("events on rows that belong to no thread");
                return;
            }
            if (type == (ulong)TrackEvent.Types.Type.SliceEnd) End(thread, time, EdgeFlags.None);
            else Begin(thread, time, Function(nameIid, category, source), EdgeFlags.None, long.MaxValue);
            return;
        }
        TrackEvent e;
        try
        {
            e = TrackEvent.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            Skip("damaged packets");
            return;
        }
        RareEvent(e, hasTimestamp, time);
    }

    private ReadThread? ThreadOf(ulong uuid)
    {
        var last = _sequence.LastTrack;
        if (last.Uuid == uuid && last.Thread != null) return last.Thread;
        var thread = uuid == 0 ? _sequence.OldThread : _rows.GetValueOrDefault(uuid);
        _sequence.LastTrack = (uuid, thread);
        return thread;
    }

    private int Function(ulong nameIid, ulong category, ulong source)
    {
        ref var known = ref _sequence.Known(nameIid);
        if (known.FunctionIdPlusOne != 0 && known.Category == category && known.Source == source) return known.FunctionIdPlusOne - 1;
        var name = _sequence.Names.GetValueOrDefault(nameIid);
        if (name == null && nameIid != 0) Skip("names that events referred to and nobody told");
        var module = category != 0 ? _sequence.Categories.GetValueOrDefault(category) : null;
        var (file, line) = source != 0 ? _sequence.Sources.GetValueOrDefault(source) : default;
        var id = FunctionId(name ?? "", module, file, line);
        known = new KnownFunction { Category = category, Source = source, FunctionIdPlusOne = id + 1 };
        return id;
    }

    private int FunctionId(string name, string? module, string? file, int line)
    {
        if (string.IsNullOrEmpty(module)) module = null;
        if (string.IsNullOrEmpty(file)) (file, line) = (null, 0);
        if (_functions.TryGetValue((name, module, file, line), out var id)) return id;
        id = _functions.Count;
        _functions.Add((name, module, file, line), id);
        EnsureStarted();
        _sink.Function(new FunctionInfo(id, name) { Module = module, SourceFile = file, SourceLine = line });
        return id;
    }

    private void Begin(ReadThread thread, long time, int function, EdgeFlags flags, long end)
    {
        time = Advance(thread, time);
        thread.Push(function, Math.Max(end, time));
        thread.Calls++;
        Add(thread, new SliceEdge(time, function, EdgeKind.Begin, flags));
    }

    private void End(ReadThread thread, long time, EdgeFlags flags)
    {
        time = Advance(thread, time);
        if (thread.Depth == 0)
        {
            Skip("ends without a begin");
            return;
        }
        Add(thread, new SliceEdge(time, thread.Pop(), EdgeKind.End, flags));
    }

    // Brings a thread to a time: ends the calls whose end is known and past. Other tools' events may be out of order; ours are not.
    private long Advance(ReadThread thread, long time)
    {
        while (thread.Depth > 0 && thread.Innermost.EndNs <= time)
        {
            var end = Math.Max(thread.Innermost.EndNs, thread.LastNs);
            thread.LastNs = end;
            Add(thread, new SliceEdge(end, thread.Pop(), EdgeKind.End));
        }
        if (thread.Gaps != _gaps) CloseAfterGap(thread, Math.Max(time, thread.LastNs));
        if (time < thread.LastNs)
        {
            Skip("events earlier than the one before on their thread, moved to its time");
            time = thread.LastNs;
        }
        thread.LastNs = time;
        return time;
    }

    // What was open before packets went missing ends where the thread is heard of again; a known end is not in doubt.
    private void CloseAfterGap(ReadThread thread, long time)
    {
        thread.Gaps = _gaps;
        thread.LastNs = time;
        while (thread.Depth > 0 && thread.Innermost.EndNs == long.MaxValue)
            Add(thread, new SliceEdge(time, thread.Pop(), EdgeKind.End, EdgeFlags.EndLost));
    }

    private void Add(ReadThread thread, in SliceEdge edge)
    {
        if (_batchThread != thread || _batchCount == BatchSize)
        {
            Flush();
            _batchThread = thread;
        }
        _batch[_batchCount++] = edge;
    }

    private void Flush()
    {
        if (_batchCount == 0) return;
        EnsureStarted();
        _sink.Slices(_batchThread!.Id, _batch.AsSpan(0, _batchCount));
        _batchCount = 0;
    }

    // Events with arguments, names in place, instants, and the old forms.
    private void RareEvent(TrackEvent e, bool hasTime, long time)
    {
        if (!hasTime)
        {
            if (e.TimestampCase == TrackEvent.TimestampOneofCase.None)
            {
                Skip("events without a time");
                return;
            }
            if (e.TimestampCase == TrackEvent.TimestampOneofCase.TimestampDeltaUs) _sequence.OldTimeUs += e.TimestampDeltaUs;
            time = 1000 * (e.TimestampCase == TrackEvent.TimestampOneofCase.TimestampAbsoluteUs ? e.TimestampAbsoluteUs : _sequence.OldTimeUs);
        }
        var uuid = e.HasTrackUuid ? e.TrackUuid : _sequence.DefaultTrack ?? 0;
        var phase = e.LegacyEvent is { HasPhase: true } legacy
            ? (char)legacy.Phase
            : e.Type switch
            {
                TrackEvent.Types.Type.SliceBegin => 'B',
                TrackEvent.Types.Type.SliceEnd => 'E',
                TrackEvent.Types.Type.Instant => 'i',
                TrackEvent.Types.Type.Counter => 'C',
                _ => '?',
            };
        if (phase == 'i' && e.Categories.Contains(AboutEvents.Category) && About(e, uuid, time)) return;
        if (phase is not ('B' or 'E' or 'X'))
        {
            Skip(phase switch { 'i' or 'I' or 'R' => "instants", 'C' => "counter values", _ => "events that are no calls" });
            return;
        }
        var thread = OldThreadOf(e) ?? ThreadOf(uuid);
        if (thread == null)
        {
            Skip("events on rows that belong to no thread");
            return;
        }
        var flags = FlagsOf(e);
        if (phase == 'E') End(thread, time, flags);
        else Begin(thread, time, FunctionOf(e), flags, phase == 'X' ? time + 1000 * e.LegacyEvent.DurationUs : long.MaxValue);
    }

    private ReadThread? OldThreadOf(TrackEvent e)
    {
        if (e.LegacyEvent is not { HasTidOverride: true } legacy) return null;
        var pid = legacy.HasPidOverride ? legacy.PidOverride : _sequence.OldThread is { } t ? PidOf(t) : 0;
        return ThreadByTid(pid, legacy.TidOverride);
    }

    private long PidOf(ReadThread thread) => _processes[thread.Info!.ProcessId].Pid;

    private int FunctionOf(TrackEvent e)
    {
        var iid = e.HasNameIid ? e.NameIid : e.LegacyEvent?.NameIid ?? 0;
        var name = e.HasName ? e.Name : _sequence.Names.GetValueOrDefault(iid) ?? "";
        var categories = e.CategoryIids.Select(i => _sequence.Categories.GetValueOrDefault(i) ?? "").Concat(e.Categories);
        var (file, line) = e.HasSourceLocationIid ? _sequence.Sources.GetValueOrDefault(e.SourceLocationIid)
            : e.SourceLocation is { } s ? (s.FileName, (int)s.LineNumber) : default;
        return FunctionId(name, string.Join(',', categories), file, line);
    }

    private EdgeFlags FlagsOf(TrackEvent e)
    {
        var flags = EdgeFlags.None;
        foreach (var a in e.DebugAnnotations)
        {
            var name = a.HasName ? a.Name : _sequence.ArgumentNames.GetValueOrDefault(a.NameIid);
            var bit = Array.IndexOf(SliceEncoder.FlagNames, name);
            if (bit >= 0 && a.BoolValue) flags |= (EdgeFlags)(1 << bit);
        }
        return flags;
    }
}
