using VizTrace.Model;

namespace VizTrace.Perfetto.Tests;

/// <summary>Makes traces for tests.</summary>
internal static class TraceFiles
{
    public const long Start = 5_000_000_000;

    /// <summary>What a writer leaves behind.</summary>
    public static byte[] Write(Action<PerfettoWriter> feed, PerfettoWriterOptions? options = null)
    {
        var stream = new MemoryStream();
        using var writer = new PerfettoWriter(stream, options ?? new PerfettoWriterOptions { CompressionThreads = 1 });
        feed(writer);
        return stream.ToArray();
    }

    /// <summary>The same with start, one process and an empty summary around.</summary>
    public static byte[] WriteIn(Action<PerfettoWriter> feed, PerfettoWriterOptions? options = null) => Write(
        w =>
        {
            w.Start(new TraceMetadata { StartNs = Start });
            w.Process(new ProcessInfo(0, 4711, "Shop"));
            feed(w);
            w.Finish(new TraceSummary());
        },
        options);

    /// <summary>Puts bytes into a file that is gone after <paramref name="use"/>.</summary>
    public static T InFile<T>(byte[] trace, Func<string, T> use)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".pftrace");
        try
        {
            File.WriteAllBytes(path, trace);
            return use(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Edges without flags.</summary>
    public static SliceEdge[] Edges(params (long Time, int Function, EdgeKind Kind)[] edges) =>
        edges.Select(e => new SliceEdge(e.Time, e.Function, e.Kind)).ToArray();

    /// <summary>A random call tree that ends with every call closed.</summary>
    public static List<SliceEdge> RandomCalls(Random random, int slices, int functions, long start, Func<long> delta)
    {
        var edges = new List<SliceEdge>(2 * slices);
        var open = new Stack<int>();
        var time = start;
        var begun = 0;
        while (begun < slices || open.Count > 0)
        {
            time += delta();
            if (begun < slices && open.Count < 100 && (open.Count == 0 || random.Next(2) == 0))
            {
                var f = (int)(functions * Math.Pow(random.NextDouble(), 2));
                open.Push(f);
                edges.Add(new SliceEdge(time, f, EdgeKind.Begin));
                begun++;
            }
            else
            {
                edges.Add(new SliceEdge(time, open.Pop(), EdgeKind.End));
            }
        }
        return edges;
    }
}
