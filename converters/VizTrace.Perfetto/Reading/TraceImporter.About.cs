using VizTrace.Model;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Reading;

// What our traces tell of themselves (FORMAT.md), and the end.
internal sealed partial class TraceImporter
{
    private readonly List<NotRecordedMethod> _notRecorded = [];
    private readonly ReadCoverage _coverage = new();
    private TraceSummary? _summary;
    private long _lostRecords;

    /// <summary>Closes what is open and tells the sink the end.</summary>
    public void Finish()
    {
        EnsureStarted();
        foreach (var thread in _threads)
        {
            if (thread.Gaps != _gaps) CloseAfterGap(thread, thread.LastNs);
            while (thread.Depth > 0)
            {
                var (_, end) = thread.Innermost;
                var known = end != long.MaxValue;
                if (known) thread.LastNs = Math.Max(thread.LastNs, end);
                else _unfinished++;
                Add(thread, new SliceEdge(thread.LastNs, thread.Pop(), EdgeKind.End, known ? EdgeFlags.None : EdgeFlags.Unfinished));
            }
        }
        Flush();
        foreach (var thread in _threads)
            if (thread.Info!.Calls != thread.Calls) _sink.Thread(thread.Info with { Calls = thread.Calls });
        foreach (var (what, n) in _skipped) Remark($"Not taken over: {n:N0} {what}");
        if (_summary == null && _metadata.Producer.Length > 0) Remark("The trace has no summary: it was not written to its end");
        var summary = _summary ?? new TraceSummary { LostRecords = _lostRecords };
        _sink.Finish(summary with
        {
            Calls = _threads.Sum(t => t.Calls),
            Unfinished = summary.Unfinished + _unfinished,
            NotRecorded = _notRecorded,
            Coverage = _coverage.Modules(),
            Remarks = [.. summary.Remarks, .. _remarks],
        });
    }

    // Returns false for an event of somebody else that happens to have our category.
    private bool About(TrackEvent e, ulong row, long time)
    {
        var args = e.DebugAnnotations;
        switch (e.Name)
        {
            case AboutEvents.Metadata:
                _metadata = new TraceMetadata
                {
                    Producer = Text(args, AboutEvents.Producer) ?? "",
                    Command = Text(args, AboutEvents.Command) ?? "",
                    StartNs = Number(args, AboutEvents.StartNs) ?? 0,
                    ProbeClock = Text(args, AboutEvents.ProbeClock) ?? "",
                    ClockErrorNs = Number(args, AboutEvents.ClockErrorNs) ?? 0,
                    Extra = List(args, AboutEvents.Extra, d => new KeyValuePair<string, string>(Text(d, AboutEvents.Key) ?? "", Text(d, AboutEvents.Value) ?? "")),
                };
                EnsureStarted();
                return true;
            case AboutEvents.Process:
                TellAboutProcess(args);
                return true;
            case AboutEvents.Thread:
                TellAboutThread(args);
                return true;
            case AboutEvents.Lost:
                return TellAboutLoss(args, row, time);
            case AboutEvents.NotRecorded:
                _notRecorded.Add(new NotRecordedMethod(Text(args, AboutEvents.Module) ?? "", Text(args, AboutEvents.Name) ?? "", Text(args, AboutEvents.Reason) ?? ""));
                return true;
            case AboutEvents.Coverage:
                _coverage.Add(Number(args, AboutEvents.Id) ?? 0, new ModuleCoverage(Text(args, AboutEvents.Module) ?? "")
                {
                    Unlisted = Text(args, AboutEvents.Unlisted),
                    Recorded = (int)(Number(args, AboutEvents.Recorded) ?? 0),
                    Refused = (int)(Number(args, AboutEvents.Refused) ?? 0),
                });
                return true;
            case AboutEvents.CoverageMethods:
                _coverage.Add(
                    Number(args, AboutEvents.Id) ?? 0, Text(args, AboutEvents.Module) ?? "", CoverageStates.Of(Text(args, AboutEvents.State)),
                    Text(args, AboutEvents.Reason) ?? "", Text(args, AboutEvents.Names) ?? "");
                return true;
            case AboutEvents.Summary:
                _summary = new TraceSummary
                {
                    LostRecords = Number(args, AboutEvents.LostRecords) ?? 0,
                    DroppedPieces = Number(args, AboutEvents.DroppedPieces) ?? 0,
                    Unfinished = Number(args, AboutEvents.Unfinished) ?? 0,
                    BlindFromNs = Number(args, AboutEvents.BlindFromNs),
                    BlindReason = Text(args, AboutEvents.BlindReason),
                    Remarks = args.FirstOrDefault(a => a.Name == AboutEvents.Remarks)?.ArrayValues.Select(v => v.StringValue).ToList() ?? [],
                };
                return true;
            case Events.TraceDecoder.LedgerName:
                // Whoever shows what filters took out reads the events; calls know nothing of it.
                return true;
            default:
                return false;
        }
    }

    private void TellAboutProcess(IReadOnlyList<DebugAnnotation> args)
    {
        var id = ProcessOf(TrackIds.Process((int)(Number(args, AboutEvents.Id) ?? 0)), Number(args, AboutEvents.Pid) ?? 0);
        var process = _processes[id] with
        {
            Name = Text(args, AboutEvents.Name) ?? "",
            CommandLine = Text(args, AboutEvents.CommandLine) ?? "",
            Runtime = Text(args, AboutEvents.Runtime) ?? "",
            ExitCode = (int?)Number(args, AboutEvents.ExitCode),
            Signal = (int?)Number(args, AboutEvents.Signal),
        };
        _processes[id] = process;
        EnsureStarted();
        _sink.Process(process);
    }

    private void TellAboutThread(IReadOnlyList<DebugAnnotation> args)
    {
        if (Number(args, AboutEvents.Id) is not { } id || !_rows.TryGetValue(TrackIds.Thread((int)id), out var thread)) return;
        thread.IsComplete = true;
        thread.Info = new ThreadInfo(thread.Id, thread.Info!.ProcessId, Number(args, AboutEvents.Tid) ?? 0)
        {
            ManagedId = (int?)Number(args, AboutEvents.ManagedId),
            ManagedName = Text(args, AboutEvents.ManagedName),
            OsName = Text(args, AboutEvents.OsName),
            Role = Enum.TryParse<ThreadRole>(Text(args, AboutEvents.Role), out var role) ? role : ThreadRole.Unknown,
            StartNs = Number(args, AboutEvents.StartNs),
            EndNs = Number(args, AboutEvents.EndNs),
            Calls = Number(args, AboutEvents.Calls) ?? 0,
            LostRecords = Number(args, AboutEvents.LostRecords) ?? 0,
            EarlierNames = List(args, AboutEvents.EarlierNames, d => (Number(d, AboutEvents.TimeNs) ?? 0, Text(d, AboutEvents.Name) ?? "")),
        };
        EnsureStarted();
        _sink.Thread(thread.Info);
    }

    private bool TellAboutLoss(IReadOnlyList<DebugAnnotation> args, ulong row, long time)
    {
        if (!_lostRows.TryGetValue(row, out var parent) || !_rows.TryGetValue(parent, out var thread)) return false;
        var records = Number(args, AboutEvents.Records) ?? 0;
        _lostRecords += records;
        EnsureStarted();
        _sink.Loss(new RecordLoss(thread.Id, time, time + (Number(args, AboutEvents.DurationNs) ?? 0), records, Text(args, AboutEvents.Reason) ?? ""));
        return true;
    }

    private static string? Text(IReadOnlyList<DebugAnnotation> args, string name) =>
        args.FirstOrDefault(a => a.Name == name) is { HasStringValue: true } a ? a.StringValue : null;

    private static long? Number(IReadOnlyList<DebugAnnotation> args, string name) =>
        args.FirstOrDefault(a => a.Name == name) is { HasIntValue: true } a ? a.IntValue : null;

    private static List<T> List<T>(IReadOnlyList<DebugAnnotation> args, string name, Func<IReadOnlyList<DebugAnnotation>, T> make) =>
        args.FirstOrDefault(a => a.Name == name)?.ArrayValues.Select(v => make(v.DictEntries)).ToList() ?? [];
}
