using System.Diagnostics;
using VizTrace.Model.Events;
using VizTrace.Tests;
using Xunit;

namespace VizTrace.ChromeJson.Tests.Editing;

/// <summary>Files that other tools write.</summary>
public sealed class RealFileTests : IDisposable
{
    private const string Slices =
        "select s.ts, s.dur, s.depth, coalesce(s.name, ''), coalesce(s.category, ''), coalesce(t.tid, 'row'), "
        + "(select group_concat(x, ',') from (select key || '=' || coalesce(display_value, '') as x from args a where a.arg_set_id = s.arg_set_id order by x)) "
        + "from slice s left join thread_track k on s.track_id = k.id left join thread t using (utid) order by s.ts, s.dur desc, s.depth, s.name, s.id";

    private readonly string _folder = Directory.CreateTempSubdirectory("viztrace-json-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void NodesOwnTraceIsFilteredFaithfully()
    {
        string script = "const fs=require('fs'); let n=0; const t=setInterval(()=>{fs.readFileSync('/etc/passwd'); fs.readFile('/etc/passwd',()=>{}); "
            + "if(++n>20) clearInterval(t)},1); performance.mark('a'); performance.measure('b','a')";
        string[] arguments = ["--trace-events-enabled", "--trace-event-categories", "v8,node,node.async_hooks,node.perf", "-e", script];
        using var node = Process.Start(new ProcessStartInfo("node", arguments) { WorkingDirectory = _folder })!;
        node.WaitForExit();
        Faithful(Path.Combine(_folder, "node_trace.1.log"));
    }

    /// <summary>Keeping all is the same bytes; without its busiest thread exactly that thread's slices are gone; through the event writer no slice is.</summary>
    private void Faithful(string path)
    {
        byte[] input = File.ReadAllBytes(path);
        var trace = new ChromeJsonTrace(() => new MemoryStream(input));
        trace.Read(new Nothing(), EventParts.None);
        Assert.Null(trace.Facts.DamageOffset);
        Assert.Empty(trace.Facts.Remarks);
        var perRow = new PerRow(trace.Tracks.Count);
        trace.Read(perRow, EventParts.All);
        Assert.True(input.AsSpan().SequenceEqual(Rewritten.By(input, _ => Rewritten.Without())));

        int busiest = Enumerable.Range(0, trace.Tracks.Count).Where(t => trace.Tracks[t].Kind == TrackKind.Thread).MaxBy(t => perRow.Counts[t]);
        string tid = trace.Tracks[busiest].Tid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string without = Path.Combine(_folder, "without.json");
        File.WriteAllBytes(without, Rewritten.By(input, _ => new Judge { Rows = row => row != busiest }, new Ledger("filter", [new("x", 1, 1, 1)])));
        string written = Path.Combine(_folder, "written.json");
        using (var writer = new ChromeJsonEventWriter(File.Create(written)))
        {
            writer.Begin(trace, null);
            trace.Read(writer, EventParts.All);
            writer.Finish(Ledger.Empty);
        }

        // The trace processor knows the format by the ending.
        string json = Path.Combine(_folder, "input.json");
        File.WriteAllBytes(json, input);
        string[] errors = Referee.ImportErrors(json);
        Assert.Empty(Referee.ImportErrors(without).Except(errors));
        string[] before = Lines(Referee.Query(json, Slices));
        string[] after = Lines(Referee.Query(without, Slices));
        Assert.NotEqual(before.Length, after.Length);
        Assert.Equal(before.Where(l => l.Split('|')[5] != tid), after);
        Assert.Equal(before.Length, Referee.Query(written, Slices).Length);
    }

    private static string[] Lines(string?[][] rows) => [.. rows.Select(r => string.Join('|', r.Select(c => c?.Replace('|', '/'))))];

    private sealed class Nothing : IEventSink
    {
        public void Event(scoped in TraceEvent e)
        {
        }
    }

    private sealed class PerRow(int rows) : IEventSink
    {
        public long[] Counts { get; } = new long[rows];

        public void Event(scoped in TraceEvent e) => Counts[e.Track]++;
    }
}
