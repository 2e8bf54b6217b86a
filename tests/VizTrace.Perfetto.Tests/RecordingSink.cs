using VizTrace.Model;

namespace VizTrace.Perfetto.Tests;

/// <summary>Keeps all it is told, and checks the contract of a sink.</summary>
internal sealed class RecordingSink : ITraceSink
{
    public TraceMetadata? Metadata { get; private set; }

    public Dictionary<int, ProcessInfo> Processes { get; } = [];

    public Dictionary<int, ThreadInfo> Threads { get; } = [];

    public Dictionary<int, FunctionInfo> Functions { get; } = [];

    public Dictionary<int, List<SliceEdge>> Edges { get; } = [];

    public List<RecordLoss> Losses { get; } = [];

    public TraceSummary? Summary { get; private set; }

    public void Start(TraceMetadata metadata)
    {
        Assert.Null(Metadata);
        Metadata = metadata;
    }

    public void Process(ProcessInfo process)
    {
        Assert.NotNull(Metadata);
        Processes[process.Id] = process;
    }

    public void Thread(ThreadInfo thread)
    {
        Assert.Contains(thread.ProcessId, Processes.Keys);
        Threads[thread.Id] = thread;
    }

    public void Function(FunctionInfo function)
    {
        Assert.NotNull(Metadata);
        Functions[function.Id] = function;
    }

    public void Slices(int threadId, ReadOnlySpan<SliceEdge> edges)
    {
        Assert.Contains(threadId, Threads.Keys);
        if (!Edges.TryGetValue(threadId, out var list)) Edges.Add(threadId, list = []);
        foreach (var edge in edges)
        {
            if (!Functions.ContainsKey(edge.FunctionId)) Assert.Fail($"function {edge.FunctionId} was not told");
            if (list.Count > 0 && edge.TimeNs < list[^1].TimeNs) Assert.Fail("time went back");
            list.Add(edge);
        }
    }

    public void Loss(RecordLoss loss)
    {
        Assert.Contains(loss.ThreadId, Threads.Keys);
        Losses.Add(loss);
    }

    public void Finish(TraceSummary summary)
    {
        Assert.Null(Summary);
        Summary = summary;
        foreach (var list in Edges.Values)
        {
            var open = new Stack<int>();
            foreach (var edge in list)
            {
                if (edge.Kind == EdgeKind.Begin) open.Push(edge.FunctionId);
                else Assert.Equal(open.Pop(), edge.FunctionId);
            }
            Assert.Empty(open);
        }
    }

    /// <summary>Edges of the thread with this OS tid, functions by name, one per line: <c>+12 Name</c>, <c>-20 Name unwound</c>.</summary>
    public string[] Lines(long tid, long zero = 0)
    {
        var thread = Threads.Values.Single(t => t.OsTid == tid);
        return Edges.GetValueOrDefault(thread.Id, []).Select(e =>
            $"{(e.Kind == EdgeKind.Begin ? '+' : '-')}{e.TimeNs - zero} {Functions[e.FunctionId].Name}{(e.Flags == EdgeFlags.None ? "" : " " + e.Flags)}").ToArray();
    }

    public static RecordingSink Of(byte[] trace)
    {
        var sink = new RecordingSink();
        PerfettoReader.Read(new MemoryStream(trace), sink);
        return sink;
    }
}
