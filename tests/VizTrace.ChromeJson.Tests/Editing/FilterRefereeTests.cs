using System.Text;
using VizTrace.ChromeJson.Tests.Events;
using VizTrace.Model.Events;
using VizTrace.Tests;
using Xunit;

namespace VizTrace.ChromeJson.Tests.Editing;

/// <summary>What Perfetto's trace processor sees before and after.</summary>
public sealed class FilterRefereeTests : IDisposable
{
    private const string Slices =
        "select s.ts, s.dur, s.name, s.category, coalesce(t.tid, 'row'), (select group_concat(key || '=' || display_value) from args a where a.arg_set_id = s.arg_set_id and key like 'args%') "
        + "from slice s left join thread_track k on s.track_id = k.id left join thread t using (utid) order by s.ts, s.dur desc, s.name";

    private const string Threads = "select tid, t.name, pid, p.name from thread t left join process p using (upid) order by tid, pid";
    private const string Counters = "select c.ts, c.value, t.name from counter c join counter_track t on c.track_id = t.id order by c.ts, t.name";
    private const string Flows = "select o.name, i.name from flow f join slice o on f.slice_out = o.id join slice i on f.slice_in = i.id order by o.name, i.name";

    private readonly string _folder = Directory.CreateTempSubdirectory("viztrace-json-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Json(int otherPid = 1)
    {
        var text = new StringBuilder("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
        for (int i = 0; i < 60; i++)
        {
            int tid = 11 + (i % 3);
            text.Append("{\"ph\":\"X\",\"pid\":1,\"tid\":" + tid + ",\"ts\":" + (i * 10) + ".125,\"dur\":4.5,\"name\":\"call " + (i % 7) + "\",\"cat\":\"c\",\"args\":{\"n\":" + i + ",\"s\":\"}\\\"\"}},\n");
            text.Append("{\"ph\":\"B\",\"pid\":1,\"tid\":" + tid + ",\"ts\":" + ((i * 10) + 5) + ",\"name\":\"be\",\"cat\":\"c\"},{\"ph\":\"E\",\"pid\":1,\"tid\":" + tid + ",\"ts\":" + ((i * 10) + 6) + "},\n");
        }

        text.Append("""
            {"ph":"b","pid":1,"tid":11,"ts":1,"name":"job","cat":"c","id":"0x1"},{"ph":"e","pid":PID,"tid":12,"ts":9,"name":"job","cat":"c","id":"0x1"},
            {"ph":"C","pid":1,"ts":5,"name":"mem","args":{"a":1,"b":2.5}},
            {"ph":"i","pid":1,"tid":12,"ts":7,"name":"now","s":"t"},
            {"ph":"s","pid":1,"tid":11,"ts":1,"name":"q","cat":"q","id":7},{"ph":"f","pid":1,"tid":12,"ts":11,"name":"q","cat":"q","id":7,"bp":"e"},
            {"ph":"M","pid":1,"tid":11,"name":"thread_name","args":{"name":"eleven"}},
            {"ph":"M","pid":1,"tid":12,"name":"thread_name","args":{"name":"twelve"}},
            {"ph":"M","pid":1,"name":"process_name","args":{"name":"shop"}}
            ]}
            """.Replace("PID", otherPid.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        return text.ToString();
    }

    private string File(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    private static string[] Lines(string?[][] rows) => [.. rows.Select(r => string.Join('|', r))];

    [Fact]
    public void ExactlyTheDroppedSlicesAreGoneAndTheLedgerAddsNoRow()
    {
        // The asynchronous slice ends in another process: one row all the same.
        byte[] input = Encoding.UTF8.GetBytes(Json(otherPid: 2));
        var ledger = new Ledger("filter --drop-thread 13", [new("--drop-thread 13", 40, 60, 1)]);
        byte[] output = Rewritten.By(input, trace => new Judge { Rows = row => trace.Tracks[row].Tid != 13 }, ledger);
        string?[][][] before = Referee.Query(File("in.json", input), Slices, Threads, Counters, Flows);
        string?[][][] after = Referee.Query(File("out.json", output), Slices, Threads, Counters, Flows);
        Assert.Equal(Lines([.. before[0].Where(r => r[4] != "13")]), Lines(after[0]));
        Assert.Equal(122, before[0].Length);
        Assert.Equal(82, after[0].Length);
        Assert.Equal(Lines([.. before[1].Where(r => r[0] != "13")]), Lines(after[1]));
        Assert.Equal(Lines(before[2]), Lines(after[2]));
        Assert.Single(after[3]);
        Assert.Contains("1000|8000|job|c|row|", Lines(after[0]));
        Assert.Contains("\"viztrace_filtered\"", Encoding.UTF8.GetString(output), StringComparison.Ordinal);
    }

    [Fact]
    public void ChangedSlicesHaveTheirNewTimes()
    {
        byte[] input = Encoding.UTF8.GetBytes(Json());
        byte[] output = Rewritten.By(input, _ => new Judge
        {
            Decide = (scoped in TraceEvent e, EventEdit edit) =>
            {
                if (e.Kind != EventKind.Complete)
                    return Verdict.Drop;
                edit.TimeNs = e.TimeNs + 1;
                edit.DurationNs = e.DurationNs - 1;
                edit.DropsArgument = name => name.SequenceEqual("s"u8);
                edit.Added.Add(new("cut", true));
                return Verdict.Change;
            },
        });
        string?[][] after = Referee.Query(File("out.json", output), Slices);
        Assert.Equal(60, after.Length);
        Assert.Equal("126|4499|call 0|c|11|args.cut=true,args.n=0", string.Join('|', after[0][..5]) + "|" + string.Join(',', after[0][5]!.Split(',').Order()));
    }

    [Fact]
    public void WhatAnotherFormatSaysArrivesAsSlicesRowsCountersAndFlows()
    {
        var source = new MadeSource();
        int process = source.Process(4, "shop");
        int thread = source.Thread(process, 5, "worker");
        int row = source.Row(TrackKind.Async, process, "requests");
        int counter = source.Row(TrackKind.Counter, process, "heap");
        string text = source.Write(
            (s, sink) =>
            {
                ulong[] flows = [0xFEDC_BA98_7654_3210];
                TraceEvent e = s.Event(EventKind.Begin, thread, 1000, "from");
                e.Flows = flows;
                sink.Event(in e);
                sink.Event(s.Event(EventKind.End, thread, 2000));
                e = s.Event(EventKind.Complete, thread, 3000, "through", "c");
                e.DurationNs = 500;
                e.Flows = flows;
                sink.Event(in e);
                e = s.Event(EventKind.Begin, thread, 4000, "to");
                e.EndingFlows = flows;
                sink.Event(in e);
                sink.Event(s.Event(EventKind.End, thread, 4001));
                sink.Event(s.Event(EventKind.Begin, row, 1000, "outer", "a"));
                sink.Event(s.Event(EventKind.Begin, row, 1500, "inner", "a"));
                sink.Event(s.Event(EventKind.End, row, 1600));
                sink.Event(s.Event(EventKind.End, row, 1700));
                e = s.Event(EventKind.Complete, process, 5000, "whole");
                e.DurationNs = 7;
                sink.Event(in e);
                e = s.Event(EventKind.Counter, counter, 6000);
                e.Value = 2.5;
                sink.Event(in e);
            },
            out _,
            ledger: new Ledger("x", []));
        string?[][][] answers = Referee.Query(
            File("made.json", Encoding.UTF8.GetBytes(text)),
            "select s.ts, s.dur, s.depth, s.name, coalesce(t.tid, 'row') from slice s left join thread_track k on s.track_id = k.id left join thread t using (utid) order by s.ts, s.dur desc",
            Flows,
            Counters,
            Threads);
        Assert.Equal(
            ["1000|1000|0|from|5", "1000|700|0|outer|row", "1500|100|1|inner|row", "3000|500|0|through|5", "4000|1|0|to|5", "5000|7|0|whole|row"],
            Lines(answers[0]));
        Assert.Equal(["from|through", "through|to"], Lines(answers[1]));
        Assert.Equal(["6000|2.5|heap value"], Lines(answers[2]));
        // Perfetto gives every process a main thread.
        Assert.Equal(["0||0|", "4||4|shop", "5|worker|4|shop"], Lines(answers[3]));
    }

    [Fact]
    public void TheEventWriterSaysTheSameAsTheFileItWasReadFrom()
    {
        byte[] input = Encoding.UTF8.GetBytes(Json());
        var trace = new ChromeJsonTrace(() => new MemoryStream(input));
        trace.Read(new TextSink(trace), EventParts.None);
        var output = new MemoryStream();
        using (var writer = new ChromeJsonEventWriter(output))
        {
            writer.Begin(trace, null);
            trace.Read(writer, EventParts.All);
            writer.Finish(new Ledger("convert", [new("x", 0, 0, 0)]));
            Assert.Empty(writer.LeftOut);
        }

        string?[][][] before = Referee.Query(File("in.json", input), Slices, Threads, Counters, Flows);
        string?[][][] after = Referee.Query(File("out.json", output.ToArray()), Slices, Threads, Counters, Flows);
        for (int i = 0; i < before.Length; i++)
            Assert.Equal(Lines(before[i]), Lines(after[i]));
        Assert.Single(before[3]);
    }
}
