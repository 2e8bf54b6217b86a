using System.Globalization;
using VizTrace.Model.Events;
using VizTrace.NetTrace.Wire;

namespace VizTrace.NetTrace.Translation;

/// <content>The runtime's own events. Payloads as in <see cref="Payloads.RuntimeEvents"/>.</content>
internal sealed partial class Translator
{
    private static readonly object s_gc = new();
    private static readonly object s_suspension = new();
    private static readonly object s_jit = new();
    private static readonly object s_contention = new();
    private static readonly string[] s_generations = ["Heap generation 0", "Heap generation 1", "Heap generation 2", "Large object heap"];

    private void Runtime(scoped ref TraceEvent e, Handling handling, ReadOnlySpan<byte> payload)
    {
        var cursor = new SpanCursor(payload);
        switch (handling.Treatment)
        {
            case Treatment.Sample:
                e.Kind = EventKind.Sample;
                e.Name = 0;
                e.Weight = 1;
                Emit(ref e);
                return;
            case Treatment.GcStart:
                uint count = cursor.Number<uint>();
                uint generation = cursor.Number<uint>();
                e.Name = state.Texts.Add(string.Create(CultureInfo.InvariantCulture, $"GC generation {Math.Min(generation, 9)}"));
                Begin(ref e, state.Rows.Named(e.Track, TrackKind.Async, "GC"), s_gc, count);
                return;
            case Treatment.GcEnd:
                End(ref e, state.Rows.Named(e.Track, TrackKind.Async, "GC"), s_gc, cursor.Number<uint>());
                return;
            case Treatment.SuspendBegin:
                Begin(ref e, state.Rows.Named(e.Track, TrackKind.Async, "Runtime suspended"), s_suspension, 0);
                return;
            case Treatment.RestartEnd:
                End(ref e, state.Rows.Named(e.Track, TrackKind.Async, "Runtime suspended"), s_suspension, 0);
                return;
            case Treatment.HeapStats:
                HeapStats(ref e, ref cursor);
                return;
            case Treatment.JitStart:
                ulong method = cursor.Number<ulong>();
                cursor.Bytes(16);
                e.Name = MethodName(ref cursor, "JIT ");
                Begin(ref e, e.Track, s_jit, method);
                return;
            case Treatment.JitEnd:
                Method(payload, e.Track);
                End(ref e, e.Track, s_jit, cursor.Number<ulong>());
                return;
            case Treatment.Exception:
                ReadOnlySpan<byte> type = cursor.Utf16();
                if (!type.IsEmpty)
                    e.Name = state.Texts.Add(_text.Convert(type));
                Emit(ref e);
                return;
            case Treatment.ContentionStart:
                Begin(ref e, e.Track, s_contention, 0);
                return;
            case Treatment.ContentionStop:
                End(ref e, e.Track, s_contention, 0);
                return;
            case Treatment.PoolCount:
                Counter(ref e, state.Rows.Named(e.Track, TrackKind.Counter, "Thread pool workers"), cursor.Number<uint>());
                return;
            case Treatment.ThreadCreated:
                if (isSurvey)
                    ThreadCreated(e.Track, ref cursor);
                Emit(ref e);
                return;
            case Treatment.EventCounter:
                EventCounter(ref e);
                return;
            case Treatment.ProcessInfo:
                if (isSurvey)
                    ProcessInfo(e.Track, ref cursor);
                Emit(ref e);
                return;
            default:
                Emit(ref e);
                return;
        }
    }

    private void Begin(scoped ref TraceEvent e, int track, object kind, ulong key)
    {
        e.Track = track;
        e.Kind = EventKind.Begin;
        Open(track, kind, key);
        Emit(ref e);
    }

    /// <summary>Ends a slice; without one that began it is something without a duration.</summary>
    private void End(scoped ref TraceEvent e, int track, object kind, ulong key)
    {
        int own = e.Track;
        e.Track = track;
        if (Close(ref e, track, kind, key))
            return;
        e.Track = own;
        Emit(ref e);
    }

    private void Counter(scoped ref TraceEvent e, int track, long value)
    {
        (e.Kind, e.Track, e.IsInteger, e.IntegerValue, e.Value) = (EventKind.Counter, track, true, value, value);
        e.Name = 0;
        e.RawArguments = default;
        e.Arguments = null;
        Emit(ref e);
    }

    /// <summary>Sizes of the generations, a counter each.</summary>
    private void HeapStats(scoped ref TraceEvent e, ref SpanCursor cursor)
    {
        int thread = e.Track;
        foreach (string generation in s_generations)
        {
            ulong size = cursor.Number<ulong>();
            cursor.Bytes(8);
            if (cursor.Failed)
                return;
            Counter(ref e, state.Rows.Named(thread, TrackKind.Counter, generation, "bytes"), (long)size);
            // The bytes of the file are those of the first.
            e.Bytes = 0;
        }

        // Finalization (2 x 8), three counts and the instance's id, then the pinned object heap in version 2.
        cursor.Bytes(16 + 12 + 2);
        ulong pinned = cursor.Number<ulong>();
        if (!cursor.Failed)
            Counter(ref e, state.Rows.Named(thread, TrackKind.Counter, "Pinned object heap", "bytes"), (long)pinned);
    }

    private void EventCounter(scoped ref TraceEvent e)
    {
        _counter.Clear();
        e.ReadArguments(_counter);
        if (_counter.Name == 0 || !_counter.HasValue)
        {
            Emit(ref e);
            return;
        }

        int track = state.Rows.Named(e.Track, TrackKind.Counter, $"{state.Texts.Get(e.Category)} {state.Texts.Get(_counter.Name)}", _counter.Unit.Length > 0 ? _counter.Unit : null);
        (e.Kind, e.Track, e.Value, e.Name) = (EventKind.Counter, track, _counter.Value, 0);
        e.RawArguments = default;
        e.Arguments = null;
        Emit(ref e);
    }

    private void ThreadCreated(int track, ref SpanCursor cursor)
    {
        cursor.Bytes(16);
        uint flags = cursor.Number<uint>();
        int managed = cursor.Number<int>();
        uint tid = cursor.Number<uint>();
        if (!cursor.Failed && tid != 0)
            state.Rows.Created(track, tid, managed, flags);
    }

    private void ProcessInfo(int track, ref SpanCursor cursor)
    {
        string command = System.Text.Encoding.Unicode.GetString(cursor.Utf16());
        string system = System.Text.Encoding.Unicode.GetString(cursor.Utf16());
        string architecture = System.Text.Encoding.Unicode.GetString(cursor.Utf16());
        if (command.Length > 0 && state.Tracks.ProcessOf(track) is { } process)
            process.CommandLine = command;
        if (system.Length > 0)
            state.Facts.Metadata.Add(new("System", system));
        if (architecture.Length > 0)
            state.Facts.Metadata.Add(new("Architecture", architecture));
    }

    private void Method(ReadOnlySpan<byte> payload, int track)
    {
        if (!isSurvey)
            return;
        var cursor = new SpanCursor(payload);
        cursor.Bytes(8);
        ulong module = cursor.Number<ulong>();
        ulong start = cursor.Number<ulong>();
        uint size = cursor.Number<uint>();
        cursor.Bytes(8);
        int name = MethodName(ref cursor, "");
        if (!cursor.Failed && size > 0)
            state.MethodsOf(state.Tracks[track].Pid).AddMethod(start, size, module, name);
    }

    private void Module(ReadOnlySpan<byte> payload, int track, bool hasDomain)
    {
        if (!isSurvey)
            return;
        var cursor = new SpanCursor(payload);
        ulong id = cursor.Number<ulong>();
        cursor.Bytes(hasDomain ? 24 : 16);
        string path = System.Text.Encoding.Unicode.GetString(cursor.Utf16());
        if (!cursor.Failed)
            state.MethodsOf(state.Tracks[track].Pid).AddModule(id, path);
    }

    /// <summary>Type and method as <c>Namespace.Type.Method</c> (id of a text).</summary>
    private int MethodName(ref SpanCursor cursor, string before)
    {
        string type = System.Text.Encoding.Unicode.GetString(cursor.Utf16());
        string method = System.Text.Encoding.Unicode.GetString(cursor.Utf16());
        return cursor.Failed ? 0 : state.Texts.Add(type.Length == 0 ? $"{before}{method}" : $"{before}{type}.{method}");
    }
}
