using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Tests.Editing;
using VizTrace.Perfetto.Writing;
using VizTrace.Tests;

namespace VizTrace.Perfetto.Tests.Events;

/// <summary>Events of any source as Perfetto protobuf: read again by our reader, and by Perfetto's.</summary>
public sealed class PerfettoEventWriterTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatWasReadIsReadAgain(bool compress)
    {
        var trace = RewriteTests.Everything();
        var (output, leftOut) = Write(trace, compress);
        Assert.Equal(Lines.Of(trace).Where(l => !l.Contains("Scheduling", StringComparison.Ordinal)), Lines.Of(output));
        Assert.Equal(["14 rows of the kernel's scheduler"], leftOut);
        foreach (var sql in new[]
        {
            "select ts, dur, depth, name, category from slice order by ts, id",
            "select a.key, a.display_value from slice s join args a using (arg_set_id) where a.key like 'debug%' order by s.ts, a.key",
            "select t.name, c.ts, c.value from counter c join track t on c.track_id = t.id order by t.name, c.ts",
            "select p.ts, t.tid, f.name from perf_sample p join thread t using (utid) join stack_profile_callsite c on p.callsite_id = c.id join stack_profile_frame f on c.frame_id = f.id order by p.ts",
            "select tid, pid, thread.name from thread join process using (upid) where tid in (11, 12) order by tid",
        })
            Assert.Equal(Ask(trace, sql), Ask(output, sql));
    }

    [Fact]
    public void WholeSlicesNestWhenTheyEndTogether()
    {
        var source = new Hand();
        source.Complete("outer", 1000, 100);
        source.Complete("inner", 1050, 50);
        source.Complete("innermost", 1050, 50);
        source.Complete("moment", 1100, 0);
        source.Complete("next", 1100, 20);
        source.Complete("out of order", 1010, 20);
        source.Complete("open", 2000, -1);
        Assert.Equal(
            ["1000 100 0 outer", "1010 20 1 out of order", "1050 50 1 inner", "1050 50 2 innermost", "1100 0 0 moment", "1100 20 0 next", "2000 -1 0 open"],
            Ask(source.Write(), "select ts, dur, depth, name from slice order by ts, depth, id"));
    }

    [Fact]
    public void FlowsOfChromeAndCountersWithSeveralValuesAreShown()
    {
        var source = new Hand();
        source.Complete("from", 1000, 100);
        source.Add(EventKind.FlowBegin, "f", 1010, flow: 0xFFFF_FFFF_FFFF_FFF1);
        source.Complete("to", 2000, 100);
        source.Add(EventKind.FlowEnd, "f", 2010, flow: 0xFFFF_FFFF_FFFF_FFF1, binds: true);
        source.Add(EventKind.Counter, "c", 2020, arguments: sink =>
        {
            sink.Integer("a"u8, 5);
            sink.Real("b"u8, 0.5);
            sink.Text("bad"u8, "x"u8);
        });
        source.Add(EventKind.Instant, "args", 3000, arguments: sink =>
        {
            sink.BeginDictionary("d"u8);
            sink.Boolean("yes"u8, true);
            sink.BeginArray("list"u8);
            sink.Integer(""u8, -1);
            sink.Unsigned(""u8, ulong.MaxValue);
            sink.EndGroup();
            sink.EndGroup();
            sink.Json("j"u8, "{\"x\":[1,null]}"u8);
            sink.Json("k"u8, "null"u8);
            sink.BeginArray("empty"u8);
            sink.EndGroup();
            sink.Null("n"u8);
            sink.Pointer("p"u8, 255);
            sink.Text("t"u8, "日本"u8);
        });
        var output = source.Write();
        Assert.Equal(["from to"], Ask(output, "select a.name, b.name from flow join slice a on slice_out = a.id join slice b on slice_in = b.id"));
        Assert.Equal(["row a 5", "row b 0.5"], Ask(output, "select t.name, c.value from counter c join track t on c.track_id = t.id order by t.name"));
        Assert.Equal(
            ["debug.d.list[0] -1", "debug.d.list[1] 18446744073709551615", "debug.d.yes true", "debug.j.x[0] 1", "debug.p 0xff", "debug.t 日本"],
            Ask(output, "select key, display_value from slice s join args using (arg_set_id) where s.name = 'args' order by key"));
        // What the viewer leaves out is there all the same.
        Assert.Equal(
            "3000 Thread:11 Instant args d:{ yes:True list:[ :-1 :18446744073709551615u end end j:json{\"x\":[1,null]} k:null empty:[ end n:null p:0xff t:日本",
            Lines.Of(output)[^1]);
        Assert.Equal(["1 values of counters that are no numbers"], source.LeftOut);
    }

    [Fact]
    public void TheLedgersAreInTheFile()
    {
        var source = new Hand();
        source.Complete("a", 1000, 100);
        source.Facts.Ledgers.Add(new Ledger("first", []));
        source.Facts.Producer = "somebody";
        source.Facts.Metadata.Add(new("k", "v"));
        var output = source.Write(new Ledger("second", [new LedgerEntry("--x", 1, 2, 3)]) { StartNs = 1000 });
        var again = RewriteTests.Open(output);
        Assert.Equal(["first", "second"], again.Facts.Ledgers.Select(l => l.Command));
        Assert.Equal("somebody", again.Facts.Producer);
        Assert.Contains(new KeyValuePair<string, string>("k", "v"), again.Facts.Metadata);
        Assert.Empty(Referee.ImportErrorsOf(output));
    }

    [Fact]
    public void ManagedIdsRolesAndNamesOfOurThreadsAreReadAgain()
    {
        var trace = RewriteTests.Own(true);
        var (output, _) = Write(trace, true);
        Assert.Equal(Threads(trace), Threads(output));
        Assert.Equal(
            Lines.Of(trace).Where(l => l.Contains("Begin", StringComparison.Ordinal) || l.Contains("End", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            Lines.Of(output).Where(l => l.Contains("Begin", StringComparison.Ordinal) || l.Contains("End", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        var sink = new RecordingSink();
        PerfettoReader.Read(new MemoryStream(output), sink);
        Assert.Empty(Referee.ImportErrorsOf(output));

        static IEnumerable<string> Threads(byte[] bytes)
        {
            var rows = RewriteTests.Open(bytes).Tracks;
            return Enumerable.Range(0, rows.Count).Select(r => rows[r]).Where(r => r.Kind == TrackKind.Thread)
                .Select(r => $"{r.Tid} {r.Pid} {r.Name} {r.ManagedId} {r.Role} {rows.ProcessOf(r.Id)?.Name}").Order(StringComparer.Ordinal);
        }
    }

    private static string[] Ask(byte[] trace, string sql) =>
        [.. TraceFiles.InFile(trace, p => Referee.Query(p, sql)).Select(r => string.Join(' ', r))];

    private static (byte[] Trace, IReadOnlyList<string> LeftOut) Write(byte[] trace, bool compress)
    {
        var source = RewriteTests.Open(trace);
        var output = new MemoryStream();
        using var writer = new PerfettoEventWriter(output, compress);
        writer.Begin(source, null);
        source.Read(writer, EventParts.All);
        writer.Finish(Ledger.Empty);
        return (output.ToArray(), writer.LeftOut);
    }

    // A source made by hand: one thread, one counter.
    private sealed class Hand : ITraceSource
    {
        private readonly List<(EventKind Kind, int Name, long Time, long Duration, ulong Flow, bool Binds, Action<IArgumentSink>? Arguments)> _events = [];

        public Hand()
        {
            Tracks.Add(TrackKind.Global, -1);
            Tracks.Add(TrackKind.Process, -1).Pid = 10;
            Tracks.Add(TrackKind.Thread, 1).Tid = 11;
            Tracks[2].Pid = 10;
            Tracks.Add(TrackKind.Counter, 1).Name = "row";
        }

        public TrackTable Tracks { get; } = new();

        public TextTable Texts { get; } = new();

        public StackTable Stacks { get; } = new();

        public TraceFacts Facts { get; } = new() { FirstNs = 1000 };

        public IReadOnlyList<string> LeftOut { get; private set; } = [];

        public void Complete(string name, long time, long duration) => _events.Add((EventKind.Complete, Texts.Add(name), time, duration, 0, false, null));

        public void Add(EventKind kind, string name, long time, ulong flow = 0, bool binds = false, Action<IArgumentSink>? arguments = null) =>
            _events.Add((kind, Texts.Add(name), time, 0, flow, binds, arguments));

        public void Read(IEventSink sink, EventParts parts, Action<double>? progress = null)
        {
            foreach (var (kind, name, time, duration, flow, binds, arguments) in _events)
            {
                TraceEvent e = default;
                (e.Kind, e.Name, e.TimeNs, e.DurationNs, e.FlowId, e.BindsEnclosing, e.Weight) = (kind, name, time, duration, flow, binds, 1);
                e.Track = kind == EventKind.Counter ? 3 : 2;
                if (arguments != null) e.Arguments = new Reader(arguments);
                sink.Event(in e);
            }
        }

        public byte[] Write(Ledger? ledger = null)
        {
            var output = new MemoryStream();
            using var writer = new PerfettoEventWriter(output);
            writer.Begin(this, null);
            Read(writer, EventParts.All);
            writer.Finish(ledger ?? Ledger.Empty);
            LeftOut = writer.LeftOut;
            return output.ToArray();
        }

        private sealed class Reader(Action<IArgumentSink> write) : IArgumentReader
        {
            public void Read(ReadOnlySpan<byte> raw, IArgumentSink sink) => write(sink);
        }
    }
}
