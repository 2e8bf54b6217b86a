using VizTrace.Model;
using VizTrace.Perfetto.Proto;
using VizTrace.Perfetto.Writing;

namespace VizTrace.Perfetto;

/// <summary>
/// Writes a trace as Perfetto protobuf, as it comes: memory does not grow with the number of events, only with threads and functions.
/// What stands where is in FORMAT.md. Calls come from one thread; the stream may be written from another until <see cref="Finish"/> returns.
/// </summary>
public sealed partial class PerfettoWriter : ITraceSink, IDisposable
{
    // The writer's own packet sequence: rows and what the trace says of itself.
    private const uint OwnSequence = 1;

    // Bytes and steps of a chunk: both fit the second-level cache, and a chunk of events compresses to half of what Perfetto allows.
    private const int ChunkBytes = 1 << 20;
    private const int ChunkOps = 1 << 17;

    private readonly FunctionTable _functions = new();
    private readonly ChunkPipeline _pipeline;
    private readonly SliceEncoder _encoder;
    private readonly Dictionary<int, ProcessInfo> _processes = [];
    private readonly Dictionary<int, ThreadInfo> _threads = [];
    private readonly Dictionary<int, Sequence> _sequences = [];
    private readonly HashSet<int> _lostRows = [];
    private readonly List<int> _processOrder = [];
    private readonly List<int> _threadOrder = [];
    private TraceMetadata _metadata = new();
    private bool _aboutStarted;
    private int _lastThread = -1;
    private Sequence? _lastSequence;

    /// <summary>Creates a writer; the first bytes go out with the first full chunk or <see cref="Finish"/>.</summary>
    /// <param name="output">Gets the file from its first byte on; it is flushed but not closed.</param>
    /// <param name="options">How; null: the defaults.</param>
    public PerfettoWriter(Stream output, PerfettoWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        options ??= new PerfettoWriterOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.CompressionThreads, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.CompressionThreads, 16, nameof(options));
        _pipeline = new ChunkPipeline(output, options.Compress, options.CompressionThreads, ChunkBytes, ChunkOps);
        _encoder = new SliceEncoder(_pipeline, _functions);
    }

    /// <inheritdoc/>
    public void Start(TraceMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        _metadata = metadata;
        var now = metadata.StartNs;
        _encoder.StartNs = now;
        var clocks = new ClockSnapshot { PrimaryTraceClock = ClockIds.Monotonic };
        Add(ClockIds.Monotonic, now);
        Add(ClockIds.Boottime, now + metadata.BoottimeOffsetNs);
        if (metadata.RealtimeOffsetNs != 0) Add(ClockIds.Realtime, now + metadata.RealtimeOffsetNs);
        _encoder.Append(new TracePacket
        {
            TrustedPacketSequenceId = OwnSequence,
            SequenceFlags = (uint)TracePacket.Types.SequenceFlags.SeqIncrementalStateCleared,
            FirstPacketOnSequence = true,
            TracePacketDefaults = new TracePacketDefaults
            {
                TimestampClockId = ClockIds.Monotonic,
                TrackEventDefaults = new TrackEventDefaults { TrackUuid = TrackIds.About },
            },
            ClockSnapshot = clocks,
        });

        void Add(uint id, long time) => clocks.Clocks.Add(new ClockSnapshot.Types.Clock { ClockId = id, Timestamp = (ulong)time });
    }

    /// <inheritdoc/>
    public void Process(ProcessInfo process)
    {
        ArgumentNullException.ThrowIfNull(process);
        _processes.TryGetValue(process.Id, out var before);
        _processes[process.Id] = process;
        if (before == null) _processOrder.Add(process.Id);
        if (before == null || before.Pid != process.Pid || before.Name != process.Name || before.CommandLine != process.CommandLine)
            _encoder.Append(Describe(process));
        StartAbout();
    }

    /// <inheritdoc/>
    public void Thread(ThreadInfo thread)
    {
        ArgumentNullException.ThrowIfNull(thread);
        _threads.TryGetValue(thread.Id, out var before);
        _threads[thread.Id] = thread;
        if (before == null) _threadOrder.Add(thread.Id);
        if (before == null || before.OsTid != thread.OsTid || before.ShownName != thread.ShownName) _encoder.Append(Describe(thread));
    }

    /// <inheritdoc/>
    public void Function(FunctionInfo function)
    {
        ArgumentNullException.ThrowIfNull(function);
        _functions.Add(function);
    }

    /// <inheritdoc/>
    public void Slices(int threadId, ReadOnlySpan<SliceEdge> edges)
    {
        if (threadId != _lastThread || _lastSequence == null)
        {
            _lastSequence = SequenceOf(threadId);
            _lastThread = threadId;
        }
        _encoder.Append(_lastSequence, edges);
    }

    /// <inheritdoc/>
    public void Loss(RecordLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        AppendLoss(loss);
    }

    /// <inheritdoc/>
    /// <exception cref="TraceException">The stream could not be written; the other calls may throw it too.</exception>
    public void Finish(TraceSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        StartAbout();
        foreach (var id in _processOrder) AppendProcess(_processes[id]);
        foreach (var id in _threadOrder) AppendThread(_threads[id]);
        foreach (var method in summary.NotRecorded) AppendNotRecorded(method);
        for (var i = 0; i < summary.Coverage.Count; i++) AppendCoverage(i, summary.Coverage[i]);
        AppendSummary(summary);
        _encoder.Finish();
    }

    /// <summary>Stops the writer's threads; needed when <see cref="Finish"/> was not reached, harmless after it.</summary>
    public void Dispose() => _pipeline.Dispose();

    private Sequence SequenceOf(int threadId)
    {
        if (_sequences.TryGetValue(threadId, out var sequence)) return sequence;
        if (!_threads.ContainsKey(threadId)) throw new InvalidOperationException($"Thread {threadId} is used before it was told");
        sequence = new Sequence(OwnSequence + 1 + (uint)_sequences.Count, TrackIds.Thread(threadId));
        _sequences.Add(threadId, sequence);
        return sequence;
    }

    private TracePacket Describe(ProcessInfo process)
    {
        var descriptor = new ProcessDescriptor { Pid = (int)process.Pid, ProcessName = process.Name };
        if (process.CommandLine.Length > 0) descriptor.Cmdline.Add(process.CommandLine);
        return Row(new TrackDescriptor { Uuid = TrackIds.Process(process.Id), Process = descriptor });
    }

    private TracePacket Describe(ThreadInfo thread)
    {
        if (!_processes.TryGetValue(thread.ProcessId, out var process))
            throw new InvalidOperationException($"Process {thread.ProcessId} is used before it was told");
        return Row(new TrackDescriptor
        {
            Uuid = TrackIds.Thread(thread.Id),
            ParentUuid = TrackIds.Process(thread.ProcessId),
            Thread = new ThreadDescriptor { Pid = (int)process.Pid, Tid = thread.OsTid, ThreadName = thread.ShownName },
        });
    }

    private static TracePacket Row(TrackDescriptor row) => new() { TrustedPacketSequenceId = OwnSequence, TrackDescriptor = row };
}
