using System.Globalization;
using System.Text.Json;
using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>All that was read, until it can be handed on in the order that a sink wants.</summary>
internal sealed partial class ReadTrace
{
    private readonly Dictionary<(RowKey Pid, RowKey Tid), ReadThread> _threads = [];
    private readonly List<ReadThread> _threadOrder = [];
    private readonly Dictionary<RowKey, ProcessRow> _processes = [];
    private readonly List<ProcessRow> _processOrder = [];
    private readonly Dictionary<string, int> _functionIds = [];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _functionLookup;
    private readonly List<FunctionInfo> _functions = [];
    private readonly List<(ReadThread Thread, RecordLoss Loss)> _losses = [];
    private readonly SortedDictionary<string, long> _passedOver = new(StringComparer.Ordinal);
    private char[] _key = new char[512];
    private char[] _source = new char[256];
    private ReadThread? _last;

    public ReadTrace() => _functionLookup = _functionIds.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Lines for people.</summary>
    public List<string> Remarks { get; } = [];

    /// <summary>CLOCK_MONOTONIC ns that the times of a file of ours are since, not negative; 0 when the file does not say.</summary>
    public long StartNs { get; set; }

    /// <summary>Damaged pieces.</summary>
    public long DroppedPieces { get; set; }

    /// <summary>Counts an event that is passed over.</summary>
    public void CountOther(string what) => _passedOver[what] = _passedOver.GetValueOrDefault(what) + 1;

    /// <summary>Takes one event; <paramref name="args"/> is empty or an object.</summary>
    public void Add(RawEvent item, ReadOnlySpan<byte> args)
    {
        switch (item.Phase)
        {
            case 'X' or 'B' or 'E' when item.TimeNs is { } timeNs:
                AddCall(item, timeNs, args);
                break;
            case 'i' or 'I' when item.TimeNs is { } timeNs && item.Name is EdgeArgs.LossName && item.Category is "viztrace":
                Rare(item, timeNs, args);
                break;
            case 'M':
                Rare(item, 0, args);
                break;
            case 'X' or 'B' or 'E':
                CountOther($"events of kind '{item.Phase}' without a time");
                break;
            default:
                CountOther(item.Phase == '\0' ? "events without a kind" : $"events of kind '{Printable.Text(item.Phase.ToString())}'");
                break;
        }
    }

    private void AddCall(RawEvent item, long timeNs, ReadOnlySpan<byte> args)
    {
        ReadThread thread = ThreadOf(item);
        EdgeFlags flags = EdgeFlags.None;
        bool stretched = false;
        int sourceLength = 0;
        if (!args.IsEmpty)
            ReadCallArgs(args, out flags, out stretched, out sourceLength);
        if (item.Phase == 'E')
        {
            if (!thread.End(timeNs, flags))
                CountOther("events of kind 'E' without their 'B'");
            return;
        }

        int function = FunctionOf(item, _source.AsSpan(0, sourceLength));
        if (item.Phase == 'B')
        {
            thread.Begin(timeNs, function, flags);
            return;
        }

        long durationNs = item.DurationNs ?? 0;
        if (item.DurationNs is null)
            Remark("calls had no duration and are shown empty");
        else if (durationNs < 0 || timeNs > long.MaxValue - durationNs)
            Remark("calls had an impossible duration and are shown empty");
        if (durationNs < 0 || timeNs > long.MaxValue - durationNs)
            durationNs = 0;
        // Only what our writer writes: anything else with such an arg ends where it is drawn.
        stretched &= durationNs > 0 && (flags & EdgeFlags.Unfinished) != 0;
        thread.Add(timeNs, timeNs + durationNs, function, flags, stretched);
    }

    private void ReadCallArgs(ReadOnlySpan<byte> args, out EdgeFlags flags, out bool stretched, out int sourceLength)
    {
        flags = EdgeFlags.None;
        stretched = false;
        sourceLength = 0;
        var reader = new Utf8JsonReader(args, new JsonReaderOptions { AllowTrailingCommas = true, MaxDepth = 512 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // As the key is written: ValueTextEquals unescapes it, and throws at half a character behind a \u.
            ReadOnlySpan<byte> key = reader.ValueSpan;
            bool isSource = key.SequenceEqual(EdgeArgs.Source);
            bool isStretch = key.SequenceEqual(EdgeArgs.Stretched);
            EdgeFlags flag = EdgeFlags.None;
            foreach ((EdgeFlags candidate, byte[] name) in EdgeArgs.All)
            {
                if (key.SequenceEqual(name))
                    flag = candidate;
            }

            reader.Read();
            if (reader.TokenType == JsonTokenType.True)
                flags |= flag;
            else if (isStretch)
                stretched = reader.ValueSpan.SequenceEqual("1"u8);
            else if (isSource && reader.TokenType == JsonTokenType.String)
                sourceLength = RawEvent.CopyText(ref reader, ref _source);
            reader.Skip();
        }
    }

    private ReadThread ThreadOf(RawEvent item)
    {
        if (_last is { } last && last.Pid == item.Pid && last.Tid == item.Tid)
            return last;
        if (!_threads.TryGetValue((item.Pid, item.Tid), out ReadThread? thread))
        {
            thread = new ReadThread(item.Pid, item.Tid);
            _threads.Add((item.Pid, item.Tid), thread);
            _threadOrder.Add(thread);
            ProcessOf(item.Pid);
        }

        return _last = thread;
    }

    private ProcessRow ProcessOf(RowKey pid)
    {
        if (!_processes.TryGetValue(pid, out ProcessRow? process))
        {
            process = new ProcessRow(pid);
            _processes.Add(pid, process);
            _processOrder.Add(process);
        }

        return process;
    }

    /// <summary>Functions are told apart by name, category and source.</summary>
    private int FunctionOf(RawEvent item, ReadOnlySpan<char> source)
    {
        int length = item.Name.Length + item.Category.Length + source.Length + 2;
        if (_key.Length < length)
            _key = new char[length * 2];
        Span<char> key = _key.AsSpan(0, length);
        item.Name.CopyTo(key);
        key[item.Name.Length] = '\0';
        item.Category.CopyTo(key[(item.Name.Length + 1)..]);
        key[item.Name.Length + 1 + item.Category.Length] = '\0';
        source.CopyTo(key[(item.Name.Length + item.Category.Length + 2)..]);
        if (_functionLookup.TryGetValue(key, out int id))
            return id;
        id = _functions.Count;
        if (id > ReadThread.MaxFunctionId)
            throw new TraceException(ErrorId.BadInput, $"more than {ReadThread.MaxFunctionId} different names");
        int colon = source.LastIndexOf(':');
        bool hasLine = int.TryParse(source[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int line) && colon > 0;
        _functions.Add(new FunctionInfo(id, item.Name.ToString())
        {
            Module = item.Category.IsEmpty ? null : item.Category.ToString(),
            SourceFile = source.IsEmpty ? null : (hasLine ? source[..colon] : source).ToString(),
            SourceLine = hasLine ? line : 0,
        });
        _functionIds.Add(key.ToString(), id);
        return id;
    }

    private sealed class ProcessRow(RowKey pid)
    {
        public RowKey Pid { get; } = pid;

        public string? Name { get; set; }

        public ProcessInfo? Identity { get; set; }

        public int Id { get; set; }
    }
}
