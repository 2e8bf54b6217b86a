using System.Text;
using VizTrace.Model;
using Xunit;

namespace VizTrace.ChromeJson.Tests;

/// <summary>Keeps what it is told, and checks the order that the contract asks for: times, nesting, known ids.</summary>
internal sealed class CollectingSink : ITraceSink
{
    private readonly Dictionary<int, Stack<SliceEdge>> _open = [];

    public TraceMetadata? Metadata { get; private set; }

    public Dictionary<int, ProcessInfo> Processes { get; } = [];

    public Dictionary<int, ThreadInfo> Threads { get; } = [];

    public Dictionary<int, FunctionInfo> Functions { get; } = [];

    public Dictionary<int, List<SliceEdge>> Edges { get; } = [];

    public List<RecordLoss> Losses { get; } = [];

    public TraceSummary? Summary { get; private set; }

    /// <summary>What the reader makes of <paramref name="text"/>.</summary>
    public static CollectingSink Read(string text)
    {
        var sink = new CollectingSink();
        TraceSummary summary = ChromeJsonReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), sink);
        Assert.Same(summary, sink.Summary);
        return sink;
    }

    public void Start(TraceMetadata metadata)
    {
        Assert.Null(Metadata);
        Metadata = metadata;
    }

    public void Process(ProcessInfo process) => Processes[process.Id] = process;

    public void Thread(ThreadInfo thread)
    {
        Assert.Contains(thread.ProcessId, Processes);
        Threads[thread.Id] = thread;
        Edges.TryAdd(thread.Id, []);
        _open.TryAdd(thread.Id, new());
    }

    public void Function(FunctionInfo function) => Functions[function.Id] = function;

    public void Slices(int threadId, ReadOnlySpan<SliceEdge> edges)
    {
        foreach (SliceEdge edge in edges)
        {
            Assert.Contains(edge.FunctionId, Functions);
            List<SliceEdge> all = Edges[threadId];
            if (all.Count > 0)
                Assert.True(edge.TimeNs >= all[^1].TimeNs, $"{edge} after {all[^1]}");
            all.Add(edge);
            if (edge.Kind == EdgeKind.Begin)
                _open[threadId].Push(edge);
            else
                Assert.Equal(_open[threadId].Pop().FunctionId, edge.FunctionId);
        }
    }

    public void Loss(RecordLoss loss) => Losses.Add(loss);

    public void Finish(TraceSummary summary)
    {
        Assert.All(_open.Values, Assert.Empty);
        Summary = summary;
    }

    /// <summary>One line an edge: <c>+Main 10</c>, <c>-Main 20 Unfinished</c>.</summary>
    public string[] Lines(int threadId) =>
        [.. Edges[threadId].Select(e =>
            (e.Kind == EdgeKind.Begin ? "+" : "-") + Functions[e.FunctionId].Name + " " + e.TimeNs + (e.Flags == 0 ? "" : " " + e.Flags))];
}
