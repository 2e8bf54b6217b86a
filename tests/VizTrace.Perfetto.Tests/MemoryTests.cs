using VizTrace.Model;

namespace VizTrace.Perfetto.Tests;

/// <summary>What the writer allocates, in bytes: the same on every machine.</summary>
public sealed class MemoryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FiveMillionCallsAreNotHeldInMemory(bool compress)
    {
        var edges = new SliceEdge[20];
        long before = 0;
        // Without threads of its own: what is allocated is allocated here.
        using (var writer = new PerfettoWriter(Stream.Null, new PerfettoWriterOptions { Compress = compress, CompressionThreads = 0 }))
        {
            writer.Start(new TraceMetadata { StartNs = TraceFiles.Start });
            writer.Process(new ProcessInfo(0, 1, "P"));
            writer.Thread(new ThreadInfo(0, 0, 1));
            for (var i = 0; i < 3; i++) writer.Function(new FunctionInfo(i, "F" + i));
            for (long round = 0; round < 550_000; round++)
            {
                // By then all buffers are there: 3.6 MB, whatever the length of the trace.
                if (round == 50_000) before = GC.GetAllocatedBytesForCurrentThread();
                var time = TraceFiles.Start + (round * 100);
                for (var depth = 0; depth < 10; depth++)
                {
                    edges[depth] = new SliceEdge(time + depth, depth % 3, EdgeKind.Begin);
                    edges[19 - depth] = new SliceEdge(time + 50 - depth, depth % 3, EdgeKind.End, depth == 3 ? EdgeFlags.Unwound : EdgeFlags.None);
                }
                writer.Slices(0, edges);
            }
            writer.Finish(new TraceSummary());
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }
}
