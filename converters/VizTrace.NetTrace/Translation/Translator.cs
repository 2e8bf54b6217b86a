using VizTrace.Model.Events;
using VizTrace.NetTrace.Payloads;
using VizTrace.NetTrace.Wire;

namespace VizTrace.NetTrace.Translation;

/// <summary>
/// Makes events of a trace out of those of the file. One for each reading; <paramref name="sink"/> is null in the first one, which finds out
/// rows, methods and which pairs overlap.
/// </summary>
internal sealed partial class Translator(TraceState state, IEventSink? sink, EventParts parts, bool isSurvey) : IRawEvents
{
    private const int MostOpen = 4096;

    private readonly List<List<OpenSlice>?> _open = [];
    private readonly Utf16Text _text = new();
    private readonly CounterSink _counter = new(state.Texts);
    private TraceHeader _header = new();
    private long _ordinal;

    /// <summary>Stacks and labels that events refer to now.</summary>
    public RegionTables Region { get; } = new();

    /// <summary>The rows.</summary>
    public Rows Rows => state.Rows;

    /// <summary>Events of the rundown and loads of modules: read, not handed out.</summary>
    public long Unshown { get; private set; }

    /// <summary>Number of events handed out.</summary>
    public long Events => _ordinal;

    /// <summary>Time of the first event; <see cref="long.MaxValue"/>: there is none.</summary>
    public long FirstNs { get; private set; } = long.MaxValue;

    /// <summary>Time of the last event.</summary>
    public long LastNs { get; private set; } = long.MinValue;

    /// <summary>The clock is known.</summary>
    public void Begin(TraceHeader header)
    {
        _header = header;
        if (!isSurvey)
            return;
        state.Facts.RealtimeOffsetNs = header.WallNs;
        state.Facts.Metadata.AddRange(header.Values);
        if (header.ProcessId != 0)
            state.Rows.Process(header.ProcessId);
    }

    /// <inheritdoc/>
    public void Take(in RawEvent raw, ReadOnlySpan<byte> payload)
    {
        EventType type = raw.Type;
        Handling handling = type == TranslatedTypes.Lost ? _lostHandling : type.Handling ??= Handling.Of(type, state.Texts, state.Pairs);
        var e = new TraceEvent
        {
            Track = raw.Track,
            TimeNs = _header.Ns(raw.Ticks),
            Kind = EventKind.Instant,
            Name = handling.Name,
            Category = handling.Category,
            Bytes = raw.Bytes,
            DurationNs = -1,
            RawArguments = payload,
            Arguments = type.Reader,
        };
        if ((parts & EventParts.Stacks) != 0 && raw.Stack != 0)
            e.Stack = Stack(raw.Stack, state.Tracks[raw.Track].Pid);
        switch (handling.Treatment)
        {
            case Treatment.Method:
                Method(payload, raw.Track);
                Unshown++;
                return;
            case Treatment.Module or Treatment.DomainModule:
                Module(payload, raw.Track, handling.Treatment == Treatment.DomainModule);
                Unshown++;
                return;
            case Treatment.Mapping or Treatment.Symbol:
                Universal(ref e, handling.Treatment);
                Unshown++;
                return;
            case Treatment.ProcessorSample:
                ProcessorSample(ref e);
                return;
            case Treatment.ProcessCreate:
                ProcessCreate(ref e);
                return;
            case Treatment.Rundown:
                Unshown++;
                return;
            case Treatment.PairStart:
                PairStart(ref e, handling, type, raw, payload);
                return;
            case Treatment.PairStop:
                PairStop(ref e, handling, raw);
                return;
            default:
                Runtime(ref e, handling, payload);
                return;
        }
    }

    private readonly Handling _lostHandling = Handling.Of(TranslatedTypes.Lost, state.Texts, state.Pairs);

    private void Emit(scoped ref TraceEvent e)
    {
        e.Ordinal = _ordinal++;
        FirstNs = Math.Min(FirstNs, e.TimeNs);
        LastNs = Math.Max(LastNs, e.TimeNs);
        sink?.Event(e);
    }

    private void PairStart(scoped ref TraceEvent e, Handling handling, EventType type, in RawEvent raw, ReadOnlySpan<byte> payload)
    {
        PairKind pair = handling.Pair!;
        if (handling.HasActivityName)
            e.Name = ActivityName(type, payload, handling.Name);
        int lane = pair.Start(raw.Track, raw.Activity);
        if (lane < 0)
        {
            Emit(ref e);
            return;
        }

        e.Kind = EventKind.Begin;
        if (isSurvey || !pair.IsAsync)
            Open(raw.Track, pair, 0);
        if (pair.IsAsync)
            e.Track = state.Rows.Lane(raw.Track, pair.Name, lane);
        Emit(ref e);
    }

    private void PairStop(scoped ref TraceEvent e, Handling handling, in RawEvent raw)
    {
        PairKind pair = handling.Pair!;
        if (pair.IsUnpaired)
        {
            Emit(ref e);
            return;
        }

        int lane = pair.Stop(raw.Track, raw.Activity);
        if (isSurvey && !CloseInTurn(raw.Track, pair) && lane >= 0)
            pair.IsAsync = true;
        if (isSurvey || (!pair.IsAsync && !Close(ref e, raw.Track, pair, 0)) || (pair.IsAsync && lane < 0))
        {
            // A stop without its start is something without a duration.
            Emit(ref e);
        }
        else if (pair.IsAsync)
        {
            e.Track = state.Rows.Lane(raw.Track, pair.Name, lane);
            EmitEnd(ref e);
        }
    }

    private void Open(int track, object kind, ulong key)
    {
        while (_open.Count <= track)
            _open.Add(null);
        List<OpenSlice> open = _open[track] ??= [];
        // So many are open only where ends are missing: the outermost one will not be asked for.
        if (open.Count == MostOpen)
            open.RemoveAt(0);
        open.Add(new OpenSlice(kind, key, false));
    }

    /// <summary>
    /// In the first reading: whether a pair ends in its turn on the thread. What began within it and never ended so far may never end, and is
    /// only noted to be crossed: if it ends yet, it was that which came out of turn.
    /// </summary>
    private bool CloseInTurn(int track, PairKind pair)
    {
        List<OpenSlice>? open = track < _open.Count ? _open[track] : null;
        int index = (open?.Count ?? 0) - 1;
        while (index >= 0 && open![index].Kind != pair)
            index--;
        if (index < 0)
            return false;
        bool isInTurn = !open![index].IsCrossed;
        for (int i = index + 1; i < open.Count; i++)
        {
            if (open[i].Kind is PairKind { Matched: 0 })
                open[i] = open[i] with { IsCrossed = true };
            else
                isInTurn = false;
        }

        open.RemoveAt(index);
        return isInTurn;
    }

    /// <summary>
    /// Ends the innermost open slice of this kind and key, and those within it, of which nothing was told any more. False: there is none, and
    /// nothing was handed out.
    /// </summary>
    private bool Close(scoped ref TraceEvent e, int track, object kind, ulong key)
    {
        List<OpenSlice>? open = track < _open.Count ? _open[track] : null;
        int index = (open?.Count ?? 0) - 1;
        while (index >= 0 && (open![index].Kind != kind || open[index].Key != key))
            index--;
        if (index < 0)
            return false;
        for (int i = open!.Count - 1; i > index; i--)
        {
            var inner = new TraceEvent { Kind = EventKind.End, Track = track, TimeNs = e.TimeNs, DurationNs = -1 };
            Emit(ref inner);
        }

        open.RemoveRange(index, open.Count - index);
        EmitEnd(ref e);
        return true;
    }

    /// <summary>An end has neither name nor category: those of the event that says so (GCEnd) are not those of the slice.</summary>
    private void EmitEnd(scoped ref TraceEvent e)
    {
        (e.Kind, e.Name, e.Category) = (EventKind.End, 0, 0);
        Emit(ref e);
    }

    private int ActivityName(EventType type, ReadOnlySpan<byte> payload, int otherwise)
    {
        var cursor = new SpanCursor(payload);
        foreach (Field field in type.Fields)
        {
            if (field.Code != FieldCode.Text)
                break;
            ReadOnlySpan<byte> text = cursor.Utf16();
            if (field.Name.AsSpan().SequenceEqual("ActivityName"u8))
                return text.IsEmpty ? otherwise : state.Texts.Add(_text.Convert(text));
        }

        return otherwise;
    }

    private int Stack(uint id, long pid)
    {
        ReadOnlySpan<byte> addresses = Region.Stack(id, out bool isKnown);
        if (!isKnown)
            return 0;
        ref (int Id, long Pid) resolved = ref Region.Resolved(id);
        if (resolved.Id >= 0 && resolved.Pid == pid)
            return resolved.Id;
        MethodTable methods = state.MethodsOf(pid);
        int stack = 0;
        int size = _header.PointerSize;
        for (int i = addresses.Length / size - 1; i >= 0; i--)
        {
            ReadOnlySpan<byte> at = addresses.Slice(i * size, size);
            ulong address = size == 4 ? BitConverter.ToUInt32(at) : BitConverter.ToUInt64(at);
            // Outside the innermost frame it is where the call returns to, which may lie behind the method's last instruction.
            (int function, int module) = methods.At(i > 0 && address > 0 ? address - 1 : address, address);
            stack = state.Stacks.Add(stack, function, module);
        }

        resolved = (stack, pid);
        return stack;
    }

    private readonly record struct OpenSlice(object Kind, ulong Key, bool IsCrossed);
}
