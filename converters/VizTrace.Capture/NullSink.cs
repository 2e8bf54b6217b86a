using VizTrace.Model;

namespace VizTrace.Capture;

/// <summary>For what is read and not wanted.</summary>
internal sealed class NullSink : ITraceSink
{
    /// <inheritdoc/>
    public void Start(TraceMetadata metadata)
    {
    }

    /// <inheritdoc/>
    public void Process(ProcessInfo process)
    {
    }

    /// <inheritdoc/>
    public void Thread(ThreadInfo thread)
    {
    }

    /// <inheritdoc/>
    public void Function(FunctionInfo function)
    {
    }

    /// <inheritdoc/>
    public void Slices(int threadId, ReadOnlySpan<SliceEdge> edges)
    {
    }

    /// <inheritdoc/>
    public void Loss(RecordLoss loss)
    {
    }

    /// <inheritdoc/>
    public void Finish(TraceSummary summary)
    {
    }
}
