using System.Text.Json;
using VizTrace.EndToEnd.Tests.Harness;
using VizTrace.Tests;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Traces of other tools: node's own trace is made here and now, by the node that the referee needs anyway.</summary>
[Trait("Records", "nothing")]
public sealed class ForeignTests : IDisposable
{
    /// <summary>Marks, measures, timers and garbage collections: enough to fill several megabytes.</summary>
    private const string Program = """
        const { performance } = require('perf_hooks');
        let keep = [];
        for (let i = 0; i < 2000; i++) {
            performance.mark('begin'); keep.push(new Array(1000).fill(i)); performance.mark('end');
            performance.measure('step', 'begin', 'end'); if (keep.length > 500) keep = [];
        }
        setTimeout(() => require('fs').readFileSync(process.argv[1]), 5);
        """;

    private const string Slices =
        "select slice.category, slice.name, slice.ts, slice.dur, coalesce(slice.arg_set_id is not null, 0), thread.tid from slice "
        + "left join thread_track on slice.track_id = thread_track.id left join thread using (utid) order by 3, 2, 4, 1";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void AKeepAllConversionOfNodesTraceIsTheSameFile()
    {
        string trace = NodeTrace();

        VizTraceCommand.Run("convert", trace, "-o", _folder["copy.json"]).Exits(0);

        Assert.Equal(File.ReadAllBytes(trace), File.ReadAllBytes(_folder["copy.json"]));
    }

    [Theory]
    [InlineData(".json")]
    [InlineData(".pftrace")]
    public void ACategoryOfNodesTraceIsDroppedAndNothingElse(string ending)
    {
        string trace = NodeTrace(), output = _folder["out" + ending];

        VizTraceCommand.Run("filter", trace, "-o", output, "--drop-category", "*v8*").Exits(0);

        string?[][] before = Referee.Query(trace, Slices), after = Referee.Query(output, Slices);
        string?[][] expected = [.. before.Where(r => r[0]?.Contains("v8", StringComparison.Ordinal) != true)];
        Assert.NotEmpty(expected);
        Assert.NotEqual(before.Length, expected.Length);
        Assert.Equal(expected.Select(Text), after.Where(r => r[0] != "viztrace").Select(Text));
        Assert.Equal(Referee.ImportErrors(trace), Referee.ImportErrors(output));
    }

    /// <summary>A file out of order is read anew, sorted: what was counted before must not count.</summary>
    [Fact]
    public void InfoCountsEachCallOnceInWhateverOrder()
    {
        const string Inner = """{"ph":"X","name":"inner","pid":1,"tid":1,"ts":10,"dur":5}""", Outer = """{"ph":"X","name":"outer","pid":1,"tid":1,"ts":1,"dur":20}""";
        File.WriteAllText(_folder["ends-first.json"], $"[{Inner},{Inner.Replace("10", "16", StringComparison.Ordinal)},{Outer}]");

        using JsonDocument info = JsonDocument.Parse(VizTraceCommand.Run("info", "--json", _folder["ends-first.json"]).Exits(0).Output);

        Assert.Equal(3, info.RootElement.GetProperty("slices").GetInt64());
        Assert.Equal(
            ["inner 2 10000", "outer 1 10000"],
            info.RootElement.GetProperty("functions").EnumerateArray().Select(f => $"{f.GetProperty("name")} {f.GetProperty("calls")} {f.GetProperty("selfNs")}"));
    }

    [Theory]
    [InlineData("t.speedscope.json", "\"$schema\"")]
    [InlineData("t.collapsed", ";")]
    [InlineData("t.csv", "process,pid,thread,tid,name,category,start_ns,duration_ns,depth,open")]
    public void OtherFormatsComeOut(string name, string holds)
    {
        VizTraceCommand.Run("convert", NodeTrace(), "-o", _folder[name]).Exits(0);

        Assert.Contains(holds, File.ReadAllText(_folder[name]), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Text(string?[] row) => string.Join('|', row);

    private string NodeTrace()
    {
        string trace = _folder["node_trace.1.log"];
        if (!File.Exists(trace))
        {
            File.WriteAllText(_folder["program.js"], Program);
            ChildProcess.Run("node", ["--trace-event-categories", "node,node.perf,v8,node.async_hooks", "program.js"], _folder.Path).Exits(0);
        }

        return trace;
    }
}
