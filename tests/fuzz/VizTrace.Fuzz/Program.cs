using System.Diagnostics;
using System.Globalization;
using VizTrace.ChromeJson;
using VizTrace.Filters;
using VizTrace.Filters.Applying;
using VizTrace.Filters.Parsing;
using VizTrace.Fuzz;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.NetTrace;
using VizTrace.Perfetto.Events;
using VizTrace.Perfetto.Writing;

// VizTrace.Fuzz SECONDS SEED FILE...: damaged copies of the files go through readers, filters and writers until the time is over. Whatever is
// thrown but a TraceException, takes longer than half a minute or more than 700 MB ends it, with the input and how to do it again.
int seconds = int.Parse(args[0], CultureInfo.InvariantCulture);
int seed = int.Parse(args[1], CultureInfo.InvariantCulture);
(string Path, byte[] Bytes)[] files = [.. args[2..].Select(p => (p, File.ReadAllBytes(p)))];
string[][] filters =
[
    ["--drop-thread", "*1*"], ["--min-duration", "2us"], ["--max-depth", "3"], ["--drop-function", "*a*"], ["--hide-function", "*e*"], ["--keep-function", "*i*"],
    ["--drop-category", "*v*"], ["--time", "1ms..20ms"], ["--merge-repeats"], ["--sample-calls", "3"], ["--drop-args"], ["--drop-flows"], ["--drop-counters", "*"],
    ["--where", "duration > 1us and not name ~ 'b*'"],
];
const long MostBytes = 700L << 20;
var watch = Stopwatch.StartNew();
long rounds = 0, refused = 0, cut = 0;
for (; watch.Elapsed.TotalSeconds < seconds; rounds++, seed++)
{
    (string path, byte[] bytes) = files[seed % files.Length];
    byte[] damaged = new Mutation(seed).Of(bytes);
    var random = new Random(seed);
    (string, string?)[] chain = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => filters[random.Next(filters.Length)]).Select(f => (f[0], f.Length > 1 ? f[1] : null))];
    var round = new Thread(() => Round(path, damaged, chain, random.Next(2) == 0)) { IsBackground = true };
    string what = $"{path}, seed {seed}, {string.Join(' ', chain.Select(f => $"{f.Item1} {f.Item2}"))}";
    round.Start();
    if (!round.Join(TimeSpan.FromSeconds(30)))
        return Fail(damaged, what, "hangs");
    if (Failure.Thrown is { } thrown)
        return Fail(damaged, what, thrown.ToString());
    if (Process.GetCurrentProcess().PeakWorkingSet64 > MostBytes)
        return Fail(damaged, what, $"took {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MB");
}

Console.WriteLine($"{rounds} damaged files, {refused} refused, {cut} read up to the damage, the rest whole; peak memory {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MB");
return 0;

void Round(string path, byte[] damaged, (string, string?)[] chain, bool sameFormat)
{
    try
    {
        ITraceSource source = path.EndsWith(".nettrace", StringComparison.Ordinal) ? new NetTraceTrace(() => new MemoryStream(damaged), path)
            : path.EndsWith(".pftrace", StringComparison.Ordinal) ? new PerfettoTrace(() => new MemoryStream(damaged))
            : new ChromeJsonTrace(() => new MemoryStream(damaged));
        source.Read(new Nobody(), EventParts.All);
        if (source.Facts.DamageOffset is not null)
            cut++;
        FilterPlan plan = FilterParser.Parse(chain).Decide(source, Path.GetTempPath(), null);
        using var output = new MemoryStream();
        if (sameFormat && source is ITraceRewriter rewriter)
        {
            rewriter.Rewrite(output, plan, plan.Ledger, new RewriteOptions());
            return;
        }

        using IEventWriter writer = source is PerfettoTrace ? new ChromeJsonEventWriter(output) : new PerfettoEventWriter(output, compress: false);
        var filtered = new FilteredSource(source, plan);
        writer.Begin(filtered, plan.KeepsTrack);
        filtered.Read(writer, EventParts.All);
        writer.Finish(plan.Ledger);
    }
    catch (TraceException)
    {
        refused++;
    }
#pragma warning disable CA1031 // Whatever it is ends the run, with all that is known.
    catch (Exception e)
#pragma warning restore CA1031
    {
        Failure.Thrown = e;
    }
}

static int Fail(byte[] input, string what, string how)
{
    string path = Path.Combine(Path.GetTempPath(), "viztrace-fuzz-failure");
    File.WriteAllBytes(path, input);
    Console.WriteLine($"{what}: {how}\nthe input is {path}");
    return 1;
}

internal static class Failure
{
    public static volatile Exception? Thrown;
}

internal sealed class Nobody : IEventSink
{
    public void Event(scoped in TraceEvent e)
    {
    }
}
