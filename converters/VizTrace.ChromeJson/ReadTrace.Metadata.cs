using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>The rare events and what stands at the file's end.</summary>
internal sealed partial class ReadTrace
{
    /// <summary>Half a character behind a <c>\u</c>: the framework tells of it with an InvalidOperationException, in no other way.</summary>
    private const string NoUnicode = "metadata with texts that are no Unicode";

    private const int MaxMetadataNames = 20;
    private const int MaxShownName = 60;

    private static readonly JsonDocumentOptions s_document = new() { AllowTrailingCommas = true, MaxDepth = 512 };

    private readonly SortedDictionary<string, long> _counted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _metadataNames = new(StringComparer.Ordinal);
    private TraceMetadata _metadata = new();
    private TraceSummary _summary = new();

    /// <summary>Takes the <c>otherData</c> object.</summary>
    public void OtherData(ReadOnlySpan<byte> json)
    {
        try
        {
            using JsonDocument? document = Document(json);
            TakeOtherData(document?.RootElement ?? default);
        }
        catch (InvalidOperationException)
        {
            CountOther(NoUnicode);
        }
    }

    /// <summary>A metadata event, or a loss.</summary>
    private void Rare(RawEvent item, long timeNs, ReadOnlySpan<byte> args)
    {
        try
        {
            if (item.Phase == 'M')
                AddMetadata(item, args);
            else
                AddLoss(ThreadOf(item), timeNs, args);
        }
        catch (InvalidOperationException)
        {
            CountOther(NoUnicode);
        }
    }

    private void TakeOtherData(JsonElement root)
    {
        var extra = new List<KeyValuePair<string, string>>();
        bool ours = Text(root, "producer") is not null && Text(root, "clock") is not null;
        if (!ours)
        {
            foreach (JsonProperty property in root.EnumerateObject())
                extra.Add(new(property.Name, property.Value.ToString()));
            _metadata = new TraceMetadata { Extra = extra };
            return;
        }

        foreach (JsonElement pair in Items(root, "extra"))
        {
            if (pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2)
                extra.Add(new(pair[0].ToString(), pair[1].ToString()));
        }

        _metadata = new TraceMetadata
        {
            Producer = Text(root, "producer") ?? "",
            Command = Text(root, "command") ?? "",
            StartNs = Number(root, "start_ns") ?? 0,
            BoottimeOffsetNs = Number(root, "boottime_offset_ns") ?? 0,
            RealtimeOffsetNs = Number(root, "realtime_offset_ns") ?? 0,
            ProbeClock = Text(root, "probe_clock") ?? "",
            ClockErrorNs = Number(root, "clock_error_ns") ?? 0,
            Extra = extra,
        };
        var notRecorded = new List<NotRecordedMethod>();
        foreach (JsonElement method in Items(root, "not_recorded"))
            notRecorded.Add(new(Text(method, "module") ?? "", Text(method, "name") ?? "", Text(method, "reason") ?? ""));
        _summary = new TraceSummary
        {
            LostRecords = Number(root, "lost_records") ?? 0,
            DroppedPieces = Number(root, "dropped_pieces") ?? 0,
            BlindFromNs = Number(root, "blind_from_ns"),
            BlindReason = Text(root, "blind_reason"),
            NotRecorded = notRecorded,
            Coverage = [.. Items(root, "coverage").Select(CoverageJson.Read)],
            Remarks = [.. Items(root, "remarks").Select(r => r.ToString())],
        };
    }

    /// <summary>Every name is a line for people: few of them, none too long, none that a terminal obeys.</summary>
    private void CountMetadata(string kind)
    {
        string shown = Printable.Text(kind.Length > MaxShownName ? string.Concat(kind.AsSpan(0, MaxShownName), "…") : kind);
        CountOther(_metadataNames.Contains(shown) || (_metadataNames.Count < MaxMetadataNames && _metadataNames.Add(shown))
            ? $"metadata events \"{shown}\""
            : "metadata events of other names");
    }

    private void Remark(string what) => _counted[what] = _counted.GetValueOrDefault(what) + 1;

    private void AddLoss(ReadThread thread, long timeNs, ReadOnlySpan<byte> args)
    {
        using JsonDocument? document = Document(args);
        JsonElement root = document?.RootElement ?? default;
        _losses.Add((thread, new RecordLoss(0, timeNs, Number(root, "end_ns") ?? timeNs, Number(root, "records") ?? 0, Text(root, "reason") ?? "")));
    }

    private void AddMetadata(RawEvent item, ReadOnlySpan<byte> args)
    {
        string kind = item.Name.ToString();
        if (kind is not ("process_name" or "thread_name" or EdgeArgs.ThreadEvent))
        {
            if (kind is not ("thread_sort_index" or "process_sort_index" or "process_labels"))
                CountMetadata(kind);
            return;
        }

        using JsonDocument? document = Document(args);
        JsonElement root = document?.RootElement ?? default;
        if (kind == "process_name")
            TakeProcess(ProcessOf(item.Pid), root);
        else if (kind == "thread_name")
            ThreadOf(item).Name = Text(root, "name");
        else
            ThreadOf(item).Identity = Identity(root);
    }

    private static void TakeProcess(ProcessRow process, JsonElement args)
    {
        process.Name = Text(args, "name");
        if (Number32(args, "id") is not { } id || Number(args, "os_pid") is not { } pid)
            return;
        process.Identity = new ProcessInfo(id, pid, process.Name ?? "")
        {
            CommandLine = Text(args, "command_line") ?? "",
            Runtime = Text(args, "runtime") ?? "",
            ExitCode = Number32(args, "exit_code"),
            Signal = Number32(args, "signal"),
        };
    }

    private static ThreadInfo? Identity(JsonElement args)
    {
        if (Number32(args, "id") is not { } id || Number(args, "os_tid") is not { } tid)
            return null;
        var names = new List<(long TimeNs, string Name)>();
        foreach (JsonElement name in Items(args, "earlier_names"))
            names.Add((Number(name, "time_ns") ?? 0, Text(name, "name") ?? ""));
        return new ThreadInfo(id, 0, tid)
        {
            ManagedId = Number32(args, "managed_id"),
            ManagedName = Text(args, "managed_name"),
            EarlierNames = names,
            OsName = Text(args, "os_name"),
            Role = Enum.TryParse(Text(args, "role"), out ThreadRole role) && Enum.IsDefined(role) ? role : ThreadRole.Unknown,
            StartNs = Number(args, "start_ns"),
            EndNs = Number(args, "end_ns"),
            LostRecords = Number(args, "lost_records") ?? 0,
        };
    }

    /// <summary>Parses an object; bytes that are no UTF-8 are replaced first.</summary>
    private static JsonDocument? Document(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return null;
        byte[] text = Utf8.IsValid(json) ? json.ToArray() : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        return JsonDocument.Parse(text, s_document);
    }

    private static JsonElement? Member(JsonElement of, string name, JsonValueKind kind) =>
        Rows.JsonValues.Member(of, name, kind);

    private static string? Text(JsonElement of, string name) => Member(of, name, JsonValueKind.String)?.GetString();

    private static long? Number(JsonElement of, string name) =>
        Member(of, name, JsonValueKind.Number) is { } member && member.TryGetInt64(out long value) ? value : null;

    private static int? Number32(JsonElement of, string name) =>
        Member(of, name, JsonValueKind.Number) is { } member && member.TryGetInt32(out int value) ? value : null;

    private static IEnumerable<JsonElement> Items(JsonElement of, string name) =>
        Member(of, name, JsonValueKind.Array) is { } member ? member.EnumerateArray() : Enumerable.Empty<JsonElement>();
}
