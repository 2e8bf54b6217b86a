using System.Text.Json;
using VizTrace.ChromeJson.Tests.Events;
using VizTrace.Model;
using VizTrace.Model.Events;
using Xunit;

namespace VizTrace.ChromeJson.Tests.Editing;

/// <summary>What the writer makes of the events of another format, to the byte.</summary>
public sealed class EventWriterTests
{
    [Fact]
    public void SlicesOfAThreadAreBeginEndAndComplete()
    {
        var source = new MadeSource();
        int thread = source.Thread(source.Process(4), 5);
        Assert.Equal(
            [
                """{"ph":"B","pid":4,"tid":5,"ts":0.001,"name":"a\"é","cat":"c"}""",
                """{"ph":"E","pid":4,"tid":5,"ts":1.500}""",
                """{"ph":"X","pid":4,"tid":5,"ts":0.001,"dur":0.002,"name":"a\"é"}""",
                """{"ph":"B","pid":4,"tid":5,"ts":0.001,"name":""}""",
                """{"ph":"i","pid":4,"tid":5,"ts":0.001,"s":"t","name":"now"}""",
            ],
            source.Lines((s, sink) =>
            {
                sink.Event(s.Event(EventKind.Begin, thread, 1, "a\"é", "c"));
                sink.Event(s.Event(EventKind.End, thread, 1500));
                TraceEvent complete = s.Event(EventKind.Complete, thread, 1, "a\"é");
                complete.DurationNs = 2;
                sink.Event(in complete);
                sink.Event(s.Event(EventKind.Complete, thread, 1));
                sink.Event(s.Event(EventKind.Instant, thread, 1, "now"));
            }));
    }

    [Fact]
    public void RowsWithoutThreadAreToldByTheirIdAndEndsRepeatTheBegin()
    {
        var source = new MadeSource();
        int process = source.Process(4);
        int row = source.Row(TrackKind.Async, process, "requests");
        Assert.Equal(
            [
                """{"ph":"b","pid":4,"ts":0.001,"id":"0x1","name":"a","cat":"c"}""",
                """{"ph":"b","pid":4,"ts":0.002,"id":"0x1","name":"b","cat":""}""",
                """{"ph":"n","pid":4,"ts":0.002,"id":"0x1","name":"i","cat":""}""",
                """{"ph":"e","pid":4,"ts":0.003,"id":"0x1","name":"b","cat":""}""",
                """{"ph":"e","pid":4,"ts":0.004,"id":"0x1","name":"a","cat":"c"}""",
                """{"ph":"b","pid":4,"ts":0.005,"id":"0x0","name":"p","cat":""}""",
                """{"ph":"e","pid":4,"ts":0.015,"id":"0x0","name":"p","cat":""}""",
                """{"ph":"i","pid":4,"ts":0.006,"s":"p","name":"q"}""",
            ],
            source.Lines((s, sink) =>
            {
                sink.Event(s.Event(EventKind.Begin, row, 1, "a", "c"));
                sink.Event(s.Event(EventKind.Begin, row, 2, "b"));
                sink.Event(s.Event(EventKind.Instant, row, 2, "i"));
                sink.Event(s.Event(EventKind.End, row, 3));
                sink.Event(s.Event(EventKind.End, row, 4));
                TraceEvent complete = s.Event(EventKind.Complete, process, 5, "p");
                complete.DurationNs = 10;
                sink.Event(in complete);
                sink.Event(s.Event(EventKind.Instant, process, 6, "q"));
            }));
    }

    [Fact]
    public void CountersHaveTheirRowsName()
    {
        var source = new MadeSource();
        int counter = source.Row(TrackKind.Counter, source.Process(4), "heap \"x\"");
        Assert.Equal(
            [
                """{"ph":"C","pid":4,"ts":0.001,"name":"heap \"x\"","args":{"value":-7}}""",
                """{"ph":"C","pid":4,"ts":0.002,"name":"heap \"x\"","args":{"value":0.5}}""",
                """{"ph":"C","pid":4,"ts":0.003,"name":"heap \"x\"","args":{"value":2.0}}""",
            ],
            source.Lines((s, sink) =>
            {
                TraceEvent e = s.Event(EventKind.Counter, counter, 1);
                (e.IsInteger, e.IntegerValue) = (true, -7);
                sink.Event(in e);
                e = s.Event(EventKind.Counter, counter, 2);
                e.Value = 0.5;
                sink.Event(in e);
                e = s.Event(EventKind.Counter, counter, 3);
                e.Value = 2;
                sink.Event(in e);
            }));
    }

    [Fact]
    public void FlowsOfSlicesBecomeEventsBehindTheirBegin()
    {
        var source = new MadeSource();
        int thread = source.Thread(source.Process(4), 5);
        const string Rest = "\"id\":\"0xff\"";
        Assert.Equal(
            [
                "{\"ph\":\"s\",\"pid\":4,\"tid\":5,\"ts\":0.001," + Rest + ",\"name\":\"flow\",\"cat\":\"flow\"}",
                "{\"ph\":\"t\",\"pid\":4,\"tid\":5,\"ts\":0.002," + Rest + ",\"bp\":\"e\",\"name\":\"flow\",\"cat\":\"flow\"}",
                "{\"ph\":\"f\",\"pid\":4,\"tid\":5,\"ts\":0.003," + Rest + ",\"bp\":\"e\",\"name\":\"flow\",\"cat\":\"flow\"}",
            ],
            source.Lines((s, sink) =>
            {
                ulong[] flows = [255];
                TraceEvent e = s.Event(EventKind.Begin, thread, 1, "a");
                e.Flows = flows;
                sink.Event(in e);
                e = s.Event(EventKind.Begin, thread, 2, "a");
                e.Flows = flows;
                sink.Event(in e);
                e = s.Event(EventKind.Begin, thread, 3, "a");
                e.EndingFlows = flows;
                sink.Event(in e);
            }).Where((_, i) => i % 2 == 1));
    }

    [Fact]
    public void SamplesCarryTheirStacks()
    {
        var source = new MadeSource();
        int thread = source.Thread(source.Process(4), 5);
        int main = source.Stacks.Add(0, source.Texts.Add("main"), 0);
        int leaf = source.Stacks.Add(main, source.Texts.Add("leaf"), source.Texts.Add("m.dll"));
        source.Stacks.Add(main, source.Texts.Add("unused"), 0);
        string text = source.Write(
            (s, sink) =>
            {
                TraceEvent e = s.Event(EventKind.Sample, thread, 1);
                (e.Stack, e.Weight) = (leaf, 3);
                sink.Event(in e);
            },
            out _);
        Assert.Contains("""{"ph":"P","pid":4,"tid":5,"ts":0.001,"name":"sample","sf":2,"weight":3}""", text, StringComparison.Ordinal);
        Assert.Contains(
            "],\"stackFrames\":{\n\"1\":{\"name\":\"main\"},\n\"2\":{\"name\":\"leaf\",\"category\":\"m.dll\",\"parent\":\"1\"}\n}", text, StringComparison.Ordinal);
        Assert.Equal(["0 Sample P [thread 4/5] 1 'sample' at leaf<main x3"], TextSink.Read(text, out _));
    }

    [Fact]
    public void EveryKindOfArgumentHasItsForm()
    {
        var source = new MadeSource
        {
            Arguments = sink =>
            {
                sink.Text("t\n"u8, "\"\u0001\\é"u8);
                sink.Text("bad"u8, [(byte)'a', 0xFF]);
                sink.Integer("i"u8, long.MinValue);
                sink.Unsigned("u"u8, ulong.MaxValue);
                sink.Pointer("p"u8, 0x7F00);
                sink.Real("r"u8, 1e21);
                sink.Real("w"u8, 3);
                sink.Real("n"u8, double.NaN);
                sink.Boolean("b"u8, true);
                sink.Null("0"u8);
                sink.Json("j"u8, "[1]"u8);
                sink.BeginDictionary("d"u8);
                sink.BeginArray("a"u8);
                sink.Integer(default, 1);
                sink.BeginDictionary(default);
                sink.EndGroup();
                sink.EndGroup();
                sink.Integer("z"u8, 2);
                sink.EndGroup();
            },
        };
        int thread = source.Thread(source.Process(4), 5);
        Assert.Equal(
            ["""{"ph":"E","pid":4,"tid":5,"ts":0.001,"args":{"t\n":"\"\u0001\\é","bad":"a�","i":-9223372036854775808,"u":18446744073709551615,"p":"0x7f00","r":1E+21,"w":3.0,"n":"NaN","b":true,"0":null,"j":[1],"d":{"a":[1,{}],"z":2}}}"""],
            source.Lines((s, sink) =>
            {
                TraceEvent e = s.Event(EventKind.End, thread, 1);
                e.Arguments = s;
                sink.Event(in e);
            }));
    }

    [Fact]
    public void RowsComeFirstWithIdsThatFitAndAreUnique()
    {
        var source = new MadeSource();
        int shop = source.Process(5_000_000_000, "Shop");
        source.Tracks[shop].CommandLine = "shop -x";
        int first = source.Thread(shop, 7, "worker");
        (source.Tracks[first].ManagedId, source.Tracks[first].Role, source.Tracks[first].SortIndex) = (3, ThreadRole.Pool, 9);
        source.Thread(shop, 7);
        int gone = source.Thread(source.Process(8), 9, "gone");
        string text = source.Write((_, _) => { }, out _, keepsTrack: id => id < gone);
        Assert.Equal(
            [
                """{"ph":"M","name":"process_name","pid":1000000000,"args":{"name":"Shop","os_pid":5000000000,"command_line":"shop -x"}}""",
                """{"ph":"M","name":"thread_name","pid":1000000000,"tid":7,"args":{"name":"worker"}}""",
                """{"ph":"M","name":"thread_sort_index","pid":1000000000,"tid":7,"args":{"sort_index":9}}""",
                """{"ph":"M","name":"viztrace_thread","pid":1000000000,"tid":7,"args":{"id":1,"os_tid":7,"managed_id":3,"role":"Pool"}}""",
                """{"ph":"M","name":"viztrace_thread","pid":1000000000,"tid":1000000001,"args":{"id":2,"os_tid":7,"role":"Unknown"}}""",
            ],
            text.Split('\n')[1..6].Select(l => l.TrimEnd(',')));
    }

    [Fact]
    public void LargeTimesAreSinceTheStartAndComeBackExact()
    {
        const long Start = 400L * 86_400 * 1_000_000_000;
        var source = new MadeSource();
        int thread = source.Thread(source.Process(4), 5);
        source.Facts.FirstNs = Start + 3;
        string text = source.Write((s, sink) => sink.Event(s.Event(EventKind.Instant, thread, Start + 4, "x")), out _);
        Assert.StartsWith("{\"displayTimeUnit\":\"ns\",\"viztrace_start_ns\":34560000000000003,", text, StringComparison.Ordinal);
        Assert.Contains("\"ts\":0.001", text, StringComparison.Ordinal);
        Assert.Equal([$"0 Instant i [thread 4/5] {Start + 4} 'x'"], TextSink.Read(text, out _));
    }

    [Fact]
    public void WhatCannotBeCarriedIsCounted()
    {
        var source = new MadeSource();
        int process = source.Process(4);
        string text = source.Write(
            (s, sink) =>
            {
                TraceEvent other = s.Event(EventKind.Other, process, 1);
                sink.Event(in other);
                other.Phase = (byte)'O';
                sink.Event(in other);
                sink.Event(s.Event(EventKind.Scheduling, process, 1));
                sink.Event(s.Event(EventKind.Scheduling, process, 1));
            },
            out ChromeJsonEventWriter written);
        Assert.Equal(["1 events of other kinds", "2 events of the scheduler", "1 object snapshots"], written.LeftOut);
        Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(text).RootElement.GetProperty("traceEvents").ValueKind);
    }

    [Fact]
    public void LedgersOldAndNewAndWhatTheTraceSaysOfItselfComeLast()
    {
        var source = new MadeSource();
        source.Facts.Ledgers.Add(new Ledger("old", []));
        source.Facts.Metadata.Add(new("host", "h"));
        source.Facts.RealtimeOffsetNs = 5;
        source.Facts.ClockName = "BOOTTIME";
        TextSink.Read(source.Write((_, _) => { }, out _, ledger: new Ledger("new", [new("f", 1, 2, 3)])), out ChromeJsonTrace trace);
        Assert.Equal(["old", "new"], trace.Facts.Ledgers.Select(l => l.Command));
        Assert.Equal([new("host", "h")], trace.Facts.Metadata);
        Assert.Equal(("Made", 5L, "BOOTTIME"), (trace.Facts.Producer, trace.Facts.RealtimeOffsetNs, trace.Facts.ClockName));
    }
}
