using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using VizTrace.Capture;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Model.Info;

namespace VizTrace.Cli.Showing;

/// <summary>The report of <c>viztrace info --json</c>: the shape that INFO.md documents. Members are only ever added.</summary>
internal static class InfoJson
{
    /// <summary>Version of the shape; it grows when a member changes its meaning.</summary>
    private const int ShapeVersion = 1;

    /// <summary>Writes one JSON object and a line end; of the methods those that match <paramref name="pattern"/>.</summary>
    public static void Write(TextWriter to, string input, long bytes, TraceInfo info, IReadOnlyList<Ledger> ledgers, MethodPattern? pattern)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("shape", ShapeVersion);
            json.WriteString("file", input);
            json.WriteNumber("bytes", bytes);
            json.WriteNumber("slices", info.Slices);
            if (info.Slices == 0)
                json.WriteNull("bytesPerSlice");
            else
                json.WriteNumber("bytesPerSlice", Math.Round((double)bytes / info.Slices, 3));
            Optional(json, "firstNs", info.FirstNs);
            Optional(json, "lastNs", info.LastNs);
            WriteMetadata(json, info);
            WriteSummary(json, info);
            WriteLedgers(json, ledgers);
            WriteRows(json, info);
            WriteFunctions(json, info);
            WriteCoverage(json, info, pattern);
            json.WriteEndObject();
        }

        to.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    private static void WriteMetadata(Utf8JsonWriter json, TraceInfo info)
    {
        TraceMetadata metadata = info.Metadata;
        json.WriteStartObject("metadata");
        json.WriteString("producer", metadata.Producer);
        json.WriteString("command", metadata.Command);
        json.WriteNumber("startNs", metadata.StartNs);
        json.WriteNumber("boottimeOffsetNs", metadata.BoottimeOffsetNs);
        json.WriteNumber("realtimeOffsetNs", metadata.RealtimeOffsetNs);
        json.WriteString("probeClock", metadata.ProbeClock);
        json.WriteNumber("clockErrorNs", metadata.ClockErrorNs);
        json.WriteStartArray("extra");
        foreach ((string key, string value) in metadata.Extra)
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            json.WriteString("value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter json, TraceInfo info)
    {
        TraceSummary summary = info.Summary;
        json.WriteNumber("unfinished", summary.Unfinished);
        json.WriteNumber("lostRecords", summary.LostRecords);
        json.WriteNumber("droppedPieces", summary.DroppedPieces);
        Optional(json, "blindFromNs", summary.BlindFromNs);
        json.WriteString("blindReason", summary.BlindReason);
        json.WriteStartArray("remarks");
        foreach (string remark in summary.Remarks)
            json.WriteStringValue(remark);
        json.WriteEndArray();
        json.WriteStartArray("losses");
        foreach (LossFigures loss in info.Losses)
        {
            json.WriteStartObject();
            json.WriteString("reason", loss.Reason);
            json.WriteNumber("stretches", loss.Stretches);
            json.WriteNumber("records", loss.Records);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("notRecorded");
        IEnumerable<IGrouping<string, NotRecordedMethod>> reasons = summary.NotRecorded.GroupBy(m => m.Reason, StringComparer.Ordinal);
        foreach (IGrouping<string, NotRecordedMethod> reason in reasons.OrderByDescending(r => r.Count()).ThenBy(r => r.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("reason", reason.Key);
            json.WriteNumber("methods", reason.Count());
            json.WriteStartArray("names");
            foreach (NotRecordedMethod method in reason)
                json.WriteStringValue(method.Module.Length == 0 ? method.Name : $"{method.Module}!{method.Name}");
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLedgers(Utf8JsonWriter json, IReadOnlyList<Ledger> ledgers)
    {
        json.WriteStartArray("filtered");
        foreach (Ledger ledger in ledgers)
        {
            json.WriteStartObject();
            json.WriteString("command", ledger.Command);
            json.WriteNumber("startNs", ledger.StartNs);
            json.WriteNumber("endNs", ledger.EndNs);
            json.WriteNumber("keptSlices", ledger.KeptSlices);
            json.WriteStartArray("filters");
            foreach (LedgerEntry entry in ledger.Entries)
            {
                json.WriteStartObject();
                json.WriteString("filter", entry.Filter);
                json.WriteNumber("slices", entry.Slices);
                json.WriteNumber("events", entry.Events);
                json.WriteNumber("bytes", entry.Bytes);
                json.WriteNumber("changed", entry.Changed);
                json.WriteNumber("flows", entry.Flows);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRows(Utf8JsonWriter json, TraceInfo info)
    {
        json.WriteStartArray("processes");
        foreach (ProcessInfo process in info.Processes)
        {
            json.WriteStartObject();
            json.WriteNumber("id", process.Id);
            json.WriteNumber("pid", process.Pid);
            json.WriteString("name", process.Name);
            json.WriteString("commandLine", process.CommandLine);
            json.WriteString("runtime", process.Runtime);
            Optional(json, "exitCode", process.ExitCode);
            Optional(json, "signal", process.Signal);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("threads");
        foreach (ThreadFigures figures in info.Threads)
        {
            ThreadInfo thread = figures.Thread;
            json.WriteStartObject();
            json.WriteNumber("id", thread.Id);
            json.WriteNumber("processId", thread.ProcessId);
            json.WriteNumber("osTid", thread.OsTid);
            Optional(json, "managedId", thread.ManagedId);
            json.WriteString("name", thread.ShownName);
            json.WriteString("managedName", thread.ManagedName);
            json.WriteStartArray("earlierNames");
            foreach ((long timeNs, string name) in thread.EarlierNames)
            {
                json.WriteStartObject();
                json.WriteNumber("timeNs", timeNs);
                json.WriteString("name", name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("osName", thread.OsName);
            json.WriteString("role", thread.Role.ToString());
            Optional(json, "startNs", thread.StartNs);
            Optional(json, "endNs", thread.EndNs);
            Optional(json, "firstNs", figures.FirstNs);
            Optional(json, "lastNs", figures.LastNs);
            json.WriteNumber("calls", figures.Calls);
            json.WriteNumber("deepestCall", figures.DeepestCall);
            json.WriteNumber("lostRecords", figures.LostRecords);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFunctions(Utf8JsonWriter json, TraceInfo info)
    {
        json.WriteStartArray("functions");
        foreach (FunctionFigures figures in info.Functions.OrderByDescending(f => f.Calls).ThenBy(f => f.Function.Name, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("name", figures.Function.Name);
            json.WriteString("module", figures.Function.Module);
            json.WriteString("sourceFile", figures.Function.SourceFile);
            json.WriteNumber("sourceLine", figures.Function.SourceLine);
            json.WriteNumber("calls", figures.Calls);
            json.WriteNumber("selfNs", figures.SelfNs);
            json.WriteNumber("totalNs", figures.TotalNs);
            json.WriteNumber("longestNs", figures.LongestNs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCoverage(Utf8JsonWriter json, TraceInfo info, MethodPattern? pattern)
    {
        json.WriteStartArray("coverage");
        ILookup<string, MethodRow> rows = CoverageReport.Rows(info, pattern).ToLookup(r => r.Module, StringComparer.Ordinal);
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (ModuleCoverage module in info.Summary.Coverage)
        {
            json.WriteStartObject();
            json.WriteString("module", module.Module);
            json.WriteString("unlisted", module.Unlisted);
            json.WriteNumber("methods", module.Methods);
            foreach (CoverageState state in CoverageStates.All)
                json.WriteNumber(JsonNamingPolicy.CamelCase.ConvertName(state.ToString()), module.Count(state));
            json.WriteStartArray("states");

            // Two builds of a module have one name, by which the functions know both: their methods stand with the first.
            if (told.Add(module.Module))
                WriteStates(json, rows[module.Module]);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Names by state and reason; as often as methods have them.</summary>
    private static void WriteStates(Utf8JsonWriter json, IEnumerable<MethodRow> rows)
    {
        foreach (IGrouping<(CoverageState State, string Reason), MethodRow> group in rows.GroupBy(r => (r.State, r.Reason)).OrderBy(g => g.Key))
        {
            json.WriteStartObject();
            json.WriteString("state", CoverageStates.Name(group.Key.State));
            json.WriteString("reason", group.Key.Reason);
            json.WriteStartArray("names");
            foreach (MethodRow row in group)
            {
                for (int i = 0; i < row.Methods; i++)
                    json.WriteStringValue(row.Name);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    private static void Optional(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
