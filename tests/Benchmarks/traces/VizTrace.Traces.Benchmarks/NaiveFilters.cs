using System.Text.Json;
using Google.Protobuf;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Traces.Benchmarks;

/// <summary>The filters as they are written in an afternoon: the whole file in memory, one thread's events left out, the rest written.</summary>
internal static class NaiveFilters
{
    public static int Json(string path, Stream output)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        int dropped = 0;
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            if (member.Name != "traceEvents")
            {
                member.WriteTo(json);
                continue;
            }

            json.WriteStartArray("traceEvents");
            foreach (JsonElement item in member.Value.EnumerateArray())
            {
                if (item.TryGetProperty("tid", out JsonElement tid) && tid.GetInt64() == 5000)
                    dropped++;
                else
                    item.WriteTo(json);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        return dropped;
    }

    public static int Perfetto(string path, Stream output)
    {
        Trace trace;
        using (FileStream file = File.OpenRead(path))
            trace = Trace.Parser.ParseFrom(file);
        var kept = new Trace();
        int dropped = 0;
        foreach (TracePacket packet in trace.Packet)
        {
            if (packet.TrustedPacketSequenceId == 1)
                dropped++;
            else
                kept.Packet.Add(packet);
        }

        kept.WriteTo(output);
        return dropped;
    }
}
