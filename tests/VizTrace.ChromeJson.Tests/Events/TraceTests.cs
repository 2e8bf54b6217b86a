using System.Text;
using VizTrace.Model;
using VizTrace.Model.Events;
using Xunit;

namespace VizTrace.ChromeJson.Tests.Events;

/// <summary>What the source makes of each form of the format.</summary>
public sealed class TraceTests
{
    private const string Two = """{"ph":"B","pid":1,"tid":2,"ts":1.5,"name":"f"},{"ph":"E","pid":1,"tid":2,"ts":3}""";

    private static readonly string[] s_two = ["0 Begin B [thread 1/2] 1500 'f'", "1 End E [thread 1/2] 3000"];

    [Theory]
    [InlineData("[", "]")]
    [InlineData("[", "")]
    [InlineData("[", ",")]
    [InlineData("[", ",\n")]
    [InlineData("\uFEFF [\n", "\n]\n")]
    [InlineData("""{"traceEvents":[""", "]}")]
    [InlineData("""{"a":{"b":["}"]},"traceEvents" : [ """, """ ] , "c":"x\"y"} """)]
    [InlineData("""{ "traceEvents":[""", """],"otherData":{},}""")]
    public void EveryFrameHoldsTheSameEvents(string before, string after)
    {
        Assert.Equal(s_two, TextSink.Read(before + Two + after, out ChromeJsonTrace trace));
        Assert.Empty(trace.Facts.Remarks);
        Assert.False(trace.Facts.IsTruncated);
        Assert.Null(trace.Facts.DamageOffset);
        Assert.Equal((2, 1500, 3000), (trace.Facts.Events, trace.Facts.FirstNs, trace.Facts.LastNs));
    }

    [Fact]
    public void GzipIsSeenByItsFirstBytes() =>
        Assert.Equal(s_two, TextSink.Read(TextSink.Packed(Encoding.UTF8.GetBytes("[" + Two + "]")), out _));

    [Fact]
    public void NumbersMayBeTextsAndKeysMayStandInAnyOrderWithBlanks()
    {
        Assert.Equal(
            ["0 Complete X [thread 7/8] 1234567+1 'x'", "1 Complete X [thread 7/8] 1000+2000000 'Ü\"'"],
            TextSink.Read(
                """[ { "name" : "x" , "dur" : "0.001" , "ts" : "1234.567" , "tid" : "8" , "pid" : "7" , "ph" : "X" }, {"tid":8,"unknown":[{"}":1}],"pid":7,"dur":2e3,"ts":1,"name":"\u00dc\"","ph":"X"} ]""",
                out _));
    }

    [Fact]
    public void EveryPhaseHasItsKindAndRow()
    {
        string[] expected =
        [
            "0 Instant i [thread 1/2] 1000 'a'",
            "1 Instant I [process 1] 1000 'a'",
            "2 Instant i [global] 1000 'a'",
            "3 Instant R [thread 1/2] 1000 'mark'",
            "4 Counter C [counter mem of 1] 1000 'mem' {a=1 b=2.5}",
            "5 Counter C [counter mem id: 9 of 1] 1000 'mem' {a=1}",
            "6 Begin b [async 31 job of 1] 1000 'job' (c)",
            "7 Instant n [async 31 job of 1] 1000 'step' (c)",
            "8 End e [async 31 job of 1] 2000 'job' (c)",
            "9 Begin S [async abc old of 1] 1000 'old' (c)",
            "10 Instant T [async abc old of 1] 1000 'old' (c)",
            "11 Instant p [async abc old of 1] 1000 'old' (c)",
            "12 End F [async abc old of 1] 1000 'old' (c)",
            "13 FlowBegin s [thread 1/2] 1000 'fl' enclosing",
            "14 FlowStep t [thread 1/2] 1000 'fl' enclosing",
            "15 FlowEnd f [thread 1/2] 1000 'fl' next",
            "16 FlowEnd f [thread 1/2] 1000 'fl' enclosing",
            "17 Other N [thread 1/2] 1000 'o'",
            "18 Other O [thread 1/2] 1000 'o' {snapshot={ x=1 end}",
            "19 Other D [thread 1/2] 1000 'o'",
            "20 Other c [process 1] 1000 'clock_sync' {sync_id='q'}",
            "21 Complete X [thread 1/2] 1000+-1",
        ];
        Assert.Equal(
            expected,
            TextSink.Read(
                """
                [{"ph":"i","pid":1,"tid":2,"ts":1,"name":"a","s":"t"},
                {"ph":"I","pid":1,"tid":2,"ts":1,"name":"a","s":"p"},
                {"ph":"i","pid":1,"tid":2,"ts":1,"name":"a","s":"g"},
                {"ph":"R","pid":1,"tid":2,"ts":1,"name":"mark"},
                {"ph":"C","pid":1,"tid":2,"ts":1,"name":"mem","args":{"a":1,"b":2.5}},
                {"ph":"C","pid":1,"ts":1,"name":"mem","id":9,"args":{"a":1}},
                {"ph":"b","pid":1,"tid":2,"ts":1,"name":"job","cat":"c","id":"0x1f"},
                {"ph":"n","pid":1,"tid":3,"ts":1,"name":"step","cat":"c","id":"0x1f"},
                {"ph":"e","pid":1,"tid":2,"ts":2,"name":"job","cat":"c","id":"0x1f"},
                {"ph":"S","pid":1,"tid":2,"ts":1,"name":"old","cat":"c","id":"abc"},
                {"ph":"T","pid":1,"tid":2,"ts":1,"name":"old","cat":"c","id":"abc"},
                {"ph":"p","pid":1,"tid":2,"ts":1,"name":"old","cat":"c","id":"abc"},
                {"ph":"F","pid":1,"tid":2,"ts":1,"name":"old","cat":"c","id":"abc"},
                {"ph":"s","pid":1,"tid":2,"ts":1,"name":"fl","id":5},
                {"ph":"t","pid":1,"tid":2,"ts":1,"name":"fl","id":5},
                {"ph":"f","pid":1,"tid":2,"ts":1,"name":"fl","id":5},
                {"ph":"f","pid":1,"tid":2,"ts":1,"name":"fl","id":5,"bp":"e"},
                {"ph":"N","pid":1,"tid":2,"ts":1,"name":"o","id":1},
                {"ph":"O","pid":1,"tid":2,"ts":1,"name":"o","id":1,"args":{"snapshot":{"x":1}}},
                {"ph":"D","pid":1,"tid":2,"ts":1,"name":"o","id":1},
                {"ph":"c","pid":1,"ts":1,"name":"clock_sync","args":{"sync_id":"q"}},
                {"ph":"X","pid":1,"tid":2,"ts":1}]
                """,
                out ChromeJsonTrace trace));
        Assert.True(trace.Facts.HasFlows);
        Assert.Empty(trace.Facts.Remarks);
    }

    [Fact]
    public void AsynchronousRowsAreScopedAsPerfettoScopesThem()
    {
        string Async(int pid, string id) => "{\"ph\":\"b\",\"pid\":" + pid + ",\"ts\":1,\"name\":\"j\",\"cat\":\"c\"," + id + "}";
        List<string> lines = TextSink.Read(
            "[" + string.Join(
                ',',
                Async(1, "\"id\":1"), Async(2, "\"id\":1"),
                Async(1, "\"id2\":{\"local\":\"0x2\"}"), Async(2, "\"id2\":{\"local\":\"0x2\"}"),
                Async(1, "\"id2\":{\"global\":\"0x3\"}"), Async(2, "\"id2\":{\"global\":\"0x3\"}")) + "]",
            out _);
        Assert.Equal(
            ["async 1 j of 1", "async 1 j of 1", "async 2 j of 1", "async 2 j of 2", "async 3 j of 1", "async 3 j of 1"],
            lines.Select(l => l[(l.IndexOf('[') + 1)..l.IndexOf(']')]));
    }

    [Fact]
    public void FlowsHangOnSlicesByTheirBindId()
    {
        Assert.Equal(
            ["0 Complete X [thread 1/2] 1000+1000 out", "1 Complete X [thread 1/2] 3000+1000 out", "2 Begin B [thread 1/2] 5000 in"],
            TextSink.Read(
                """
                [{"ph":"X","pid":1,"tid":2,"ts":1,"dur":1,"bind_id":"0x5","flow_out":true},
                {"ph":"X","pid":1,"tid":2,"ts":3,"dur":1,"bind_id":"0x5","flow_in":true,"flow_out":true},
                {"ph":"B","pid":1,"tid":2,"ts":5,"bind_id":"0x5","flow_in":true}]
                """,
                out _));
    }

    [Fact]
    public void MetadataMakesRowsWhereverItStands()
    {
        List<string> lines = TextSink.Read(
            """
            [{"ph":"X","pid":1,"tid":2,"ts":1,"dur":1,"name":"f"},
            {"ph":"M","pid":1,"tid":9,"name":"process_name","args":{"name":"shop","os_pid":5000000000,"command_line":"shop -x"}},
            {"ph":"M","pid":1,"tid":2,"name":"thread_name","args":{"name":"worker"}},
            {"ph":"M","pid":1,"tid":2,"name":"thread_sort_index","args":{"sort_index":-3}},
            {"ph":"M","pid":1,"tid":2,"name":"viztrace_thread","args":{"id":0,"os_tid":6000000000,"managed_id":4,"role":"Pool"}},
            {"ph":"M","pid":1,"name":"process_labels","args":{"labels":"a,b"}},
            {"ph":"M","pid":0,"tid":0,"name":"viztrace_filtered","args":{"command":"filter --x","start_ns":1,"end_ns":2,"kept_slices":3,"entries":[{"filter":"--x","slices":4,"events":5,"bytes":6,"changed":7,"flows":8}]}}]
            """,
            out ChromeJsonTrace trace);
        Assert.Equal(["0 Complete X [thread 1/6000000000 worker] 1000+1000 'f'"], lines);
        Assert.Equal(["process 5000000000 shop", "thread 1/6000000000 worker", "global"], TextSink.Rows(trace));
        TrackRow thread = trace.Tracks[1];
        Assert.Equal((4, ThreadRole.Pool, -3), (thread.ManagedId, thread.Role, thread.SortIndex));
        Assert.Equal("shop -x", trace.Tracks[0].CommandLine);
        Assert.Equal([new("process_labels", """{"labels":"a,b"}""")], trace.Facts.Metadata);
        Ledger ledger = Assert.Single(trace.Facts.Ledgers);
        Assert.Equal(("filter --x", 1, 2, 3), (ledger.Command, ledger.StartNs, ledger.EndNs, ledger.KeptSlices));
        Assert.Equal([new LedgerEntry("--x", 4, 5, 6) { Changed = 7, Flows = 8 }], ledger.Entries);
    }

    [Fact]
    public void AThreadWithoutTidIsTheProcessesFirst()
    {
        // uftrace dump --chrome, of the main thread.
        List<string> lines = TextSink.Read(
            """
            {"traceEvents":[
            {"ts":0,"ph":"M","pid":7,"name":"process_name","args":{"name":"[7] uf"}},
            {"ts":0,"ph":"M","pid":7,"name":"thread_name","args":{"name":"main"}},
            {"ts":29462771510.308,"ph":"B","pid":7,"name":"f"}
            ], "displayTimeUnit": "ns", "metadata": {"command_line":"uftrace record ./uf","recorded_time":"now"} }
            """,
            out ChromeJsonTrace trace);
        Assert.Equal(["0 Begin B [thread 7/7 main] 29462771510308 'f'"], lines);
        Assert.Equal(["process 7 [7] uf", "thread 7/7 main"], TextSink.Rows(trace));
        Assert.Equal([new("command_line", "uftrace record ./uf"), new("recorded_time", "now")], trace.Facts.Metadata);
    }

    [Fact]
    public void SamplesAreEventsAndTheirFramesAreStacks()
    {
        Assert.Equal(
            ["0 Sample P [thread 1/2] 1000 's' at leaf<main", "1 Complete X [thread 1/2] 1000+1000 at main", "2 Sample P [thread 1/2] 2000 'cycles' at leaf<main x10"],
            TextSink.Read(
                """
                {"traceEvents":[{"ph":"P","pid":1,"tid":2,"ts":1,"name":"s","sf":5},{"ph":"X","pid":1,"tid":2,"ts":1,"dur":1,"sf":"1"}],
                "samples":[{"cpu":0,"tid":2,"ts":2,"name":"cycles","sf":5,"weight":10}],
                "stackFrames":{"5":{"name":"leaf","category":"m","parent":"1"},"1":{"name":"main"},"7":{"name":"loop","parent":"7"}}}
                """,
                out _));
    }

    [Fact]
    public void SamplesOfAnotherKindAreNoSamples() =>
        Assert.Equal(["0 Other \0 [global] 0", "1 Other \0 [global] 0"], TextSink.Read("""{"traceEvents":[],"samples":[[1,2],3]}""", out _));

    [Fact]
    public void TheFileSaysWhatItIs()
    {
        TextSink.Read(
            """{"viztrace_start_ns":1000000,"traceEvents":[{"ph":"i","pid":1,"tid":1,"ts":-1}],"otherData":{"producer":"VizTrace 9","clock":"CLOCK_MONOTONIC","realtime_offset_ns":77,"command":"x","extra":[["a","b"]]}}""",
            out ChromeJsonTrace trace);
        TraceFacts facts = trace.Facts;
        Assert.Equal(("VizTrace 9", "MONOTONIC", 77L, 999_000L), (facts.Producer, facts.ClockName, facts.RealtimeOffsetNs, facts.FirstNs));
        Assert.Equal([new("command", "x"), new("a", "b")], facts.Metadata);
    }

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData(" \n", "nothing but blanks")]
    [InlineData("hello", "neither an object nor an array at byte 0")]
    [InlineData("{}", "without \"traceEvents\"")]
    [InlineData("{\"a\" 1}", "no colon behind a key at byte 5")]
    [InlineData("{\"a\":1", "in the middle of a member of the root at byte 6")]
    public void WhatIsNoTraceIsAnError(string text, string message)
    {
        var trace = new ChromeJsonTrace(() => new MemoryStream(Encoding.UTF8.GetBytes(text)));
        TraceException e = Assert.Throws<TraceException>(() => trace.Read(new TextSink(trace), EventParts.None));
        Assert.Equal(ErrorId.BadInput, e.Id);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[{},{]", 5, false)]
    [InlineData("[{},{\"a\":[}]}", 10, false)]
    [InlineData("[{},{\"a\":x}]", 9, false)]
    [InlineData("[{},{\"a\":1 2}]", 11, false)]
    [InlineData("[{},{\"a\":1", 10, true)]
    [InlineData("{\"traceEvents\":[{},", 19, true)]
    [InlineData("{\"traceEvents\":[{}]", 19, true)]
    public void DamageEndsTheReadingAndIsToldWithItsByte(string text, long offset, bool isCut)
    {
        Assert.Single(TextSink.Read(text, out ChromeJsonTrace trace));
        Assert.Equal((offset, isCut), (trace.Facts.DamageOffset, trace.Facts.IsTruncated));
        Assert.Contains($"at byte {offset}", trace.Facts.Remarks[0], StringComparison.Ordinal);
    }
}
