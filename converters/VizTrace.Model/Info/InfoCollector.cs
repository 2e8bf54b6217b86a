namespace VizTrace.Model.Info;

/// <summary>
/// Counts a trace as it goes by. Memory is bound to functions, threads and open calls, not to slices. Not thread-safe. Slices that are left
/// open when the trace ends are not counted.
/// </summary>
public sealed class InfoCollector : ITraceSink
{
    private readonly SortedDictionary<int, ProcessInfo> _processes = [];
    private readonly SortedDictionary<int, Row> _threads = [];
    private readonly Dictionary<string, (long Stretches, long Records)> _losses = new(StringComparer.Ordinal);
    private readonly List<string> _lossOrder = [];
    private FunctionInfo?[] _functions = new FunctionInfo?[256];
    private Counts[] _counts = new Counts[256];
    private TraceMetadata _metadata = new();

    /// <summary>The thread whose open calls <see cref="Counts.Open"/> stands for.</summary>
    private Row? _current;

    /// <summary>The numbers; null until <see cref="Finish"/>.</summary>
    public TraceInfo? Result { get; private set; }

    /// <inheritdoc />
    public void Start(TraceMetadata metadata) => _metadata = metadata;

    /// <inheritdoc />
    public void Process(ProcessInfo process)
    {
        ArgumentNullException.ThrowIfNull(process);
        _processes[process.Id] = process;
    }

    /// <inheritdoc />
    public void Thread(ThreadInfo thread)
    {
        ArgumentNullException.ThrowIfNull(thread);
        if (_threads.TryGetValue(thread.Id, out Row? row))
            row.Info = thread;
        else
            _threads.Add(thread.Id, new Row(thread));
    }

    /// <inheritdoc />
    public void Function(FunctionInfo function)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (function.Id >= _functions.Length)
        {
            int size = Math.Max(function.Id + 1, _functions.Length * 2);
            Array.Resize(ref _functions, size);
            Array.Resize(ref _counts, size);
        }

        _functions[function.Id] = function;
    }

    /// <inheritdoc />
    public void Slices(int threadId, ReadOnlySpan<SliceEdge> edges)
    {
        if (!_threads.TryGetValue(threadId, out Row? row))
            throw new InvalidOperationException($"edges of thread {threadId}, which was not told");
        if (!ReferenceEquals(row, _current))
            SwitchTo(row);
        foreach (ref readonly SliceEdge edge in edges)
        {
            if ((uint)edge.FunctionId >= (uint)_functions.Length || _functions[edge.FunctionId] is null)
                throw new InvalidOperationException($"a call of function {edge.FunctionId}, which was not told");
            if (edge.Kind == EdgeKind.Begin)
            {
                row.Push(edge.TimeNs, edge.FunctionId);
                _counts[edge.FunctionId].Open++;
            }
            else
            {
                End(row, in edge);
            }
        }
    }

    /// <inheritdoc />
    public void Loss(RecordLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (!_threads.TryGetValue(loss.ThreadId, out Row? row))
            throw new InvalidOperationException($"a loss of thread {loss.ThreadId}, which was not told");
        row.Lost += loss.Records;
        if (!_losses.TryGetValue(loss.Reason, out (long Stretches, long Records) sum))
            _lossOrder.Add(loss.Reason);
        _losses[loss.Reason] = (sum.Stretches + 1, sum.Records + loss.Records);
    }

    /// <inheritdoc />
    public void Finish(TraceSummary summary)
    {
        var functions = new List<FunctionFigures>();
        for (int id = 0; id < _functions.Length; id++)
        {
            if (_functions[id] is { } function && _counts[id] is { Calls: > 0 } counts)
                functions.Add(new FunctionFigures(function, counts.Calls, counts.SelfNs, counts.TotalNs, counts.LongestNs));
        }

        Row[] ran = [.. _threads.Values.Where(t => t.Calls > 0)];
        Result = new TraceInfo
        {
            Metadata = _metadata,
            Summary = summary,
            Processes = [.. _processes.Values],
            Threads = [.. _threads.Values.Select(t => t.Figures())],
            Functions = functions,
            Losses = [.. _lossOrder.Select(reason => new LossFigures(reason, _losses[reason].Stretches, _losses[reason].Records))],
            Slices = functions.Sum(f => f.Calls),
            FirstNs = ran.Length == 0 ? null : ran.Min(t => t.FirstNs),
            LastNs = ran.Length == 0 ? null : ran.Max(t => t.LastNs),
        };
    }

    private void End(Row row, in SliceEdge edge)
    {
        (int function, long durationNs, long selfNs) = row.Pop(edge.TimeNs);
        ref Counts counts = ref _counts[function];
        counts.Calls++;
        counts.SelfNs += selfNs;
        if (durationNs > counts.LongestNs)
            counts.LongestNs = durationNs;
        // Recursion counts once: only the outermost slice adds to the total.
        if (--counts.Open == 0)
            counts.TotalNs += durationNs;
    }

    /// <summary>
    /// One set of counters serves all threads: on a change the open calls of the last thread are taken out and those of the next put in. Edges
    /// come in batches, so this is rare, and memory is not functions times threads.
    /// </summary>
    private void SwitchTo(Row row)
    {
        if (_current is { } last)
        {
            foreach (ref readonly OpenCall call in last.Open)
                _counts[call.FunctionId].Open--;
        }

        foreach (ref readonly OpenCall call in row.Open)
            _counts[call.FunctionId].Open++;
        _current = row;
    }

    private struct Counts
    {
        public long Calls;
        public long SelfNs;
        public long TotalNs;
        public long LongestNs;

        /// <summary>Open calls on the current thread.</summary>
        public int Open;
    }

    private struct OpenCall
    {
        public long BeginNs;
        public long ChildrenNs;
        public int FunctionId;
    }

    /// <summary>A thread while it is counted.</summary>
    private sealed class Row(ThreadInfo info)
    {
        private OpenCall[] _open = new OpenCall[32];
        private int _depth;
        private int _deepest;

        public ThreadInfo Info { get; set; } = info;

        public long Calls { get; private set; }

        public long Lost { get; set; }

        public long FirstNs { get; private set; } = long.MaxValue;

        public long LastNs { get; private set; } = long.MinValue;

        public ReadOnlySpan<OpenCall> Open => _open.AsSpan(0, _depth);

        public void Push(long timeNs, int functionId)
        {
            if (_depth == _open.Length)
                Array.Resize(ref _open, _depth * 2);
            _open[_depth++] = new OpenCall { BeginNs = timeNs, FunctionId = functionId };
            if (_depth > _deepest)
                _deepest = _depth;
            if (timeNs < FirstNs)
                FirstNs = timeNs;
        }

        public (int FunctionId, long DurationNs, long SelfNs) Pop(long timeNs)
        {
            if (_depth == 0)
                throw new InvalidOperationException($"an end without a begin on thread {Info.Id}");
            ref OpenCall call = ref _open[--_depth];
            long durationNs = timeNs - call.BeginNs;
            if (_depth > 0)
                _open[_depth - 1].ChildrenNs += durationNs;
            Calls++;
            if (timeNs > LastNs)
                LastNs = timeNs;
            return (call.FunctionId, durationNs, durationNs - call.ChildrenNs);
        }

        public ThreadFigures Figures() => new(
            Info,
            Calls,
            Math.Max(Lost, Info.LostRecords),
            Calls == 0 ? null : FirstNs,
            Calls == 0 ? null : LastNs,
            _deepest);
    }
}
