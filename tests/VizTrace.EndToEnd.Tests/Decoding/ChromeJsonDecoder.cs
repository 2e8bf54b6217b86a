using System.IO.Compression;
using System.Text.Json;

namespace VizTrace.EndToEnd.Tests.Decoding;

/// <summary>
/// Chrome trace-event JSON by <see cref="JsonDocument"/>. Complete events are nested as Perfetto nests them: by begin, the longer first.
/// </summary>
internal static class ChromeJsonDecoder
{
    public static DecodedTrace Read(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using JsonDocument document = JsonDocument.Parse(stream);
        long startNs = document.RootElement.GetProperty("otherData").GetProperty("start_ns").GetInt64();
        var trace = new DecodedTrace();
        var calls = new Dictionary<DecodedThread, List<Call>>();
        foreach (JsonElement e in document.RootElement.GetProperty("traceEvents").EnumerateArray())
        {
            long process = e.GetProperty("pid").GetInt64();
            switch (e.GetProperty("ph").GetString())
            {
                case "M":
                    Metadata(trace, e, process);
                    break;
                case "X":
                    DecodedThread thread = trace.Row(process, e.GetProperty("tid").GetInt64());
                    if (!calls.TryGetValue(thread, out List<Call>? list))
                        calls.Add(thread, list = []);
                    long beginNs = startNs + Nanoseconds(e, "ts");
                    list.Add(new Call(e.GetProperty("name").GetString()!, beginNs, beginNs + Nanoseconds(e, "dur"), Has(e, "unfinished"), Has(e, "end_lost")));
                    break;
            }
        }

        foreach ((DecodedThread thread, List<Call> list) in calls)
            Nest(thread, list);
        return trace;
    }

    private static void Nest(DecodedThread thread, List<Call> calls)
    {
        var open = new Stack<Call>();
        foreach (Call call in calls.OrderBy(c => c.BeginNs).ThenByDescending(c => c.EndNs))
        {
            while (open.Count > 0 && open.Peek().EndNs <= call.BeginNs)
                Close(thread, open.Pop());
            Assert.True(open.Count == 0 || call.EndNs <= open.Peek().EndNs, $"'{call.Name}' at {call.BeginNs} ends after its caller");
            thread.Begin(call.Name, call.BeginNs);
            open.Push(call);
        }

        while (open.Count > 0)
            Close(thread, open.Pop());
    }

    private static void Close(DecodedThread thread, Call call) => thread.End(call.Name, call.EndNs, call.Unfinished, call.EndLost);

    private static void Metadata(DecodedTrace trace, JsonElement e, long process)
    {
        string kind = e.GetProperty("name").GetString()!;
        JsonElement args = e.GetProperty("args");
        if (kind == "process_name")
        {
            trace.Processes[process] = args.GetProperty("name").GetString()!;
        }
        else if (kind == "thread_name")
        {
            trace.Row(process, e.GetProperty("tid").GetInt64()).Name = args.GetProperty("name").GetString()!;
        }
        else if (kind == "viztrace_thread")
        {
            DecodedThread thread = trace.Row(process, e.GetProperty("tid").GetInt64());
            foreach (JsonProperty arg in args.EnumerateObject())
                thread.Args[arg.Name] = arg.Value.ToString();
            thread.Tid = args.GetProperty("os_tid").GetInt64();
        }
    }

    /// <summary>Microseconds with a fraction, read as decimal so that no nanosecond is lost.</summary>
    private static long Nanoseconds(JsonElement e, string key) => (long)(e.GetProperty(key).GetDecimal() * 1000m);

    private static bool Has(JsonElement e, string flag) =>
        e.TryGetProperty("args", out JsonElement args) && args.TryGetProperty(flag, out JsonElement value) && value.GetBoolean();

    private sealed record Call(string Name, long BeginNs, long EndNs, bool Unfinished, bool EndLost);
}
