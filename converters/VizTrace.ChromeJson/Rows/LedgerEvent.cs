using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Rows;

/// <summary>The metadata event that says what filters took out of the trace. Static: thread-safe.</summary>
internal static class LedgerEvent
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Its name.</summary>
    public static ReadOnlySpan<byte> Name => "viztrace_filtered"u8;

    /// <summary>Whether there is anything to write.</summary>
    public static bool IsNeeded(Ledger ledger) => ledger.Command.Length != 0 || ledger.Entries.Count != 0;

    /// <summary>Where the event stands when there is no thread that it could stand on.</summary>
    public static ReadOnlySpan<byte> NoIds => "\"pid\":0,\"tid\":0"u8;

    /// <summary>
    /// The event as text. <paramref name="ids"/> are the pid and tid, as members, of a thread that is in the file: Perfetto makes a row of
    /// every pid and tid that it meets, whatever the event is, and takes an event without a phase for damage.
    /// </summary>
    public static ReadOnlyMemory<byte> Text(Ledger ledger, ReadOnlySpan<byte> ids)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, s_options);
        json.WriteStartObject();
        json.WriteString("name"u8, Name);
        json.WriteString("ph"u8, "M"u8);
        json.Flush();
        buffer.Write(","u8);
        buffer.Write(ids);
        json.WriteStartObject("args"u8);
        json.WriteString("command"u8, ledger.Command);
        json.WriteNumber("start_ns"u8, ledger.StartNs);
        json.WriteNumber("end_ns"u8, ledger.EndNs);
        json.WriteNumber("kept_slices"u8, ledger.KeptSlices);
        json.WriteStartArray("entries"u8);
        foreach (LedgerEntry entry in ledger.Entries)
        {
            json.WriteStartObject();
            json.WriteString("filter"u8, entry.Filter);
            json.WriteNumber("slices"u8, entry.Slices);
            json.WriteNumber("events"u8, entry.Events);
            json.WriteNumber("bytes"u8, entry.Bytes);
            json.WriteNumber("changed"u8, entry.Changed);
            json.WriteNumber("flows"u8, entry.Flows);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Reads the event's args.</summary>
    public static Ledger Read(JsonElement args) =>
        new(JsonValues.Text(args, "command") ?? "", [.. JsonValues.Items(args, "entries").Select(ReadEntry)])
        {
            StartNs = JsonValues.Number(args, "start_ns") ?? 0,
            EndNs = JsonValues.Number(args, "end_ns") ?? 0,
            KeptSlices = JsonValues.Number(args, "kept_slices") ?? 0,
        };

    private static LedgerEntry ReadEntry(JsonElement entry) =>
        new(
            JsonValues.Text(entry, "filter") ?? "",
            JsonValues.Number(entry, "slices") ?? 0,
            JsonValues.Number(entry, "events") ?? 0,
            JsonValues.Number(entry, "bytes") ?? 0)
        {
            Changed = JsonValues.Number(entry, "changed") ?? 0,
            Flows = JsonValues.Number(entry, "flows") ?? 0,
        };
}
