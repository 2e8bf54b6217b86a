using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>Handing on.</summary>
internal sealed partial class ReadTrace
{
    /// <summary>Hands all of it to <paramref name="sink"/>.</summary>
    public TraceSummary Feed(ITraceSink sink)
    {
        foreach (ReadThread thread in _threadOrder)
            thread.CloseOpen();
        NumberRows();
        long firstNs = _threadOrder.Count == 0 ? 0 : _threadOrder.Min(t => t.FirstNs);
        long startNs = StartNs != 0 ? StartNs : firstNs != long.MaxValue ? firstNs : 0;
        sink.Start(_metadata.StartNs == 0 ? _metadata with { StartNs = startNs } : _metadata);
        foreach (ProcessRow process in _processOrder)
            sink.Process(InfoOf(process));
        foreach (ReadThread thread in _threadOrder)
            sink.Thread(InfoOf(thread));
        foreach (FunctionInfo function in _functions)
            sink.Function(function);

        long calls = 0, unfinished = 0, cut = 0, early = 0;
        foreach (ReadThread thread in _threadOrder)
        {
            calls += thread.Calls;
            unfinished += thread.Unfinished;
            thread.Feed(sink, StartNs);
            cut += thread.Cut;
            early += thread.EndedEarly;
        }

        foreach ((ReadThread thread, RecordLoss loss) in _losses)
        {
            long lossNs = Absolute(loss.StartNs, StartNs);
            sink.Loss(loss with { ThreadId = thread.Id, StartNs = lossNs, EndNs = Math.Max(lossNs, loss.EndNs) });
        }

        TraceSummary summary = _summary with
        {
            Calls = calls,
            Unfinished = unfinished,
            DroppedPieces = _summary.DroppedPieces + DroppedPieces,
            Remarks = [.. _summary.Remarks, .. Remarks, .. CountedRemarks(cut, early)],
        };
        sink.Finish(summary);
        return summary;
    }

    /// <summary>A time of the file on the clock; one that does not fit is the last that does.</summary>
    internal static long Absolute(long ns, long startNs) => ns > long.MaxValue - startNs ? long.MaxValue : startNs + ns;

    private IEnumerable<string> CountedRemarks(long cut, long early)
    {
        foreach ((string what, long count) in _passedOver)
            yield return $"passed over {count} {what}";
        foreach ((string what, long count) in _counted)
            yield return $"{count} {what}";
        if (early > 0)
            yield return $"{early} calls ended before they began and are shown empty";
        if (cut > 0)
            yield return $"{cut} calls overlapped another of their thread and were cut at its end";
    }

    /// <summary>Our own numbers are kept; rows without one, or with one that is taken, get the next free.</summary>
    private void NumberRows()
    {
        var used = new HashSet<int>();
        foreach (ProcessRow process in _processOrder)
            process.Id = process.Identity is { } identity && identity.Id >= 0 && used.Add(identity.Id) ? identity.Id : -1;
        int next = 0;
        foreach (ProcessRow process in _processOrder.Where(p => p.Id < 0))
            process.Id = NextFree(used, ref next);

        used.Clear();
        foreach (ReadThread thread in _threadOrder)
            thread.Id = thread.Identity is { } identity && identity.Id >= 0 && used.Add(identity.Id) ? identity.Id : -1;
        next = 0;
        foreach (ReadThread thread in _threadOrder.Where(t => t.Id < 0))
            thread.Id = NextFree(used, ref next);
    }

    private static int NextFree(HashSet<int> used, ref int next)
    {
        while (!used.Add(next))
            next++;
        return next++;
    }

    private static ProcessInfo InfoOf(ProcessRow process) => process.Identity is { } identity
        ? identity with { Id = process.Id }
        : new ProcessInfo(process.Id, process.Pid.Number, process.Name ?? process.Pid.Text ?? $"Process {process.Pid.Number}");

    private ThreadInfo InfoOf(ReadThread thread)
    {
        int processId = _processes[thread.Pid].Id;
        ThreadInfo info = thread.Identity is { } identity
            ? identity with { Id = thread.Id, ProcessId = processId }
            : new ThreadInfo(thread.Id, processId, thread.Tid.Number) { ManagedName = thread.Name ?? thread.Tid.Text };
        return info with { Calls = thread.Calls };
    }
}
