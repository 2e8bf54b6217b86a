// Measures the Perfetto writer and reader and prints a table. Usage: taskset -c 0 dotnet run -c Release [-- million slices]
// Or, of recorded traces, only the writer on one thread: … -- FILE.pftrace…
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using VizTrace.Model;
using VizTrace.Perfetto;
using VizTrace.Perfetto.Benchmarks;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length > 0 && File.Exists(args[0]))
{
    foreach (var path in args)
    {
        var recorded = RecordedTrace.Of(path);
        var stream = new MemoryStream(64 << 20);
        var seconds = Best(10, false, () =>
        {
            stream.SetLength(0);
            using var writer = new PerfettoWriter(stream, new PerfettoWriterOptions { CompressionThreads = 0 });
            recorded.Tell(writer);
        });
        Console.WriteLine($"{Path.GetFileName(path),-24} {recorded.Slices / 1e6,8:F2}M {recorded.Slices / 1e6 / seconds,8:F1} M/s {stream.Length / recorded.Slices,8:F3} B/slice");
    }
    return;
}
var slices = args.Length > 0 ? (int)(1e6 * double.Parse(args[0])) : 400_000;
SyntheticTrace[] traces =
[
    SyntheticTraces.Fib(slices > 1_500_000 ? 30 : 25),
    SyntheticTraces.Program("4000 functions, 50 ns", slices, 4000, 50),
    SyntheticTraces.Program("4000 functions, 100 ns", slices, 4000, 100),
    SyntheticTraces.Program("the same, 300 ns", slices, 4000, 300),
    SyntheticTraces.Program("50 ns, with sources", slices, 4000, 50, sources: true),
];
Console.WriteLine($"{Environment.ProcessorCount} cores; best of 30; M slices/s: of processor time, but of wall time for '2 threads'");
Console.WriteLine($"{"trace",-24} {"slices",9} {"1 thread",8} {"2 thr.",8} {"plain",8} {"B/slice",8} {"raw B",8} {"zlib B",8} {"zlib M/s",8} {"read",8}");
foreach (var trace in traces)
{
    var inline = Measure(trace, new PerfettoWriterOptions { CompressionThreads = 0 }, out var packed);
    var threaded = Measure(trace, new PerfettoWriterOptions { CompressionThreads = 1 }, out _);
    var plain = Measure(trace, new PerfettoWriterOptions { Compress = false, CompressionThreads = 0 }, out var raw);
    var zlib = new MemoryStream(raw.Length);
    var zlibSeconds = Best(30, false, () =>
    {
        zlib.SetLength(0);
        using var z = new ZLibStream(zlib, CompressionLevel.Fastest, true);
        z.Write(raw);
    });
    var sink = new CountingSink();
    var readSeconds = Best(30, false, () => PerfettoReader.Read(new MemoryStream(packed), sink));
    Console.WriteLine($"{trace.Name,-24} {trace.Slices / 1e6,8:F2}M {inline,8:F1} {threaded,8:F1} {plain,8:F1} {packed.Length / trace.Slices,8:F2} "
        + $"{raw.Length / trace.Slices,8:F2} {zlib.Length / trace.Slices,8:F2} {trace.Slices / 1e6 / zlibSeconds,8:F1} {trace.Slices / 1e6 / readSeconds,8:F1}");
}

static double Measure(SyntheticTrace trace, PerfettoWriterOptions options, out byte[] file)
{
    var output = new MemoryStream();
    var seconds = Best(30, options.CompressionThreads > 0, () =>
    {
        output.SetLength(0);
        using var writer = new PerfettoWriter(output, options);
        writer.Start(new TraceMetadata { StartNs = trace.Edges[0].TimeNs });
        writer.Process(new ProcessInfo(0, 100, "Shop"));
        writer.Thread(new ThreadInfo(0, 0, 100));
        foreach (var f in trace.Functions) writer.Function(f);
        for (var i = 0; i < trace.Edges.Length; i += 16384)
            writer.Slices(0, trace.Edges.AsSpan(i, Math.Min(16384, trace.Edges.Length - i)));
        writer.Finish(new TraceSummary());
    });
    file = output.ToArray();
    return trace.Slices / 1e6 / seconds;
}

// Processor time is what a busy machine leaves comparable; two threads at once need the wall clock.
static double Best(int rounds, bool wall, Action action)
{
    var best = double.MaxValue;
    for (var round = 0; round < rounds; round++)
    {
        var watch = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        action();
        best = Math.Min(best, wall ? watch.Elapsed.TotalSeconds : (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }
    return best;
}
