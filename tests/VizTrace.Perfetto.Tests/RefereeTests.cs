using System.Globalization;
using VizTrace.Model;
using VizTrace.Tests;

namespace VizTrace.Perfetto.Tests;

/// <summary>The same asked of Perfetto's own trace processor, by SQL.</summary>
public sealed class RefereeTests
{
    private const long T = TraceFiles.Start;

    [Theory]
    [InlineData(true, 0L)]
    [InlineData(false, 0L)]
    [InlineData(true, 3_600_000_000_000L)]
    public void NestingTimesNamesAndArgumentsAreThere(bool compress, long boottimeOffset)
    {
        var file = TraceFiles.Write(
            w =>
            {
                w.Start(new TraceMetadata { StartNs = T, BoottimeOffsetNs = boottimeOffset, RealtimeOffsetNs = 1_700_000_000_000_000_000 });
                w.Process(new ProcessInfo(0, 4711, "Shop") { CommandLine = "dotnet Shop.dll" });
                w.Thread(new ThreadInfo(0, 0, 4711) { Role = ThreadRole.Main });
                w.Thread(new ThreadInfo(1, 0, 4712) { ManagedName = "Worker" });
                w.Function(new FunctionInfo(0, "Shop.Program.Main") { Module = "Shop.dll", SourceFile = "/src/Program.cs", SourceLine = 12 });
                w.Function(new FunctionInfo(1, "Shop.Cart.Add") { Module = "Cart.dll" });
                w.Slices(0,
                [
                    new(T + 10, 0, EdgeKind.Begin), new(T + 15, 1, EdgeKind.Begin), new(T + 200, 1, EdgeKind.End),
                    new(T + 200, 1, EdgeKind.Begin), new(T + 200, 1, EdgeKind.End), new(T + 200, 1, EdgeKind.Begin), new(T + 200, 0, EdgeKind.Begin),
                    new(T + 200, 0, EdgeKind.End), new(T + 300, 1, EdgeKind.End, EdgeFlags.Unwound),
                    new(T + 99_000, 0, EdgeKind.End, EdgeFlags.Unfinished | EdgeFlags.EndLost),
                ]);
                w.Slices(1, [new(T + 5, 1, EdgeKind.Begin, EdgeFlags.StartLost), new(T + 9, 1, EdgeKind.End)]);
                w.Finish(new TraceSummary { Calls = 5 });
            },
            new PerfettoWriterOptions { Compress = compress });
        var answers = TraceFiles.InFile(file, path => Referee.Query(
            path,
            "select thread_name, tid, is_main_thread, name, category, ts, dur, depth, (select p.name from slice p where p.id = s.parent_id) from thread_slice s order by s.id",
            "select s.name, s.ts, a.key, a.display_value from thread_slice s join args a using (arg_set_id) order by s.ts, s.depth, a.key",
            "select p.name, p.pid, extract_arg(s.arg_set_id, 'debug.command_line') from process p join slice s on s.name = 'process' and extract_arg(s.arg_set_id, 'debug.pid') = p.pid",
            "select ts, name, category from slice where category = 'viztrace' order by id"));
        Assert.Equal(
            [
                Row("Worker", 4712, 0, "Shop.Cart.Add", "Cart.dll", T + 5, 4, 0, null),
                Row("Main", 4711, 1, "Shop.Program.Main", "Shop.dll", T + 10, 98_990, 0, null),
                Row("Main", 4711, 1, "Shop.Cart.Add", "Cart.dll", T + 15, 185, 1, "Shop.Program.Main"),
                Row("Main", 4711, 1, "Shop.Cart.Add", "Cart.dll", T + 200, 0, 1, "Shop.Program.Main"),
                Row("Main", 4711, 1, "Shop.Cart.Add", "Cart.dll", T + 200, 100, 1, "Shop.Program.Main"),
                Row("Main", 4711, 1, "Shop.Program.Main", "Shop.dll", T + 200, 0, 2, "Shop.Cart.Add"),
            ],
            answers[0]);
        Assert.Equal(
            [
                Row("Shop.Cart.Add", T + 5, "debug.start_lost", "true"),
                Row("Shop.Program.Main", T + 10, "debug.end_lost", "true"),
                Row("Shop.Program.Main", T + 10, "debug.unfinished", "true"),
                Row("Shop.Program.Main", T + 10, "source.file_name", "/src/Program.cs"),
                Row("Shop.Program.Main", T + 10, "source.function_name", "Shop.Program.Main"),
                Row("Shop.Program.Main", T + 10, "source.line_number", "12"),
                Row("Shop.Program.Main", T + 10, "source_location_iid", "1"),
                Row("Shop.Cart.Add", T + 200, "debug.unwound", "true"),
                Row("Shop.Program.Main", T + 200, "source.file_name", "/src/Program.cs"),
                Row("Shop.Program.Main", T + 200, "source.function_name", "Shop.Program.Main"),
                Row("Shop.Program.Main", T + 200, "source.line_number", "12"),
                Row("Shop.Program.Main", T + 200, "source_location_iid", "1"),
            ],
            answers[1]);
        Assert.Equal([Row("Shop", 4711, "dotnet Shop.dll")], answers[2]);
        Assert.Equal(["metadata", "process", "thread", "thread", "summary"], answers[3].Select(r => r[1]));
    }

    [Fact]
    public void ThreadsHaveOneRowEachWithNamesOfAnyKind()
    {
        var file = TraceFiles.WriteIn(w =>
        {
            w.Function(new FunctionInfo(0, "日本語.🙂\"'\\"));
            w.Thread(new ThreadInfo(0, 0, 4711) { Role = ThreadRole.Main });
            w.Thread(new ThreadInfo(1, 0, 5000) { ManagedName = "before" });
            w.Thread(new ThreadInfo(2, 0, 5001) { OsName = "never ran" });
            w.Thread(new ThreadInfo(3, 0, (1L << 45) + 7) { ManagedName = "wide 日本🙂" });
            w.Thread(new ThreadInfo(4, 0, 5002) { ManagedName = "first life" });
            w.Thread(new ThreadInfo(5, 0, 5002) { ManagedName = "second life" });
            w.Thread(new ThreadInfo(1, 0, 5000) { ManagedName = "after" });
            foreach (var (t, at) in new[] { (0, 0), (1, 10), (3, 20), (4, 30), (5, 50) })
                w.Slices(t, [new(T + at, 0, EdgeKind.Begin), new(T + at + 5, 0, EdgeKind.End)]);
        });
        var answers = TraceFiles.InFile(file, path => Referee.Query(
            path,
            "select thread_name, tid, ts, dur, name from thread_slice order by ts",
            "select t.name, tid, p.name from thread t left join process p using (upid) where tid != 0 order by tid, t.name"));
        var name = "日本語.🙂\"'\\";
        Assert.Equal(
            [
                Row("Main", 4711, T, 5, name),
                Row("after", 5000, T + 10, 5, name),
                Row("wide 日本🙂", (1L << 45) + 7, T + 20, 5, name),
                Row("first life", 5002, T + 30, 5, name),
                Row("second life", 5002, T + 50, 5, name),
            ],
            answers[0]);
        Assert.Equal(
            [
                Row("Main", 4711, "Shop"),
                Row("after", 5000, "Shop"),
                Row("never ran", 5001, "Shop"),
                Row("first life", 5002, "Shop"),
                Row("second life", 5002, "Shop"),
                Row("wide 日本🙂", (1L << 45) + 7, "Shop"),
            ],
            answers[1]);
    }

    [Fact]
    public void LossesCanBeQueriedAndAreNoCalls()
    {
        var file = TraceFiles.WriteIn(w =>
        {
            w.Function(new FunctionInfo(0, "F"));
            w.Thread(new ThreadInfo(0, 0, 4711) { ManagedName = "Busy" });
            w.Slices(0, [new(T, 0, EdgeKind.Begin), new(T + 500, 0, EdgeKind.End)]);
            w.Loss(new RecordLoss(0, T + 100, T + 400, 12, "no free chunk"));
        });
        var answers = TraceFiles.InFile(file, path => Referee.Query(
            path,
            "select thread.name, slice.ts, slice.dur, slice.depth, extract_arg(slice.arg_set_id, 'debug.records'), extract_arg(slice.arg_set_id, 'debug.reason'), extract_arg(slice.arg_set_id, 'debug.duration_ns') "
                + "from slice join thread_track on slice.track_id = thread_track.id join thread using (utid) where thread_track.name = 'lost records'",
            "select name, ts, dur, depth from thread_slice where category is not 'viztrace'"));
        Assert.Equal([Row("Busy", T + 100, 0, 0, 12, "no free chunk", 300)], answers[0]);
        Assert.Equal([Row("F", T, 500, 0)], answers[1]);
    }

    [Fact]
    public void TwoMillionCallsAreCountedExactly()
    {
        var random = new Random(5);
        var threads = Enumerable.Range(0, 4).Select(_ => TraceFiles.RandomCalls(random, 500_000, 3000, T, () => random.Next(20, 600)).ToArray()).ToArray();
        var file = TraceFiles.WriteIn(w =>
        {
            for (var f = 0; f < 3000; f++) w.Function(new FunctionInfo(f, "F" + f));
            for (var t = 0; t < 4; t++) w.Thread(new ThreadInfo(t, 0, 100 + t));
            for (var i = 0; i < 1_000_000; i += 5000)
                for (var t = 0; t < 4; t++) w.Slices(t, threads[t].AsSpan(i, 5000));
        });
        var answers = TraceFiles.InFile(file, path => Referee.Query(
            path,
            "select tid, name, count(*), sum(dur), max(depth), min(ts) from thread_slice group by tid, name",
            "select count(*) from thread_slice s join slice p on s.parent_id = p.id where s.ts < p.ts or s.ts + s.dur > p.ts + p.dur or s.depth != p.depth + 1"));
        var expected = threads.SelectMany((edges, t) => PerfettoWriterTests.Expected([.. edges], f => ("F" + f, ""))
            .GroupBy(s => s.Name)
            .Select(g => Row(100 + t, g.Key, g.Count(), g.Sum(s => s.Dur), g.Max(s => s.Depth), g.Min(s => s.Ts))))
            .OrderBy(r => r[0], StringComparer.Ordinal).ThenBy(r => r[1], StringComparer.Ordinal);
        Assert.Equal(expected, answers[0].OrderBy(r => r[0], StringComparer.Ordinal).ThenBy(r => r[1], StringComparer.Ordinal));
        Assert.Equal([Row(0)], answers[1]);
    }

    [Fact]
    public void TwoThousandThreadsAreTwoThousandRows()
    {
        var file = TraceFiles.WriteIn(w =>
        {
            for (var f = 0; f < 10; f++) w.Function(new FunctionInfo(f, "F" + f) { Module = "M.dll" });
            for (var round = 0; round < 3; round++)
            {
                for (var t = 0; t < 2000; t++)
                {
                    if (round == 0) w.Thread(new ThreadInfo(t, 0, 10_000 + t) { ManagedName = "worker " + t });
                    var at = T + 1000 * round + t;
                    w.Slices(t, [new(at, t % 10, EdgeKind.Begin), new(at + 3, 9, EdgeKind.Begin), new(at + 3, 9, EdgeKind.End), new(at + 10 + t, t % 10, EdgeKind.End)]);
                }
            }
        });
        var rows = TraceFiles.InFile(file, path => Referee.Query(
            path, "select thread_name, tid, count(*), sum(dur), min(ts), count(distinct track_id) from thread_slice group by tid order by tid"));
        Assert.Equal(Enumerable.Range(0, 2000).Select(t => Row("worker " + t, 10_000 + t, 6, 3 * (10 + t), T + t, 1)), rows);
    }

    [Fact]
    public void TimesFarApartAndBeforeTheStartAreExact()
    {
        long[] times = [1, T - 1, T, T + (1L << 14), T + (1L << 28), T + (1L << 40), 1L << 61];
        var file = TraceFiles.WriteIn(w =>
        {
            w.Thread(new ThreadInfo(0, 0, 1));
            w.Thread(new ThreadInfo(1, 0, 2));
            w.Function(new FunctionInfo(0, "F"));
            foreach (var t in times) w.Slices(0, [new(t, 0, EdgeKind.Begin), new(t, 0, EdgeKind.End)]);
            w.Slices(1, [new(T, 0, EdgeKind.Begin), new(T + (1L << 60), 0, EdgeKind.End)]);
        });
        var rows = TraceFiles.InFile(file, path => Referee.Query(path, "select tid, ts, dur from thread_slice order by tid, ts"));
        Assert.Equal([.. times.Select(t => Row(1, t, 0)), Row(2, T, 1L << 60)], rows);
    }

    [Fact]
    public void SeveralProcessesAndNoProcessAreFine()
    {
        var empty = TraceFiles.Write(w =>
        {
            w.Start(new TraceMetadata());
            w.Finish(new TraceSummary { Remarks = ["nothing was recorded"] });
        });
        Assert.Equal([Row("nothing was recorded")], TraceFiles.InFile(empty, p => Referee.Query(p, "select extract_arg(arg_set_id, 'debug.remarks[0]') from slice where name = 'summary'")));
        var two = TraceFiles.Write(w =>
        {
            w.Start(new TraceMetadata { StartNs = T });
            for (var p = 0; p < 2; p++)
            {
                w.Process(new ProcessInfo(p, 50 + p, "P" + p));
                w.Thread(new ThreadInfo(p, p, 50 + p));
                w.Function(new FunctionInfo(p, "F" + p));
                w.Slices(p, [new(T, p, EdgeKind.Begin), new(T + 1, p, EdgeKind.End)]);
            }
            w.Finish(new TraceSummary());
        });
        Assert.Equal(
            [Row("P0", 50, "Thread 50", "F0"), Row("P1", 51, "Thread 51", "F1")],
            TraceFiles.InFile(two, p => Referee.Query(p, "select process_name, pid, thread_name, name from thread_slice order by pid")));
    }

    private static string?[] Row(params object?[] cells) => cells.Select(c => c is null ? null : Convert.ToString(c, CultureInfo.InvariantCulture)).ToArray();
}
