using VizTrace.Model;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto;

// What the trace says of itself: instants with arguments, on a row of their own, and losses on rows beside the threads'. See FORMAT.md.
public sealed partial class PerfettoWriter
{
    // The row hangs below the first process, so it opens as soon as there is one, and without one at the end.
    private void StartAbout()
    {
        if (_aboutStarted) return;
        _aboutStarted = true;
        var row = new TrackDescriptor { Uuid = TrackIds.About, Name = AboutEvents.TrackName };
        if (_processOrder.Count > 0) row.ParentUuid = TrackIds.Process(_processOrder[0]);
        _encoder.Append(Row(row));
        var e = Instant(AboutEvents.Metadata);
        AddText(e, AboutEvents.Producer, _metadata.Producer);
        AddText(e, AboutEvents.Command, _metadata.Command);
        AddNumber(e, AboutEvents.StartNs, _metadata.StartNs);
        AddText(e, AboutEvents.ProbeClock, _metadata.ProbeClock);
        AddNumber(e, AboutEvents.ClockErrorNs, _metadata.ClockErrorNs);
        if (_metadata.Extra.Count > 0)
        {
            var list = new DebugAnnotation { Name = AboutEvents.Extra };
            foreach (var (key, value) in _metadata.Extra)
                list.ArrayValues.Add(new DebugAnnotation { DictEntries = { Text(AboutEvents.Key, key), Text(AboutEvents.Value, value) } });
            e.DebugAnnotations.Add(list);
        }
        Append(e, _metadata.StartNs);
    }

    private void AppendProcess(ProcessInfo process)
    {
        var e = Instant(AboutEvents.Process);
        AddNumber(e, AboutEvents.Id, process.Id);
        AddNumber(e, AboutEvents.Pid, process.Pid);
        AddText(e, AboutEvents.Name, process.Name);
        AddText(e, AboutEvents.CommandLine, process.CommandLine);
        AddText(e, AboutEvents.Runtime, process.Runtime);
        if (process.ExitCode is { } code) AddNumber(e, AboutEvents.ExitCode, code);
        if (process.Signal is { } signal) AddNumber(e, AboutEvents.Signal, signal);
        Append(e, _metadata.StartNs);
    }

    private void AppendThread(ThreadInfo thread)
    {
        var e = Instant(AboutEvents.Thread);
        AddNumber(e, AboutEvents.Id, thread.Id);
        AddNumber(e, AboutEvents.ProcessId, thread.ProcessId);
        AddNumber(e, AboutEvents.Tid, thread.OsTid);
        AddText(e, AboutEvents.Name, thread.ShownName);
        if (thread.ManagedId is { } managed) AddNumber(e, AboutEvents.ManagedId, managed);
        if (thread.ManagedName != null) e.DebugAnnotations.Add(Text(AboutEvents.ManagedName, thread.ManagedName));
        if (thread.OsName != null) e.DebugAnnotations.Add(Text(AboutEvents.OsName, thread.OsName));
        AddText(e, AboutEvents.Role, thread.Role.ToString());
        if (thread.StartNs is { } start) AddNumber(e, AboutEvents.StartNs, start);
        if (thread.EndNs is { } end) AddNumber(e, AboutEvents.EndNs, end);
        AddNumber(e, AboutEvents.Calls, thread.Calls);
        AddNumber(e, AboutEvents.LostRecords, thread.LostRecords);
        if (thread.EarlierNames.Count > 0)
        {
            var list = new DebugAnnotation { Name = AboutEvents.EarlierNames };
            foreach (var (time, name) in thread.EarlierNames)
                list.ArrayValues.Add(new DebugAnnotation { DictEntries = { Number(AboutEvents.TimeNs, time), Text(AboutEvents.Name, name) } });
            e.DebugAnnotations.Add(list);
        }
        Append(e, thread.StartNs ?? _metadata.StartNs);
    }

    private void AppendNotRecorded(NotRecordedMethod method)
    {
        var e = Instant(AboutEvents.NotRecorded);
        e.DebugAnnotations.Add(Text(AboutEvents.Module, method.Module));
        e.DebugAnnotations.Add(Text(AboutEvents.Name, method.Name));
        e.DebugAnnotations.Add(Text(AboutEvents.Reason, method.Reason));
        Append(e, _metadata.StartNs);
    }

    // The names of a group as text: an argument for each would be twenty bytes more a method.
    private void AppendCoverage(int id, ModuleCoverage module)
    {
        var e = Instant(AboutEvents.Coverage);
        AddNumber(e, AboutEvents.Id, id);
        e.DebugAnnotations.Add(Text(AboutEvents.Module, module.Module));
        AddNumber(e, AboutEvents.Recorded, module.Recorded);
        AddNumber(e, AboutEvents.Refused, module.Refused);
        if (module.Unlisted != null) e.DebugAnnotations.Add(Text(AboutEvents.Unlisted, module.Unlisted));
        Append(e, _metadata.StartNs);
        foreach (var group in module.Groups)
            foreach (var names in CoverageText.Write(group.Types))
            {
                e = Instant(AboutEvents.CoverageMethods);
                AddNumber(e, AboutEvents.Id, id);
                AddText(e, AboutEvents.Module, module.Module);
                AddText(e, AboutEvents.State, CoverageStates.Name(group.State));
                AddText(e, AboutEvents.Reason, group.Reason);
                AddText(e, AboutEvents.Names, names);
                Append(e, _metadata.StartNs);
            }
    }

    private void AppendSummary(TraceSummary summary)
    {
        var e = Instant(AboutEvents.Summary);
        AddNumber(e, AboutEvents.Calls, summary.Calls);
        AddNumber(e, AboutEvents.LostRecords, summary.LostRecords);
        AddNumber(e, AboutEvents.DroppedPieces, summary.DroppedPieces);
        AddNumber(e, AboutEvents.Unfinished, summary.Unfinished);
        if (summary.BlindFromNs is { } blind) AddNumber(e, AboutEvents.BlindFromNs, blind);
        if (summary.BlindReason != null) e.DebugAnnotations.Add(Text(AboutEvents.BlindReason, summary.BlindReason));
        if (summary.Remarks.Count > 0)
        {
            var list = new DebugAnnotation { Name = AboutEvents.Remarks };
            foreach (var remark in summary.Remarks) list.ArrayValues.Add(new DebugAnnotation { StringValue = remark });
            e.DebugAnnotations.Add(list);
        }
        Append(e, _metadata.StartNs);
    }

    private void AppendLoss(RecordLoss loss)
    {
        if (!_threads.ContainsKey(loss.ThreadId)) throw new InvalidOperationException($"Thread {loss.ThreadId} is used before it was told");
        if (_lostRows.Add(loss.ThreadId))
        {
            _encoder.Append(Row(new TrackDescriptor
            {
                Uuid = TrackIds.Lost(loss.ThreadId),
                ParentUuid = TrackIds.Thread(loss.ThreadId),
                Name = AboutEvents.LostTrackName,
            }));
        }
        var e = Instant(AboutEvents.Lost);
        e.TrackUuid = TrackIds.Lost(loss.ThreadId);
        AddNumber(e, AboutEvents.Records, loss.Records);
        AddText(e, AboutEvents.Reason, loss.Reason);
        AddNumber(e, AboutEvents.DurationNs, loss.EndNs - loss.StartNs);
        Append(e, loss.StartNs);
    }

    private static TrackEvent Instant(string name) =>
        new() { Type = TrackEvent.Types.Type.Instant, Name = name, Categories = { AboutEvents.Category } };

    private static DebugAnnotation Text(string name, string value) => new() { Name = name, StringValue = value };

    private static DebugAnnotation Number(string name, long value) => new() { Name = name, IntValue = value };

    private static void AddText(TrackEvent e, string name, string value)
    {
        if (value.Length > 0) e.DebugAnnotations.Add(Text(name, value));
    }

    private static void AddNumber(TrackEvent e, string name, long value) => e.DebugAnnotations.Add(Number(name, value));

    private void Append(TrackEvent e, long timeNs) => _encoder.Append(new TracePacket
    {
        TrustedPacketSequenceId = OwnSequence,
        Timestamp = (ulong)timeNs,
        SequenceFlags = (uint)TracePacket.Types.SequenceFlags.SeqNeedsIncrementalState,
        TrackEvent = e,
    });
}
