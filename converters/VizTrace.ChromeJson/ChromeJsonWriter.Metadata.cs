using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>The rare parts: rows, losses and what stands at the end.</summary>
public sealed partial class ChromeJsonWriter
{
    /// <summary>First of the numbers given to ids that do not fit or are taken: above every id of an operating system we know.</summary>
    private const int FirstSpareId = 1_000_000_000;

    private static readonly CultureInfo s_invariant = CultureInfo.InvariantCulture;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly HashSet<int> _usedPids = [];
    private readonly HashSet<int> _usedTids = [];
    private readonly ArrayBufferWriter<byte> _scratch = new(4096);
    private int _nextSpareId = FirstSpareId;

    private void TellProcess(ProcessInfo process)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (_processes.TryGetValue(process.Id, out ProcessRow? row))
            row.Info = process;
        else
            _processes.Add(process.Id, new ProcessRow(process, ShownId(process.Pid, _usedPids)));
    }

    private void TellThread(ThreadInfo thread)
    {
        ArgumentNullException.ThrowIfNull(thread);
        if (_threads.TryGetValue(thread.Id, out ThreadRow? row))
        {
            row.Info = thread;
            return;
        }

        if (!_processes.TryGetValue(thread.ProcessId, out ProcessRow? process))
            throw new InvalidOperationException($"a thread of process {thread.ProcessId}, which was not told");
        _threads.Add(thread.Id, new ThreadRow(thread, process.ShownPid, ShownId(thread.OsTid, _usedTids)));
    }

    private int ShownId(long trueId, HashSet<int> used)
    {
        if (trueId is >= 0 and <= int.MaxValue && used.Add((int)trueId))
            return (int)trueId;
        while (!used.Add(_nextSpareId))
            _nextSpareId++;
        return _nextSpareId++;
    }

    private void WriteLoss(RecordLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (!_threads.TryGetValue(loss.ThreadId, out ThreadRow? thread))
            throw new InvalidOperationException($"a loss of thread {loss.ThreadId}, which was not told");
        using Utf8JsonWriter json = BeginEvent("i", EdgeArgs.LossName, thread.ShownPid, thread.ShownTid);
        Span<byte> time = stackalloc byte[32];
        json.WritePropertyName("ts"u8);
        json.WriteRawValue(time[..Microseconds.Write(loss.StartNs - _startNs, time)], skipInputValidation: true);
        json.WriteString("s"u8, "t"u8);
        json.WriteString("cat"u8, "viztrace"u8);
        json.WriteStartObject("args"u8);
        json.WriteNumber("records"u8, loss.Records);
        json.WriteNumber("end_ns"u8, loss.EndNs);
        json.WriteString("reason"u8, loss.Reason);
        EndEvent(json);
    }

    private void WriteMetadataEvents()
    {
        foreach (ProcessRow row in _processes.Values)
        {
            ProcessInfo process = row.Info;
            using Utf8JsonWriter json = BeginEvent("M", "process_name", row.ShownPid, null);
            json.WriteStartObject("args"u8);
            json.WriteString("name"u8, process.Name);
            json.WriteNumber("id"u8, process.Id);
            json.WriteNumber("os_pid"u8, process.Pid);
            Optional(json, "command_line", process.CommandLine);
            Optional(json, "runtime", process.Runtime);
            Optional(json, "exit_code", process.ExitCode);
            Optional(json, "signal", process.Signal);
            EndEvent(json);
        }

        foreach (ThreadRow row in _threads.Values)
            WriteThread(row);
    }

    private void WriteThread(ThreadRow row)
    {
        ThreadInfo thread = row.Info;
        using (Utf8JsonWriter json = BeginEvent("M", "thread_name", row.ShownPid, row.ShownTid))
        {
            json.WriteStartObject("args"u8);
            json.WriteString("name"u8, thread.ShownName);
            EndEvent(json);
        }

        using (Utf8JsonWriter json = BeginEvent("M", "thread_sort_index", row.ShownPid, row.ShownTid))
        {
            json.WriteStartObject("args"u8);
            json.WriteNumber("sort_index"u8, thread.Id);
            EndEvent(json);
        }

        using (Utf8JsonWriter json = BeginEvent("M", EdgeArgs.ThreadEvent, row.ShownPid, row.ShownTid))
        {
            json.WriteStartObject("args"u8);
            json.WriteNumber("id"u8, thread.Id);
            json.WriteNumber("os_tid"u8, thread.OsTid);
            Optional(json, "managed_id", thread.ManagedId);
            Optional(json, "managed_name", thread.ManagedName);
            if (thread.EarlierNames.Count != 0)
            {
                json.WriteStartArray("earlier_names"u8);
                foreach ((long timeNs, string name) in thread.EarlierNames)
                {
                    json.WriteStartObject();
                    json.WriteNumber("time_ns"u8, timeNs);
                    json.WriteString("name"u8, name);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            Optional(json, "os_name", thread.OsName);
            json.WriteString("role"u8, thread.Role.ToString());
            Optional(json, "start_ns", thread.StartNs);
            Optional(json, "end_ns", thread.EndNs);
            json.WriteNumber("calls"u8, thread.Calls);
            json.WriteNumber("lost_records"u8, thread.LostRecords);
            EndEvent(json);
        }
    }

    private void WriteOtherData(TraceSummary summary)
    {
        TraceMetadata metadata = _metadata ?? throw new InvalidOperationException("the trace was finished before it was started");
        Append("\n],\"otherData\":"u8);
        _scratch.ResetWrittenCount();
        using var json = new Utf8JsonWriter(_scratch, s_options);
        json.WriteStartObject();
        json.WriteString("producer"u8, metadata.Producer);
        Optional(json, "command", metadata.Command);
        json.WriteString("clock"u8, "CLOCK_MONOTONIC"u8);
        json.WriteNumber("start_ns"u8, metadata.StartNs);
        json.WriteNumber("boottime_offset_ns"u8, metadata.BoottimeOffsetNs);
        json.WriteNumber("realtime_offset_ns"u8, metadata.RealtimeOffsetNs);
        Optional(json, "probe_clock", metadata.ProbeClock);
        json.WriteNumber("clock_error_ns"u8, metadata.ClockErrorNs);
        json.WriteStartArray("extra"u8);
        foreach ((string key, string value) in metadata.Extra)
        {
            json.WriteStartArray();
            json.WriteStringValue(key);
            json.WriteStringValue(value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteNumber("calls"u8, summary.Calls);
        json.WriteNumber("unfinished"u8, summary.Unfinished);
        json.WriteNumber("lost_records"u8, summary.LostRecords);
        json.WriteNumber("dropped_pieces"u8, summary.DroppedPieces);
        Optional(json, "blind_from_ns", summary.BlindFromNs);
        Optional(json, "blind_reason", summary.BlindReason);
        json.WriteStartArray("not_recorded"u8);
        foreach (NotRecordedMethod method in summary.NotRecorded)
        {
            json.WriteStartObject();
            json.WriteString("module"u8, method.Module);
            json.WriteString("name"u8, method.Name);
            json.WriteString("reason"u8, method.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        CoverageJson.Write(json, summary.Coverage);
        json.WriteStartArray("remarks"u8);
        foreach (string remark in summary.Remarks)
            json.WriteStringValue(remark);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        Append(_scratch.WrittenSpan);
        Append("}\n"u8);
    }

    private Utf8JsonWriter BeginEvent(string phase, string name, int pid, int? tid)
    {
        _scratch.ResetWrittenCount();
        var json = new Utf8JsonWriter(_scratch, s_options);
        json.WriteStartObject();
        json.WriteString("ph"u8, phase);
        json.WriteString("name"u8, name);
        json.WriteNumber("pid"u8, pid);
        if (tid is { } number)
            json.WriteNumber("tid"u8, number);
        return json;
    }

    /// <summary>Closes args and event and appends the event.</summary>
    private void EndEvent(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        Append(_anyEvent ? ",\n"u8 : "\n"u8);
        _anyEvent = true;
        Append(_scratch.WrittenSpan);
    }

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            json.WriteString(name, value);
    }

    private static void Optional(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }
}
