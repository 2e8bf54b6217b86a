using VizTrace.Model;

namespace VizTrace.Perfetto.Benchmarks;

/// <summary>A trace that was recorded, held in memory to be written again and again: batches in the order in which they come.</summary>
internal sealed class RecordedTrace : ITraceSink
{
    private readonly List<ThreadInfo> _threads = [];
    private readonly List<FunctionInfo> _functions = [];
    private readonly List<(int Thread, SliceEdge[] Edges)> _batches = [];
    private readonly List<ProcessInfo> _processes = [];
    private TraceMetadata _metadata = new();

    /// <summary>Reads a trace.</summary>
    public static RecordedTrace Of(string path)
    {
        var trace = new RecordedTrace();
        PerfettoReader.Read(path, trace);
        return trace;
    }

    public double Slices => _batches.Sum(b => (double)b.Edges.Length) / 2;

    public void Start(TraceMetadata metadata) => _metadata = metadata;

    public void Process(ProcessInfo process) => _processes.Add(process);

    public void Thread(ThreadInfo thread) => _threads.Add(thread);

    public void Function(FunctionInfo function) => _functions.Add(function);

    void ITraceSink.Slices(int threadId, ReadOnlySpan<SliceEdge> edges) => _batches.Add((threadId, edges.ToArray()));

    public void Loss(RecordLoss loss)
    {
    }

    public void Finish(TraceSummary summary)
    {
    }

    /// <summary>Tells all of it to a writer.</summary>
    public void Tell(ITraceSink sink)
    {
        sink.Start(_metadata);
        foreach (var p in _processes) sink.Process(p);
        foreach (var t in _threads) sink.Thread(t);
        foreach (var f in _functions) sink.Function(f);
        foreach (var (thread, edges) in _batches) sink.Slices(thread, edges);
        sink.Finish(new TraceSummary());
    }
}
