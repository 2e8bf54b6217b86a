using System.Buffers;
using System.Text.Json;
using VizTrace.ChromeJson.Rows;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Events;

/// <summary>Makes of an event's fields what filters and writers see of it. Used again for every event. Not thread-safe.</summary>
internal sealed partial class EventReading(ChromeJsonTrace trace)
{
    private static readonly byte[] s_kinds = Kinds();

    private readonly TraceRows _rows = trace.Rows;
    private readonly TextTable _texts = trace.Texts;
    private readonly ulong[] _flow = new ulong[1];
    private byte[] _buffer = [];
    private EventFields _fields = new();
    private byte[] _unescaped = new byte[256];
    private byte[] _lastCategory = [];
    private int _lastCategoryId;
    private int _lastCategoryLength;
    private long _previousNs;

    /// <summary>Chrome's letter; 0: none.</summary>
    public byte Phase { get; private set; }

    /// <summary>What it is.</summary>
    public EventKind Kind { get; private set; }

    /// <summary>Its row.</summary>
    public int Track { get; private set; }

    /// <summary>Its time; that of the event before when it has none.</summary>
    public long TimeNs { get; private set; }

    /// <summary>Whether it has one.</summary>
    public bool HasTime { get; private set; }

    /// <summary>Duration; negative: none.</summary>
    public long DurationNs { get; private set; }

    /// <summary>Whether it is metadata: no event for anybody but who writes rows.</summary>
    public bool IsMetadata => Phase == (byte)'M';

    /// <summary>What it is and where it stands; <see cref="Time"/> says when.</summary>
    public void Locate(byte[] buffer, EventFields fields, bool isSample)
    {
        (_buffer, _fields) = (buffer, fields);
        Part phase = fields[EventKey.Phase];
        Phase = isSample && fields.Seen != 0 ? (byte)'P' : fields.Has(EventKey.Phase) && fields.IsText(EventKey.Phase) && phase.Length == 1 ? buffer[phase.Start] : (byte)0;
        Kind = (EventKind)s_kinds[Phase];
        Track = TrackOf(isSample);
    }

    /// <summary>When it is: for every event that is handed out, as one without a time has that of the one before.</summary>
    public void Time(long startNs)
    {
        EventFields fields = _fields;
        DurationNs = -1;
        HasTime = fields.Has(EventKey.Time) && Microseconds.TryRead(Bytes(EventKey.Time), out long time) && Shifted(time, startNs);
        if (!HasTime)
        {
            TimeNs = _previousNs;
            if (Kind is EventKind.Begin or EventKind.End or EventKind.Complete)
                Kind = EventKind.Other;
        }

        if (Kind == EventKind.Complete && fields.Has(EventKey.Duration) && Microseconds.TryRead(Bytes(EventKey.Duration), out long duration)
            && duration >= 0 && TimeNs <= long.MaxValue - duration)
            DurationNs = duration;
        _previousNs = TimeNs;
    }

    /// <summary>Whether it is a ledger, and the row whose ids it has; -1: they are no row's.</summary>
    public bool IsLedger(out int row)
    {
        row = -1;
        if (!IsMetadata || !Name.SequenceEqual(LedgerEvent.Name))
            return false;
        row = _rows.Find(Key(EventKey.Pid), Key(EventKey.Tid));
        return true;
    }

    /// <summary>Fills in what <paramref name="parts"/> ask for.</summary>
    public void Fill(ref TraceEvent e, EventParts parts, int bytes)
    {
        EventFields fields = _fields;
        e.Kind = Kind;
        e.Phase = Phase;
        e.Track = Track;
        e.TimeNs = TimeNs;
        e.DurationNs = DurationNs;
        e.Bytes = bytes;
        e.Weight = 1;
        if ((parts & EventParts.Names) != 0)
        {
            e.Name = TextOf(EventKey.Name);
            e.Category = Category();
        }

        if ((parts & EventParts.Flows) != 0)
            FillFlows(ref e);
        if (fields.Has(EventKey.Args) && !fields.IsText(EventKey.Args) && _buffer[fields[EventKey.Args].Start] == (byte)'{')
        {
            e.RawArguments = Bytes(EventKey.Args);
            e.Arguments = ChromeArguments.Instance;
        }

        if ((parts & EventParts.Stacks) == 0)
            return;
        if (fields.Has(EventKey.StackFrame))
            e.Stack = trace.Frames.StackOf(Text(EventKey.StackFrame));
        else if (fields.Has(EventKey.Stack) && !fields.IsText(EventKey.Stack))
            e.Stack = trace.Frames.StackOfList(Bytes(EventKey.Stack));
        if (fields.Has(EventKey.Weight) && IdText.TryWhole(Bytes(EventKey.Weight), out long weight))
            e.Weight = weight;
    }

    /// <summary>The name, without escapes; valid until the next text is asked for.</summary>
    public ReadOnlySpan<byte> Name => _fields.Has(EventKey.Name) ? Text(EventKey.Name) : default;

    /// <summary>The value of a key as it stands in the file.</summary>
    public ReadOnlySpan<byte> Bytes(EventKey key)
    {
        Part part = _fields[key];
        return _buffer.AsSpan(part.Start, part.Length);
    }

    private static byte[] Kinds() => [.. Enumerable.Range(0, 256).Select(phase => (byte)KindOf((byte)phase))];

    private static EventKind KindOf(byte phase) => phase switch
    {
        (byte)'X' => EventKind.Complete,
        (byte)'B' or (byte)'b' or (byte)'S' => EventKind.Begin,
        (byte)'E' or (byte)'e' or (byte)'F' => EventKind.End,
        (byte)'i' or (byte)'I' or (byte)'R' or (byte)'n' or (byte)'T' or (byte)'p' => EventKind.Instant,
        (byte)'C' => EventKind.Counter,
        (byte)'s' => EventKind.FlowBegin,
        (byte)'t' => EventKind.FlowStep,
        (byte)'f' => EventKind.FlowEnd,
        (byte)'P' => EventKind.Sample,
        _ => EventKind.Other,
    };

    private bool Shifted(long time, long startNs)
    {
        if (startNs > 0 && time > long.MaxValue - startNs)
            return false;
        TimeNs = time + startNs;
        return true;
    }

    private int TrackOf(bool isSample)
    {
        EventFields fields = _fields;
        switch (Phase)
        {
            case (byte)'b' or (byte)'n' or (byte)'e' or (byte)'S' or (byte)'T' or (byte)'p' or (byte)'F':
                return AsyncTrack();
            case (byte)'C':
                int process = ProcessRow();
                int name = TextOf(EventKey.Name);
                return _rows.Counter(process, name, _texts.Get(name), fields.Has(EventKey.Id) ? Bytes(EventKey.Id) : default);
            case (byte)'M':
                // Whatever else it has: a thread that is only named by its process's metadata has no row.
                return Name.StartsWith("thread_"u8) || Name.SequenceEqual("viztrace_thread"u8)
                    ? _rows.Thread(Key(EventKey.Pid), Key(fields.Has(EventKey.Tid) ? EventKey.Tid : EventKey.Pid))
                    : fields.Has(EventKey.Pid) && !Name.SequenceEqual(LedgerEvent.Name) ? ProcessRow() : _rows.Global;
            case (byte)'i' or (byte)'I' when fields.Has(EventKey.InstantScope):
                ReadOnlySpan<byte> scope = Bytes(EventKey.InstantScope);
                if (scope is [(byte)'g'])
                    return _rows.Global;
                if (scope is [(byte)'p'])
                    return ProcessRow();
                break;
        }

        bool hasTid = fields.Has(EventKey.Tid);
        if (isSample && !fields.Has(EventKey.Pid) && hasTid)
            return _rows.ThreadOfSample(Key(EventKey.Tid));
        if (!hasTid && (Kind == EventKind.Other || Phase == 0))
            return fields.Has(EventKey.Pid) ? ProcessRow() : _rows.Global;
        // As Perfetto has it: no process is process 0, no thread the process's first.
        long pid = 0;
        bool numbers = (!fields.Has(EventKey.Pid) || IdText.TryWhole(Bytes(EventKey.Pid), out pid)) & (!hasTid | IdText.TryWhole(Bytes(EventKey.Tid), out long tid));
        if (numbers)
            return _rows.Thread(pid, hasTid ? tid : pid);
        RowKey key = Key(EventKey.Pid);
        return _rows.Thread(key, hasTid ? Key(EventKey.Tid) : key);
    }

    /// <summary>Perfetto's scoping: <c>id</c> and <c>id2.global</c> are the trace's, <c>id2.local</c> is the process's.</summary>
    private int AsyncTrack()
    {
        int process = ProcessRow();
        int category = Category();
        int name = TextOf(EventKey.Name);
        string text = _texts.Get(name);
        ReadOnlySpan<byte> scope = _fields.Has(EventKey.Scope) ? Bytes(EventKey.Scope) : default;
        if (_fields.Has(EventKey.Id))
            return _rows.Async(process, category, Bytes(EventKey.Id), scope, isLocal: false, text);
        if (_fields.Has(EventKey.Id2) && !_fields.IsText(EventKey.Id2))
        {
            var reader = new Utf8JsonReader(Bytes(EventKey.Id2), s_lenient);
            try
            {
                while (reader.Read())
                {
                    if (reader.TokenType != JsonTokenType.PropertyName)
                        continue;
                    bool isLocal = reader.ValueSpan.SequenceEqual("local"u8);
                    if (!isLocal && !reader.ValueSpan.SequenceEqual("global"u8))
                        continue;
                    reader.Read();
                    if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
                        return _rows.Async(process, category, reader.ValueSpan, scope, isLocal, text);
                }
            }
            catch (JsonException)
            {
                // An id that is none: as if it were not there.
            }
        }

        return _rows.Async(process, category, default, scope, isLocal: true, text);
    }

    private static readonly JsonReaderOptions s_lenient = new() { AllowTrailingCommas = true, MaxDepth = EventSplitter.MaxDepth };

    private int ProcessRow() => _rows.Process(Key(EventKey.Pid));

    private RowKey Key(EventKey key) =>
        !_fields.Has(key) ? default : _fields.IsEscaped(key) ? IdText.KeyOf(Text(key)) : IdText.KeyOf(Bytes(key));

    private int TextOf(EventKey key) => _fields.Has(key) ? _texts.Add(Text(key)) : 0;

    private int Category()
    {
        if (!_fields.Has(EventKey.Category))
            return 0;
        ReadOnlySpan<byte> text = Text(EventKey.Category);
        if (text.SequenceEqual(_lastCategory.AsSpan(0, _lastCategoryLength)))
            return _lastCategoryId;
        _lastCategoryId = _texts.Add(text);
        if (_lastCategory.Length < text.Length)
            _lastCategory = new byte[text.Length * 2];
        text.CopyTo(_lastCategory);
        _lastCategoryLength = text.Length;
        return _lastCategoryId;
    }

    /// <summary>The text of a value, without escapes; half a character behind a <c>\u</c> leaves it as it is written.</summary>
    private ReadOnlySpan<byte> Text(EventKey key)
    {
        ReadOnlySpan<byte> raw = Bytes(key);
        return _fields.IsText(key) && _fields.IsEscaped(key) ? Unescaped(raw, ref _unescaped) : raw;
    }

    /// <summary>The text without its escapes.</summary>
    internal static ReadOnlySpan<byte> Unescaped(ReadOnlySpan<byte> raw, scoped ref byte[] scratch)
    {
        if (scratch.Length < raw.Length + 2)
            scratch = new byte[raw.Length * 2];
        byte[] quoted = ArrayPool<byte>.Shared.Rent(raw.Length + 2);
        try
        {
            quoted[0] = (byte)'"';
            raw.CopyTo(quoted.AsSpan(1));
            quoted[raw.Length + 1] = (byte)'"';
            var reader = new Utf8JsonReader(quoted.AsSpan(0, raw.Length + 2));
            reader.Read();
            return scratch.AsSpan(0, reader.CopyString(scratch));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Control characters that JSON wants escaped, or half a character: the framework tells in these ways only.
            return raw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(quoted);
        }
    }
}
