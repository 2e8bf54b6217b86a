using System.Globalization;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Model.Info;

namespace VizTrace.Cli.Showing;

/// <summary>The report of <c>viztrace info</c> for people: plain aligned tables. Times are since the recording began.</summary>
internal static class InfoText
{
    /// <summary>Writes the report, with the first <paramref name="top"/> functions of each order.</summary>
    public static void Write(TextWriter to, string input, long bytes, TraceInfo info, IReadOnlyList<Ledger> ledgers, int top)
    {
        WriteHead(to, input, bytes, info);
        WriteLedgers(to, ledgers);
        WriteThreads(to, info);
        WriteFunctions(to, "by calls", info, top, f => f.Calls);
        WriteFunctions(to, "by self time", info, top, f => f.SelfNs);
        WriteFunctions(to, "by total time", info, top, f => f.TotalNs);
        CoverageReport.WriteModules(to, info);
        WriteNotRecorded(to, info);
    }

    private static void WriteHead(TextWriter to, string input, long bytes, TraceInfo info)
    {
        TraceMetadata metadata = info.Metadata;
        TraceSummary summary = info.Summary;
        string each = info.Slices == 0 ? "" : $", {Quantity.Decimals((double)bytes / info.Slices, 2)} bytes a slice";
        to.WriteLine($"{input}: {Quantity.Number(bytes, "byte")}{each}");
        if (metadata.Command.Length > 0)
            to.WriteLine($"  command      {metadata.Command}");
        if (metadata.Producer.Length > 0)
            to.WriteLine($"  recorded by  {metadata.Producer}");
        if (metadata.ProbeClock.Length > 0)
            to.WriteLine($"  clock        {metadata.ProbeClock}, error at most {Quantity.Time(metadata.ClockErrorNs)}");
        string length = info is { FirstNs: { } first, LastNs: { } last } ? $" in {Quantity.Time(last - first)}" : "";
        to.WriteLine($"  slices       {Quantity.Number(info.Slices)} on {Quantity.Number(info.Threads.Count, "thread")}{length}");
        if (summary.Unfinished > 0)
            to.WriteLine($"  unfinished   {Quantity.Number(summary.Unfinished)}");
        long lost = Math.Max(summary.LostRecords, info.Threads.Sum(t => t.LostRecords));
        to.WriteLine($"  lost         {(lost == 0 ? "nothing" : Quantity.Number(lost, "record"))}");
        foreach (LossFigures loss in info.Losses)
            to.WriteLine($"               {loss.Reason}: {Quantity.Number(loss.Records, "record")} in {Quantity.Number(loss.Stretches, "stretch", "stretches")}");
        if (summary.DroppedPieces > 0)
            to.WriteLine($"  damaged      {Quantity.Number(summary.DroppedPieces, "piece")} dropped");
        if (summary.BlindFromNs is { } blind)
            to.WriteLine($"  blind        from {Quantity.Time(blind - metadata.StartNs)} on: {summary.BlindReason}");
        foreach ((string key, string value) in metadata.Extra)
            to.WriteLine($"  {key,-12} {value}");
        foreach (string remark in summary.Remarks)
            to.WriteLine($"  remark       {remark}");
    }

    /// <summary>What filters took out before: nothing vanishes silently.</summary>
    private static void WriteLedgers(TextWriter to, IReadOnlyList<Ledger> ledgers)
    {
        foreach (Ledger ledger in ledgers)
        {
            to.WriteLine();
            to.WriteLine($"taken out by viztrace {Printable.Text(ledger.Command)}");
            Filtering.LedgerTable.Write(to, ledger);
        }
    }

    private static void WriteThreads(TextWriter to, TraceInfo info)
    {
        foreach (ProcessInfo process in info.Processes)
        {
            string end = process.Signal is { } signal ? $", killed by signal {signal}" : process.ExitCode is { } code ? $", exit code {code}" : "";
            string runtime = process.Runtime.Length == 0 ? "" : $", {process.Runtime}";
            to.WriteLine();
            to.WriteLine($"process {process.Pid} {process.Name}{runtime}{end}");
            var table = new TextTable(">os tid", ">managed", "name", "os name", "role", ">first", ">last", ">calls", ">lost");
            foreach (ThreadFigures thread in info.Threads.Where(t => t.Thread.ProcessId == process.Id))
            {
                table.Add(
                    thread.Thread.OsTid.ToString(CultureInfo.InvariantCulture),
                    thread.Thread.ManagedId?.ToString(CultureInfo.InvariantCulture) ?? "-",
                    thread.Thread.ShownName,
                    thread.Thread.OsName ?? "-",
                    thread.Thread.Role == ThreadRole.Unknown ? "-" : thread.Thread.Role.ToString(),
                    Since(thread.FirstNs),
                    Since(thread.LastNs),
                    Quantity.Number(thread.Calls),
                    Quantity.Number(thread.LostRecords));
            }

            table.Write(to);
        }

        string Since(long? ns) => ns is { } time ? Quantity.Time(time - info.Metadata.StartNs) : "-";
    }

    private static void WriteFunctions(TextWriter to, string order, TraceInfo info, int top, Func<FunctionFigures, long> by)
    {
        if (info.Functions.Count == 0)
            return;
        to.WriteLine();
        to.WriteLine($"top functions {order}");
        var table = new TextTable(">calls", ">self", ">total", ">longest", "function");
        foreach (FunctionFigures f in info.Functions.OrderByDescending(by).ThenBy(f => f.Function.Name, StringComparer.Ordinal).Take(top))
        {
            table.Add(
                Quantity.Number(f.Calls),
                Quantity.Time(f.SelfNs),
                Quantity.Time(f.TotalNs),
                Quantity.Time(f.LongestNs),
                f.Function.Module is { } module ? $"{f.Function.Name}  [{module}]" : f.Function.Name);
        }

        table.Write(to);
    }

    /// <summary>Why methods could not be recorded: those that ran, and those that nobody had to try.</summary>
    private static void WriteNotRecorded(TextWriter to, TraceInfo info)
    {
        IReadOnlyList<(string Reason, int Methods, string First)> reasons = info.NotRecordedByReason();
        if (reasons.Count == 0)
            return;
        to.WriteLine();
        to.WriteLine("not recorded");
        var table = new TextTable(">methods", "reason", "first of them");
        foreach ((string reason, int methods, string first) in reasons)
            table.Add(Quantity.Number(methods), reason, first);
        table.Write(to);
    }
}
