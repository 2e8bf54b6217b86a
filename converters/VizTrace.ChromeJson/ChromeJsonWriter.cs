using System.IO.Compression;
using System.Text;
using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>
/// Writes Chrome trace-event JSON (see FORMAT.md) as a stream: what is kept is one stack of open calls per thread, the threads' rows and
/// the functions' names. The last told row of a process or thread is the one that is written. Not thread-safe. Errors of the stream come
/// through as they are; a sink order that <see cref="ITraceSink"/> forbids is an <see cref="InvalidOperationException"/>.
/// </summary>
public sealed partial class ChromeJsonWriter : ITraceSink, IDisposable
{
    /// <summary>Calls of one nanosecond that are held back at most; more are written in the order in which they end.</summary>
    private const int MaxHeld = 1 << 16;

    /// <summary>More than two numbers, their keys and all the args can take.</summary>
    private const int FixedBytes = 256;

    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly Dictionary<int, ProcessRow> _processes = [];
    private readonly Dictionary<int, ThreadRow> _threads = [];
    private byte[] _buffer = new byte[256 * 1024];
    private int _length;
    private FunctionText?[] _functions = new FunctionText?[1024];
    private TraceMetadata? _metadata;
    private long _startNs;
    private bool _anyEvent;
    private bool _finished;

    /// <summary>Creates a writer to <paramref name="output"/>, which it owns unless <paramref name="options"/> say otherwise.</summary>
    public ChromeJsonWriter(Stream output, ChromeJsonWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        options ??= new ChromeJsonWriterOptions();
        _leaveOpen = options.LeaveOpen && !options.Compress;
        // The fast level: JSON of calls shrinks some fifteenfold with it, and better levels cost far more time than they save bytes.
        _stream = options.Compress ? new GZipStream(output, CompressionLevel.Fastest, options.LeaveOpen) : output;
    }

    /// <inheritdoc />
    public void Start(TraceMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        _metadata = metadata;
        _startNs = Math.Max(0, metadata.StartNs);
        // Before the events: a file that is cut short has its times.
        Append("{\"displayTimeUnit\":\"ns\",\""u8);
        Append(EdgeArgs.Start);
        Append(Encoding.ASCII.GetBytes(string.Create(s_invariant, $"\":{_startNs},\"traceEvents\":[")));
    }

    /// <inheritdoc />
    public void Process(ProcessInfo process) => TellProcess(process);

    /// <inheritdoc />
    public void Thread(ThreadInfo thread) => TellThread(thread);

    /// <inheritdoc />
    public void Function(FunctionInfo function)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (function.Id >= _functions.Length)
            Array.Resize(ref _functions, Math.Max(function.Id + 1, _functions.Length * 2));
        _functions[function.Id] = new FunctionText(function);
    }

    /// <inheritdoc />
    public void Slices(int threadId, ReadOnlySpan<SliceEdge> edges)
    {
        if (!_threads.TryGetValue(threadId, out ThreadRow? thread))
            throw new InvalidOperationException($"edges of thread {threadId}, which was not told");
        foreach (ref readonly SliceEdge edge in edges)
        {
            if (thread.Held.Count != 0 && thread.HeldNs != edge.TimeNs)
                WriteHeld(thread);
            if (edge.Kind == EdgeKind.Begin)
                thread.Push(new OpenCall(edge.TimeNs, edge.FunctionId, thread.Held.Count, edge.Flags));
            else
                End(thread, in edge);
        }
    }

    /// <inheritdoc />
    public void Loss(RecordLoss loss) => WriteLoss(loss);

    /// <inheritdoc />
    public void Finish(TraceSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        foreach (ThreadRow thread in _threads.Values)
        {
            if (thread.Depth != 0)
                throw new InvalidOperationException($"{thread.Depth} calls of thread {thread.Info.Id} were left open");
            WriteHeld(thread);
        }

        WriteMetadataEvents();
        WriteOtherData(summary);
        Flush();
        _stream.Flush();
        _finished = true;
    }

    /// <summary>Closes the stream (unless it is to stay open). A file whose <see cref="Finish"/> was not called is incomplete.</summary>
    public void Dispose()
    {
        // GZipStream writes its end here; a plain stream is handed back as it is.
        if (!_leaveOpen)
            _stream.Dispose();
        else if (!_finished)
            _stream.Flush();
    }

    private void End(ThreadRow thread, in SliceEdge edge)
    {
        OpenCall call = thread.Pop();
        EdgeFlags flags = call.Flags | edge.Flags;
        bool stretched = false;
        if ((flags & EdgeFlags.Unfinished) != 0)
        {
            // See FORMAT.md: the innermost call was entered with the very last record.
            if (call.BeginNs == edge.TimeNs)
                thread.StretchNs = edge.TimeNs;
            stretched = thread.StretchNs == edge.TimeNs;
        }

        var done = new DoneCall(call.BeginNs, edge.TimeNs, call.FunctionId, edge.FunctionId, flags, stretched);
        if (thread.Depth != 0 && thread.Top.BeginNs == call.BeginNs && thread.Held.Count < MaxHeld)
        {
            // Perhaps the parent has the same end too. It goes before its own children, behind what was held when it began.
            thread.HeldNs = edge.TimeNs;
            thread.Held.Insert(call.BeginNs == edge.TimeNs ? Math.Min(call.HeldAtBegin, thread.Held.Count) : 0, done);
            return;
        }

        WriteCall(thread, in done);
        if (thread.Held.Count != 0)
            WriteHeld(thread);
    }

    private void WriteHeld(ThreadRow thread)
    {
        foreach (DoneCall call in thread.Held)
            WriteCall(thread, in call);
        thread.Held.Clear();
    }

    private void WriteCall(ThreadRow thread, in DoneCall call)
    {
        FunctionText function = FunctionOf(call.FunctionId);
        byte[] head = thread.Head;
        byte[] tail = function.Plain;
        ReadOnlySpan<byte> named = (call.Flags & EdgeFlags.Named) != 0 ? FunctionOf(call.LeftFunctionId).Name : default;
        Span<byte> to = Reserve(head.Length + tail.Length + named.Length + FixedBytes);
        int at = 0;
        // The first event of all has no comma before it.
        ReadOnlySpan<byte> begin = _anyEvent ? head : head.AsSpan(1);
        _anyEvent = true;
        begin.CopyTo(to);
        at += begin.Length;
        at += Microseconds.Write(call.BeginNs - _startNs, to[at..]);
        ",\"dur\":"u8.CopyTo(to[at..]);
        at += 7;
        at += Microseconds.Write(call.EndNs - call.BeginNs + (call.Stretched ? 1 : 0), to[at..]);
        if (call.Flags == EdgeFlags.None)
        {
            tail.CopyTo(to[at..]);
            at += tail.Length;
        }
        else
        {
            at += function.WriteWithFlags(call.Flags, call.Stretched, named, to[at..]);
        }

        _length += at;
    }

    private FunctionText FunctionOf(int id) =>
        (uint)id < (uint)_functions.Length && _functions[id] is { } function
            ? function
            : throw new InvalidOperationException($"a call of function {id}, which was not told");

    private Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Flush();
            if (_buffer.Length < bytes)
                _buffer = new byte[bytes];
        }

        return _buffer.AsSpan(_length);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    private void Flush()
    {
        _stream.Write(_buffer, 0, _length);
        _length = 0;
    }
}
