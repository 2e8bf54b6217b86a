using VizTrace.Model;

namespace VizTrace.Capture.Tests;

/// <summary>A sink that keeps everything and checks the sink's contract on the way.</summary>
internal sealed class Trace : ITraceSink
{
    private readonly Dictionary<int, List<SliceEdge>> _edges = [];
    private readonly Dictionary<int, Stack<int>> _open = [];
    private bool _finished;

    public TraceMetadata Metadata { get; private set; } = null!;

    public List<ProcessInfo> Processes { get; } = [];

    public SortedDictionary<int, ThreadInfo> Threads { get; } = [];

    public List<FunctionInfo> Functions { get; } = [];

    public List<RecordLoss> Losses { get; } = [];

    public TraceSummary Summary { get; private set; } = null!;

    public TraceSummary? Returned { get; set; }

    /// <summary>Done when the capture has been indexed and none of its records read.</summary>
    public Action? WhenIndexed { get; init; }

    public long EdgeCount => _edges.Values.Sum(e => (long)e.Count);

    /// <summary>A thread's edges, one a line: <c>+ App.Main 100</c>, <c>- App.Main 200 Unfinished</c>.</summary>
    public string[] Edges(int thread) => _edges.TryGetValue(thread, out List<SliceEdge>? edges)
        ? [.. edges.Select(e => $"{(e.Kind == EdgeKind.Begin ? '+' : '-')} {Functions[e.FunctionId].Name} {e.TimeNs}" + (e.Flags == 0 ? "" : $" {e.Flags}"))]
        : [];

    /// <summary>The edges of the only thread that has any.</summary>
    public string[] Edges() => Edges(Assert.Single(_edges.Keys));

    public ThreadInfo Thread(long tid) => Assert.Single(Threads.Values, t => t.OsTid == tid);

    void ITraceSink.Start(TraceMetadata metadata)
    {
        Assert.Null(Metadata);
        WhenIndexed?.Invoke();
        Metadata = metadata;
    }

    void ITraceSink.Process(ProcessInfo process) => Processes.Add(process);

    void ITraceSink.Thread(ThreadInfo thread)
    {
        Assert.Contains(Processes, p => p.Id == thread.ProcessId);
        Threads[thread.Id] = thread;
    }

    void ITraceSink.Function(FunctionInfo function)
    {
        Assert.Equal(Functions.Count, function.Id);
        Functions.Add(function);
    }

    void ITraceSink.Slices(int threadId, ReadOnlySpan<SliceEdge> edges)
    {
        Assert.False(_finished);
        Assert.Contains(threadId, Threads.Keys);
        if (!_edges.TryGetValue(threadId, out List<SliceEdge>? all))
        {
            _edges.Add(threadId, all = []);
            _open.Add(threadId, new Stack<int>());
        }

        foreach (SliceEdge edge in edges)
        {
            Assert.InRange(edge.FunctionId, 0, Functions.Count - 1);
            Assert.True(all.Count == 0 || edge.TimeNs >= all[^1].TimeNs, "time runs backwards");
            if (edge.Kind == EdgeKind.Begin)
                _open[threadId].Push(edge.FunctionId);
            else
                Assert.True(_open[threadId].Pop() == edge.FunctionId || edge.Flags.HasFlag(EdgeFlags.Named), "another call ends");
            all.Add(edge);
        }
    }

    void ITraceSink.Loss(RecordLoss loss)
    {
        Assert.Contains(loss.ThreadId, Threads.Keys);
        Assert.True(loss.StartNs <= loss.EndNs);
        Losses.Add(loss);
    }

    void ITraceSink.Finish(TraceSummary summary)
    {
        Assert.False(_finished);
        _finished = true;
        Assert.All(_open.Values, Assert.Empty);
        Summary = summary;
    }
}
