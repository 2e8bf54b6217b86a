using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using VizTrace.ChromeJson.Writing;
using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson;

/// <summary>Rows before the events, stacks and what the trace says of itself behind them.</summary>
public sealed partial class ChromeJsonEventWriter
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private void WriteRows(Func<int, bool>? keepsTrack)
    {
        TrackTable tracks = _source!.Tracks;
        for (int id = 0; id < tracks.Count; id++)
        {
            if (keepsTrack is not null && !keepsTrack(id))
                continue;
            WrittenRow row = _rows!.Of(id);
            if (row.Row.Kind == TrackKind.Process)
                WriteProcess(row);
            else if (row.Row.Kind == TrackKind.Thread)
                WriteThread(row);
            else if (row.Row.Unit is not null)
                LeaveOut("units of counters");
        }
    }

    private void WriteProcess(WrittenRow row)
    {
        TrackRow process = row.Row;
        if (!string.IsNullOrEmpty(process.Name) || process.CommandLine is not null || process.Pid != row.Pid)
        {
            Metadata("process_name", row, isThread: false, json =>
            {
                json.WriteString("name"u8, Valid(process.ShownName));
                if (process.Pid != row.Pid)
                    json.WriteNumber("os_pid"u8, process.Pid);
                if (process.CommandLine is { } line)
                    json.WriteString("command_line"u8, Valid(line));
            });
        }

        if (process.SortIndex is { } index)
            Metadata("process_sort_index", row, isThread: false, json => json.WriteNumber("sort_index"u8, index));
    }

    private void WriteThread(WrittenRow row)
    {
        TrackRow thread = row.Row;
        if (!string.IsNullOrEmpty(thread.Name) || thread.Role != ThreadRole.Unknown)
            Metadata("thread_name", row, isThread: true, json => json.WriteString("name"u8, Valid(thread.ShownName)));
        if (thread.SortIndex is { } index)
            Metadata("thread_sort_index", row, isThread: true, json => json.WriteNumber("sort_index"u8, index));
        if (thread.ManagedId is null && thread.Role == ThreadRole.Unknown && (thread.Tid == row.Tid || thread.Tid == 0))
            return;
        Metadata(EdgeArgs.ThreadEvent, row, isThread: true, json =>
        {
            json.WriteNumber("id"u8, thread.Id);
            json.WriteNumber("os_tid"u8, thread.Tid);
            if (thread.ManagedId is { } managed)
                json.WriteNumber("managed_id"u8, managed);
            json.WriteString("role"u8, thread.Role.ToString());
        });
    }

    private void Metadata(string name, WrittenRow row, bool isThread, Action<Utf8JsonWriter> writeArgs)
    {
        Separate();
        Write(json =>
        {
            json.WriteString("ph"u8, "M"u8);
            json.WriteString("name"u8, name);
            json.WriteNumber("pid"u8, row.Pid);
            if (isThread)
                json.WriteNumber("tid"u8, row.Tid);
            json.WriteStartObject("args"u8);
            writeArgs(json);
            json.WriteEndObject();
        });
    }

    private void WriteStackFrames()
    {
        if (_stacks.Count == 0)
            return;
        _output.Write(",\"stackFrames\":{"u8);
        StackTable stacks = _source!.Stacks;
        bool any = false;
        foreach (int id in _stacks.Order())
        {
            StackFrame frame = stacks[id];
            _output.Write(any ? ",\n\""u8 : "\n\""u8);
            any = true;
            _output.Write(id);
            _output.Write("\":{\"name\":"u8);
            _output.Write(Quoted(frame.Function));
            if (frame.Module != 0)
            {
                _output.Write(",\"category\":"u8);
                _output.Write(Quoted(frame.Module));
            }

            if (frame.Callers != 0)
            {
                _output.Write(",\"parent\":\""u8);
                _output.Write(frame.Callers);
                _output.Write("\""u8);
            }

            _output.Write("}"u8);
        }

        _output.Write("\n}"u8);
    }

    private void WriteOtherData()
    {
        TraceFacts facts = _source!.Facts;
        _output.Write(",\"otherData\":"u8);
        Write(json =>
        {
            json.WriteString("producer"u8, Valid(facts.Producer));
            json.WriteString("clock"u8, facts.ClockName ?? "");
            json.WriteNumber("start_ns"u8, _startNs);
            if (facts.RealtimeOffsetNs is { } offset)
                json.WriteNumber("realtime_offset_ns"u8, offset);
            json.WriteStartArray("extra"u8);
            foreach ((string key, string value) in facts.Metadata)
            {
                json.WriteStartArray();
                json.WriteStringValue(Valid(key));
                json.WriteStringValue(Valid(value));
                json.WriteEndArray();
            }

            json.WriteEndArray();
        });
    }

    private void Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, s_options);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
        json.Flush();
        _output.Write(buffer.WrittenSpan);
    }

    /// <summary>Through UTF-8, which replaces half a surrogate pair: the writer throws at one.</summary>
    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
