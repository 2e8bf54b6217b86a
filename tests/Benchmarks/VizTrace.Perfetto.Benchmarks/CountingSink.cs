using VizTrace.Model;

namespace VizTrace.Perfetto.Benchmarks;

/// <summary>Counts edges and forgets them.</summary>
internal sealed class CountingSink : ITraceSink
{
    public long Edges { get; private set; }

    public void Start(TraceMetadata metadata) => Edges = 0;

    public void Process(ProcessInfo process)
    {
    }

    public void Thread(ThreadInfo thread)
    {
    }

    public void Function(FunctionInfo function)
    {
    }

    public void Slices(int threadId, ReadOnlySpan<SliceEdge> edges) => Edges += edges.Length;

    public void Loss(RecordLoss loss)
    {
    }

    public void Finish(TraceSummary summary)
    {
    }
}
