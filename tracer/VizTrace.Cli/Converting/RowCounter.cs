using VizTrace.Model;

namespace VizTrace.Cli.Converting;

/// <summary>Passes everything on, counts the threads and keeps the summary.</summary>
internal sealed class RowCounter(ITraceSink inner) : ITraceSink
{
    private readonly HashSet<int> _threads = [];

    /// <summary>Threads told so far.</summary>
    public int Threads => _threads.Count;

    /// <summary>What the trace was finished with; null before.</summary>
    public TraceSummary? Summary { get; private set; }

    /// <inheritdoc />
    public void Start(TraceMetadata metadata) => inner.Start(metadata);

    /// <inheritdoc />
    public void Process(ProcessInfo process) => inner.Process(process);

    /// <inheritdoc />
    public void Thread(ThreadInfo thread)
    {
        _threads.Add(thread.Id);
        inner.Thread(thread);
    }

    /// <inheritdoc />
    public void Function(FunctionInfo function) => inner.Function(function);

    /// <inheritdoc />
    public void Slices(int threadId, ReadOnlySpan<SliceEdge> edges) => inner.Slices(threadId, edges);

    /// <inheritdoc />
    public void Loss(RecordLoss loss) => inner.Loss(loss);

    /// <inheritdoc />
    public void Finish(TraceSummary summary)
    {
        Summary = summary;
        inner.Finish(summary);
    }
}
