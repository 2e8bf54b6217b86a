using System.Globalization;
using VizTrace.Model;
using VizTrace.Tests;
using Xunit;

namespace VizTrace.ChromeJson.Tests;

/// <summary>What Perfetto's own trace processor makes of our JSON.</summary>
public sealed class RefereeTests : IDisposable
{
    private const long Days400 = 400L * 86_400 * 1_000_000_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("viztrace-json-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1_000)]
    // Perfetto reads microseconds as a double: absolute times would be exact to the nanosecond for fifty days of uptime only.
    [InlineData(Days400)]
    public void EverySliceHasItsTimesAndItsPlaceInTheStack(long startNs)
    {
        string path = Path.Combine(_folder, "t.json");
        var expected = new List<string>();
        using (var writer = new ChromeJsonWriter(File.Create(path)))
        {
            Begin(writer, startNs);
            for (int thread = 0; thread < 3; thread++)
            {
                SliceEdge[] edges = Nested(seed: 100 + thread, startNs);
                expected.AddRange(Rows(5000 + thread, edges, startNs));
                foreach (SliceEdge[] part in edges.Chunk(7))
                    writer.Slices(thread, part);
            }

            writer.Finish(new TraceSummary { Calls = expected.Count });
        }

        string?[][] rows = Referee.Query(
            path,
            "select tid, s.name, ts, dur, depth from slice s join thread_track t on s.track_id = t.id join thread using (utid) order by tid, ts, depth");
        Assert.Equal(expected, rows.Select(r => string.Join(' ', r)));
    }

    [Fact]
    public void CallsOpenAtTheEndNestEvenWhenTheLastOneWasJustEntered()
    {
        string path = Path.Combine(_folder, "t.json.gz");
        using (var writer = new ChromeJsonWriter(File.Create(path), new ChromeJsonWriterOptions { Compress = true }))
        {
            Begin(writer);
            writer.Slices(0, EdgeText.Of("+0 1000", "+1 2000", "-1 3000", "+1 4000", "+2 5000", "-2 5000 Unfinished", "-1 5000 Unfinished", "-0 5000 Unfinished"));
            writer.Finish(new TraceSummary());
        }

        Assert.Equal(
            ["F0 1000 4001 0", "F1 2000 1000 1", "F1 4000 1001 1", "F2 5000 1 2"],
            Referee.Query(path, "select name, ts, dur, depth from slice order by ts, depth").Select(r => string.Join(' ', r)));
    }

    [Fact]
    public void CallsUnfinishedTogetherNestAfterFourHundredDaysOfUptime()
    {
        string path = Path.Combine(_folder, "t.json");
        using (var writer = new ChromeJsonWriter(File.Create(path)))
        {
            Begin(writer, Days400);
            long[] begins = [Days400 + 1001, Days400 + 1002, Days400 + 1003, Days400 + 2500, Days400 + 4005];
            writer.Slices(0, [.. begins.Select((ns, i) => new SliceEdge(ns, i, EdgeKind.Begin))]);
            writer.Slices(0, [.. begins.Select((_, i) => new SliceEdge(begins[^1], 4 - i, EdgeKind.End, EdgeFlags.Unfinished))]);
            writer.Finish(new TraceSummary());
        }

        Assert.Equal(
            ["F0 1001 3005 0", "F1 1002 3004 1", "F2 1003 3003 2", "F3 2500 1506 3", "F4 4005 1 4"],
            Referee.Query(path, "select name, ts, dur, depth from slice order by ts, depth").Select(r => string.Join(' ', r)));
    }

    [Fact]
    public void RowsArgumentsAndLossesArrive()
    {
        string path = Path.Combine(_folder, "t.json");
        using (var writer = new ChromeJsonWriter(File.Create(path)))
        {
            Begin(writer);
            writer.Function(new FunctionInfo(9, "Shop.\"Ü\"") { Module = "Shop.dll", SourceFile = "Cart.cs", SourceLine = 12 });
            writer.Slices(1, EdgeText.Of("+9 1000", "-9 2000 Unwound"));
            writer.Loss(new RecordLoss(2, 1500, 1700, 42, "no free chunk"));
            writer.Finish(new TraceSummary { NotRecorded = [new("a.dll", "A.B", "dynamic")], Remarks = ["odd"] });
        }

        string?[][][] answers = Referee.Query(
            path,
            "select p.pid, p.name, t.tid, t.name from thread t join process p using (upid) where t.name is not null order by t.tid",
            "select s.name, s.category, a.key, a.display_value from slice s join args a using (arg_set_id) where s.name like 'Shop%' order by a.key",
            "select s.name, s.ts, s.dur, tid, extract_arg(s.arg_set_id, 'args.records'), extract_arg(s.arg_set_id, 'args.reason') "
            + "from slice s join thread_track t on s.track_id = t.id join thread using (utid) where s.name like 'lost%'");
        Assert.Equal(["4000 Shop 5000 Worker 0", "4000 Shop 5001 Worker 1", "4000 Shop 5002 Worker 2"], Lines(answers[0]));
        Assert.Equal(["Shop.\"Ü\" Shop.dll args.source Cart.cs:12", "Shop.\"Ü\" Shop.dll args.unwound true"], Lines(answers[1]));
        Assert.Equal(["lost records 1500 0 5002 42 no free chunk"], Lines(answers[2]));
    }

    private static void Begin(ChromeJsonWriter writer, long startNs = 0)
    {
        writer.Start(new TraceMetadata { Producer = "VizTrace 0.1.0", StartNs = startNs, Extra = [new("a", "b")] });
        writer.Process(new ProcessInfo(0, 4000, "Shop"));
        for (int i = 0; i < 3; i++)
            writer.Thread(new ThreadInfo(i, 0, 5000 + i) { ManagedName = "Worker " + i });
        for (int i = 0; i < 5; i++)
            writer.Function(new FunctionInfo(i, "F" + i) { Module = "Shop.dll" });
    }

    /// <summary>Nested calls, none empty, many of them beginning or ending together.</summary>
    private static SliceEdge[] Nested(int seed, long timeNs)
    {
        var random = new Random(seed);
        var edges = new List<SliceEdge>();
        var open = new Stack<int>();
        while (edges.Count < 4000 || open.Count > 0)
        {
            if (open.Count > 0 && (edges.Count >= 4000 || random.Next(2) == 0))
            {
                timeNs += edges[^1].Kind == EdgeKind.Begin ? random.Next(1, 2000) : random.Next(2);
                edges.Add(new SliceEdge(timeNs, open.Pop(), EdgeKind.End));
            }
            else
            {
                timeNs += random.Next(2) * random.Next(3000);
                open.Push(random.Next(5));
                edges.Add(new SliceEdge(timeNs, open.Peek(), EdgeKind.Begin));
            }
        }

        return [.. edges];
    }

    private static IEnumerable<string> Rows(int tid, SliceEdge[] edges, long startNs)
    {
        var rows = new List<(long Ts, int Depth, string Text)>();
        var open = new Stack<SliceEdge>();
        foreach (SliceEdge edge in edges)
        {
            if (edge.Kind == EdgeKind.Begin)
            {
                open.Push(edge);
                continue;
            }

            SliceEdge begin = open.Pop();
            rows.Add((begin.TimeNs, open.Count, string.Create(
                CultureInfo.InvariantCulture, $"{tid} F{edge.FunctionId} {begin.TimeNs - startNs} {edge.TimeNs - begin.TimeNs} {open.Count}")));
        }

        return rows.OrderBy(r => r.Ts).ThenBy(r => r.Depth).Select(r => r.Text);
    }

    private static IEnumerable<string> Lines(string?[][] rows) => rows.Select(r => string.Join(' ', r));
}
