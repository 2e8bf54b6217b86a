using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>Feeds one indexed capture to a sink, once.</summary>
internal sealed class CaptureFeed(CaptureIndex capture, ITraceSink sink, Action<double>? progress)
{
    private const int ProgressSteps = 100;

    private readonly Findings _findings = capture.Findings;
    private readonly long _boottimeOffsetNs = capture.Processes.Select(p => p.Ledger.BoottimeOffsetNs).FirstOrDefault(o => o is not null) ?? 0;
    private readonly ThreadFilter _threads = new(capture.Settings);
    private readonly List<Row> _unwanted = [];
    private long _records;
    private long _recordsInAll;
    private long _calls;
    private long _unfinished;
    private readonly FunctionIds _ids = new(sink);
    private readonly Dictionary<ProcessCapture, (long Told, long Missing)> _lost = [];
    private readonly Dictionary<ProcessCapture, FunctionTable> _functions = [];

    /// <summary>From Start to Finish; returns what Finish was given.</summary>
    public TraceSummary Run()
    {
        List<Row> rows = Rows();
        sink.Start(Metadata());
        for (int i = 0; i < capture.Processes.Count; i++)
            sink.Process(ProcessInfos.Of(i + 1, capture.Processes[i]));
        rows.ForEach(r => sink.Thread(r.Info));
        ReadRows(rows);
        TraceSummary summary = Summary();
        sink.Finish(summary);
        progress?.Invoke(1);
        return summary;
    }

    private TraceMetadata Metadata()
    {
        CaptureSettings settings = capture.Settings;
        ProcessCapture? first = capture.Processes.FirstOrDefault();
        var extra = new List<KeyValuePair<string, string>>();
        void Extra(string key, string value) => extra.Add(new(key, value));
        settings.Include.ForEach(p => Extra("include", p));
        settings.Exclude.ForEach(p => Extra("hide function", p));
        settings.IgnoreFunction.ForEach(p => Extra("ignore function", p));
        settings.IgnoreThread.ForEach(p => Extra("ignore thread", p));
        settings.OnlyThread.ForEach(p => Extra("only thread", p));
        if (_threads.Dropped.Count > 0)
            Extra("threads left out", $"{_threads.Dropped.Count}: {string.Join(", ", Counted(_threads.Dropped))}");
        if (settings.MinDurationNs > 0)
            Extra("min duration", $"{settings.MinDurationNs.ToString(System.Globalization.CultureInfo.InvariantCulture)} ns");
        if (settings.MaxDepth > 0)
            Extra("max depth", settings.MaxDepth.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (first is not null && ProcessInfos.Probe(first) is { Length: > 0 } probe)
            Extra("probe", probe);
        return new TraceMetadata
        {
            Producer = $"VizTrace {typeof(CaptureFeed).Assembly.GetName().Version?.ToString(3)}",
            Command = settings.Command.Count > 0 ? string.Join(' ', settings.Command)
                : first is null ? "" : ProcessInfos.CommandLine(first.Journal),
            BoottimeOffsetNs = _boottimeOffsetNs,
            RealtimeOffsetNs = capture.Processes.Select(p => p.Ledger.RealtimeOffsetNs).FirstOrDefault(o => o is not null) ?? 0,
            StartNs = capture.Processes.Min(p => p.StartNs) ?? 0,
            ProbeClock = first is null ? "" : first.ClockKind == ClockKind.Monotonic ? "monotonic" : "tsc",
            ClockErrorNs = capture.ClockErrorNs,
            Extra = extra,
        };
    }

    /// <summary>The most frequent names, with their number when there are several of one.</summary>
    private static IEnumerable<string> Counted(IReadOnlyList<string> names)
    {
        const int Most = 20;
        var counted = names.GroupBy(n => n).OrderByDescending(g => g.Count()).ToList();
        return counted.Take(Most).Select(g => g.Count() == 1 ? g.Key : $"{g.Key} ({g.Count()} times)").Concat(counted.Count > Most ? ["…"] : []);
    }

    private List<Row> Rows()
    {
        var rows = new List<Row>();
        for (int i = 0; i < capture.Processes.Count; i++)
        {
            ProcessCapture process = capture.Processes[i];
            foreach (ThreadLife life in ThreadTable.Build(
                process.Journal, process.Ledger, process.Clock, _boottimeOffsetNs, process.UsedSlots))
            {
                long? osStartNs = ThreadTable.StartNs(life.Os, _boottimeOffsetNs);
                ThreadInfo info = life.ToInfo(rows.Count + 1, i + 1, process.ProcessId, process.StartNs ?? 0, osStartNs, process.Ledger.ExitNs);
                List<ThreadIgnoredReason> reasons = life.Slots.ConvertAll(s => process.Journal.Ignored.GetValueOrDefault(s));
                ThreadIgnoredReason ignored = reasons.Find(r => r is ThreadIgnoredReason.Pattern or ThreadIgnoredReason.Itself);
                var row = new Row(info, process, life.Slots);
                if (!_threads.Wants(info, ignored))
                {
                    _unwanted.Add(row);
                    continue;
                }

                rows.Add(row);
                if (reasons.Contains(ThreadIgnoredReason.NotAmongOnly))
                    _findings.Remark($"thread {info.ShownName}: it matched no --only-thread when it had filled its first chunk; nothing behind that is recorded");
            }
        }

        return rows;
    }

    private void ReadRows(List<Row> rows)
    {
        using var sources = new SourceLines(_findings);
        var reader = new RowReader(sink, _ids) { MinDurationNs = capture.Settings.MinDurationNs, Progress = progress is null ? null : Advance };
        _recordsInAll = capture.Processes.Sum(p => p.Records);
        var infos = new List<ThreadInfo>(rows.Count);
        foreach (IGrouping<ProcessCapture, Row> ofProcess in rows.GroupBy(r => r.Process))
        {
            var functions = new FunctionTable(ofProcess.Key.Journal, _ids, sources);
            long endNs = ProcessInfos.EndNs(ofProcess.Key), told = 0, missing = 0;
            foreach (Row row in ofProcess)
            {
                RowCounts counts = reader.Read(row.Process, functions, row.Info.Id, row.Slots, Math.Min(endNs, row.Info.EndNs ?? endNs));
                told += counts.Told;
                missing += counts.Missing;
                _calls += counts.Calls;
                _unfinished += counts.Unfinished;
                infos.Add(Final(row.Info, counts));
            }

            _lost.Add(ofProcess.Key, (told, missing));
            _functions.Add(ofProcess.Key, functions);
            if (functions.Unknown > 0)
                _findings.Remark($"process {ofProcess.Key.ProcessId}: the journal does not name {functions.Unknown} functions");
        }

        infos.ForEach(sink.Thread);
        Report(reader);
    }

    /// <summary>
    /// Records that threads lost whose rows are left out: the pool counts them with the others, and they are nobody's loss.
    /// </summary>
    private long LostByUnwanted(ProcessCapture process)
    {
        if (process.Pool is not { Header.LostRecords: > 0 })
            return 0;
        var nowhere = new NullSink();
        var ids = new FunctionIds(nowhere);
        using var sources = new SourceLines(new Findings());
        var functions = new FunctionTable(process.Journal, ids, sources);
        var reader = new RowReader(nowhere, ids);
        return _unwanted.Where(r => r.Process == process).Sum(r => reader.Read(process, functions, r.Info.Id, r.Slots, endNs: 0).Told);
    }

    private static ThreadInfo Final(ThreadInfo info, in RowCounts counts) => info with
    {
        Calls = counts.Calls,
        LostRecords = counts.Told + counts.Missing,
        EndNs = info.EndNs < counts.LastNs ? counts.LastNs : info.EndNs,
    };

    private void Report(RowReader reader)
    {
        if (reader.DamagedBlocks > 0)
            _findings.Dropped(reader.DamagedBlocks, $"{reader.DamagedBlocks} damaged blocks of records were dropped");
        if (reader.MissingChunks > 0)
            _findings.Remark($"{reader.MissingChunks} chunks of records are missing: {reader.MissingChunks * PoolLayout.RecordsPerChunk} records or more");
        if (reader.Orphans > 0)
            _findings.Dropped(reader.Orphans, $"{reader.Orphans} records belong to no call and were dropped");
        if (reader.Clamped > 0)
            _findings.Remark($"{reader.Clamped} time stamps ran backwards on their thread and were moved up");
    }

    private void Advance(long records)
    {
        if (_recordsInAll == 0)
            return;
        long step = _records * ProgressSteps / _recordsInAll;
        _records += records;
        if (_records * ProgressSteps / _recordsInAll != step)
            progress!((double)_records / _recordsInAll);
    }

    private TraceSummary Summary()
    {
        PatternsThatMetNothing();
        long lost = 0, lostUntold = 0;
        (long Ns, string Reason)? blind = null;
        var coverage = new CoverageLedger(capture.Settings, _ids);
        foreach (ProcessCapture process in capture.Processes)
        {
            // The pool also counts what a thread lost and never got a chunk after, in whose head it would stand.
            (long told, long missing) = _lost.GetValueOrDefault(process);
            long untold = Math.Max(0, (long)Math.Min(process.Pool?.Header.LostRecords ?? 0, long.MaxValue / 4) - told - LostByUnwanted(process));
            lost += told + missing + untold;
            lostUntold += untold;
            if (ProcessInfos.Blind(process, untold) is { } end && (blind is null || end.Ns < blind.Value.Ns))
                blind = end;
            coverage.Add(process.Journal, _functions.TryGetValue(process, out FunctionTable? functions) ? functions.Map : default);
            foreach (string fault in process.Journal.Faults.Distinct())
                _findings.Remark($"process {process.ProcessId}: the profiler failed and recorded less: {fault}");
            if (process.Ledger.ExitNs is null)
            {
                _findings.Remark($"process {process.ProcessId}: its end was not recorded");
                _findings.Remark($"process {process.ProcessId}: from the recorder's end on, a pause within a thread of more than 2^40 ticks of its clock (7 minutes at 2.5 GHz) would show too short");
            }

            if (process.Pool is { Header.JournalFailures: > 0 } pool)
                _findings.Remark($"process {process.ProcessId}: {pool.Header.JournalFailures} journal entries could not be written");
        }

        if (lostUntold > 0)
            _findings.Remark($"{lostUntold} more records were lost at the end of threads that never got a free chunk again");
        IReadOnlyList<ModuleCoverage> modules = coverage.Modules();
        bool torn = capture.Processes.Exists(p => p.Journal.Holes.Count > 0 || p.Pool is { Header.JournalFailures: > 0 });
        if (torn && modules.Any(m => m.Count(CoverageState.NeverCalled) > 0))
            _findings.Remark("a journal is not whole: of the methods that are told as never called some may have been compiled");
        return new TraceSummary
        {
            Calls = _calls,
            LostRecords = lost,
            DroppedPieces = _findings.DroppedPieces,
            Unfinished = _unfinished,
            BlindFromNs = blind?.Ns,
            BlindReason = blind?.Reason,
            NotRecorded = coverage.NotRecorded,
            Coverage = modules,
            Remarks = [.. _findings.Remarks],
        };
    }

    /// <summary>A pattern that met nothing is mostly misspelt; what it may have meant is named.</summary>
    private void PatternsThatMetNothing()
    {
        foreach ((string option, string pattern) in _threads.Unmatched)
            _findings.Remark(PatternCheck.OfThread(option, pattern, _threads.Names));
        foreach (string remark in PatternCheck.OfFunctions(capture))
            _findings.Remark(remark);
    }

    private readonly record struct Row(ThreadInfo Info, ProcessCapture Process, List<uint> Slots);
}
