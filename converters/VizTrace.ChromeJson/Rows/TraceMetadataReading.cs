using System.Globalization;
using System.Text.Json;
using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Rows;

/// <summary>Metadata events and members of the root: what rows are called and what the trace says of itself. Only at the first reading.</summary>
internal sealed class TraceMetadataReading(ChromeJsonTrace trace)
{
    private const int MaxOthers = 200;
    private const int MaxValue = 4096;

    /// <summary>Takes a metadata event of the row <paramref name="track"/>.</summary>
    public void Event(ReadOnlySpan<byte> name, int track, ReadOnlySpan<byte> args)
    {
        TrackRow row = trace.Tracks[track];
        using JsonDocument? document = JsonValues.Parse(args);
        JsonElement root = document?.RootElement ?? default;
        switch (name)
        {
            case var _ when name.SequenceEqual("thread_name"u8):
                row.Name = JsonValues.Text(root, "name") ?? row.Name;
                break;
            case var _ when name.SequenceEqual("process_name"u8):
                row.Name = JsonValues.Text(root, "name") ?? row.Name;
                row.CommandLine = JsonValues.Text(root, "command_line") ?? row.CommandLine;
                row.Pid = JsonValues.Number(root, "os_pid") ?? row.Pid;
                break;
            case var _ when name.SequenceEqual("thread_sort_index"u8) || name.SequenceEqual("process_sort_index"u8):
                row.SortIndex = JsonValues.Number(root, "sort_index") ?? row.SortIndex;
                break;
            case var _ when name.SequenceEqual("viztrace_thread"u8):
                row.Tid = JsonValues.Number(root, "os_tid") ?? row.Tid;
                row.ManagedId = JsonValues.Number32(root, "managed_id") ?? row.ManagedId;
                if (Enum.TryParse(JsonValues.Text(root, "role"), out ThreadRole role) && Enum.IsDefined(role))
                    row.Role = role;
                break;
            case var _ when name.SequenceEqual(LedgerEvent.Name):
                trace.Facts.Ledgers.Add(LedgerEvent.Read(root));
                break;
            default:
                if (trace.Facts.Metadata.Count < MaxOthers && root.ValueKind == JsonValueKind.Object)
                    Tell(System.Text.Encoding.UTF8.GetString(name), root);
                break;
        }
    }

    /// <summary>Takes a member of the root.</summary>
    public void Member(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual(EdgeArgs.Start))
        {
            if (IdText.TryWhole(value, out long startNs))
                trace.StartNs = Math.Max(0, startNs);
        }
        else if (key.SequenceEqual("baseTimeNanoseconds"u8))
        {
            if (IdText.TryWhole(value.Trim("\""u8), out long realNs) || long.TryParse(value.Trim("\""u8), CultureInfo.InvariantCulture, out realNs))
                trace.Facts.RealtimeOffsetNs = realNs;
        }
        else if (value[0] == (byte)'{')
        {
            using JsonDocument? document = JsonValues.Parse(value);
            if (document is null)
                trace.Facts.Remarks.Add($"the member \"{Printable.Text(System.Text.Encoding.UTF8.GetString(key))}\" is no valid JSON");
            else
                Object(key, document.RootElement);
        }
    }

    private void Object(ReadOnlySpan<byte> key, JsonElement root)
    {
        TraceFacts facts = trace.Facts;
        if (key.SequenceEqual("otherData"u8))
        {
            bool ours = JsonValues.Text(root, "producer") is not null && JsonValues.Text(root, "clock") is not null;
            if (!ours)
            {
                foreach (JsonProperty member in root.EnumerateObject())
                    Tell(NameOf(member), member.Value);
                if (JsonValues.Text(root, "version") is { } version && facts.Producer.Length == 0)
                    facts.Producer = version;
                return;
            }

            facts.Producer = JsonValues.Text(root, "producer") ?? "";
            facts.ClockName = JsonValues.Text(root, "clock") is { Length: > 0 } clock ? clock.Replace("CLOCK_", "", StringComparison.Ordinal) : null;
            if (JsonValues.Number(root, "realtime_offset_ns") is { } offset and not 0)
                facts.RealtimeOffsetNs = offset;
            foreach (string name in (ReadOnlySpan<string>)["command", "probe_clock"])
            {
                if (JsonValues.Text(root, name) is { Length: > 0 } text)
                    facts.Metadata.Add(new(name, text));
            }

            foreach (JsonElement pair in JsonValues.Items(root, "extra"))
            {
                if (pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2)
                    facts.Metadata.Add(new(JsonValues.TextOf(pair[0]), JsonValues.TextOf(pair[1])));
            }
        }
        else if (key.SequenceEqual("metadata"u8))
        {
            foreach (JsonProperty member in root.EnumerateObject())
                Tell(NameOf(member), member.Value);
            facts.Producer = JsonValues.Text(root, "product-version") ?? facts.Producer;
            if (JsonValues.Text(root, "clock-domain") is "LINUX_CLOCK_MONOTONIC")
                facts.ClockName = "MONOTONIC";
        }
        else if (key.SequenceEqual("viztracer_metadata"u8))
        {
            facts.Producer = "VizTracer " + JsonValues.Text(root, "version");
        }
    }

    private void Tell(string name, JsonElement value)
    {
        if (trace.Facts.Metadata.Count >= MaxOthers)
            return;
        string text = JsonValues.TextOf(value);
        trace.Facts.Metadata.Add(new(name, text.Length > MaxValue ? string.Concat(text.AsSpan(0, MaxValue), "…") : text));
    }

    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            // Half a character behind a \u in the key: the framework tells in this way only.
            return "\uFFFD";
        }
    }
}
