using System.Text;
using VizTrace.Model;
using Xunit;

namespace VizTrace.ChromeJson.Tests;

public sealed class ReaderTests
{
    [Fact]
    public void CompleteEventsInAnyOrderComeOutNestedAndInTimeOrder()
    {
        CollectingSink sink = CollectingSink.Read("""
            {"traceEvents":[
            {"name":"Leaf","ph":"X","ts":2,"dur":1.5,"pid":1,"tid":2},
            {"name":"Other","ph":"X","ts":"20.000","dur":0.001,"pid":1,"tid":2},
            {"name":"Main","cat":"app","ph":"X","ts":1,"dur":10.25,"pid":1,"tid":2},
            {"name":"Leaf","ph":"X","ts":3.5,"dur":1,"pid":1,"tid":2}
            ]}
            """);

        Assert.Equal(
            ["+Main 1000", "+Leaf 2000", "-Leaf 3500", "+Leaf 3500", "-Leaf 4500", "-Main 11250", "+Other 20000", "-Other 20001"],
            sink.Lines(0));
        Assert.Equal("app", sink.Functions.Values.Single(f => f.Name == "Main").Module);
        Assert.Equal(4, sink.Summary!.Calls);
        Assert.Equal(4, sink.Threads[0].Calls);
        Assert.Equal(1000, sink.Metadata!.StartNs);
        Assert.Empty(sink.Summary.Remarks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("]")]
    [InlineData(",]")]
    [InlineData(",")]
    [InlineData("\n")]
    public void ArrayFormMayEndAnyHow(string end)
    {
        CollectingSink sink = CollectingSink.Read("""[{"name":"A","ph":"X","ts":1,"dur":2,"pid":1,"tid":1},{"name":"B","ph":"X","ts":4,"dur":2,"pid":1,"tid":1}""" + end);
        Assert.Equal(["+A 1000", "-A 3000", "+B 4000", "-B 6000"], sink.Lines(0));
        // A comma promises another event, which is not there.
        Assert.Equal(end == "," ? 1 : 0, sink.Summary!.DroppedPieces);
    }

    [Fact]
    public void EveryTruncationKeepsTheWholeEvents()
    {
        string text = """
            {"displayTimeUnit":"ns","traceEvents":[{"name":"A","ph":"X","ts":1,"dur":2,"pid":1,"tid":1},
            {"name":"B\u00e9","ph":"X","ts":4,"dur":2,"pid":1,"tid":1,"args":{"k":[1,{"z":2}]}}],"otherData":{"a":"b"}}
            """;
        int first = text.IndexOf("},", StringComparison.Ordinal) + 1;
        int second = text.IndexOf("}}]", StringComparison.Ordinal) + 2;
        int events = text.IndexOf('[', StringComparison.Ordinal) + 1;
        for (int length = 0; length < text.Length; length++)
        {
            if (length < events)
            {
                var error = Assert.Throws<TraceException>(() => CollectingSink.Read(text[..length]));
                Assert.Equal(ErrorId.BadInput, error.Id);
                continue;
            }

            CollectingSink sink = CollectingSink.Read(text[..length]);
            Assert.Equal(length >= second ? 2 : length >= first ? 1 : 0, sink.Summary!.Calls);
            Assert.NotEmpty(sink.Summary.Remarks);
        }

        Assert.Empty(CollectingSink.Read(text).Summary!.Remarks);
    }

    [Fact]
    public void DamageInTheMiddleKeepsWhatCameBefore()
    {
        CollectingSink sink = CollectingSink.Read("""[{"name":"A","ph":"X","ts":1,"dur":2,"pid":1,"tid":1},{"name":}{"name":"B"}]""");
        Assert.Equal(["+A 1000", "-A 3000"], sink.Lines(0));
        Assert.Equal(1, sink.Summary!.DroppedPieces);
        Assert.Equal(["no valid JSON at byte 53: the rest was not read"], sink.Summary.Remarks);
    }

    [Theory]
    [InlineData("", "no trace-event JSON: the file is empty")]
    [InlineData("\n \n", "no trace-event JSON: the file is empty")]
    [InlineData("hello", "no trace-event JSON: no valid JSON at byte 0")]
    [InlineData("12", "no trace-event JSON: neither an object nor an array")]
    [InlineData("12 ", "no trace-event JSON: neither an object nor an array")]
    [InlineData("{}", "no trace events: a JSON object without \"traceEvents\"")]
    [InlineData("""{"traceEvents":5,"x":[{"name":1}]}""", "no trace events: a JSON object without \"traceEvents\"")]
    [InlineData("\u001f\u008bgarbage", "no trace-event JSON: no valid gzip at byte 0")]
    public void WhatIsNoTraceIsOneClearError(string text, string message)
    {
        var error = Assert.Throws<TraceException>(
            () => ChromeJsonReader.Read(new MemoryStream(Encoding.Latin1.GetBytes(text)), new CollectingSink()));
        Assert.Equal(ErrorId.BadInput, error.Id);
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void EqualTimesNestAsTheFileOrders()
    {
        // Written at their ends: the empty C lies before A in the file, so it is inside; D lies behind B, so it is beside.
        CollectingSink sink = CollectingSink.Read("""
            [{"name":"C","ph":"X","ts":10,"dur":0,"pid":1,"tid":1},
             {"name":"A","ph":"X","ts":1,"dur":9,"pid":1,"tid":1},
             {"name":"B","ph":"X","ts":20,"dur":5,"pid":1,"tid":1},
             {"name":"D","ph":"X","ts":25,"dur":0,"pid":1,"tid":1},
             {"name":"Outer","ph":"X","ts":30,"dur":5,"pid":1,"tid":1},
             {"name":"Inner","ph":"X","ts":30,"dur":5,"pid":1,"tid":1}]
            """);

        Assert.Equal(
            ["+A 1000", "+C 10000", "-C 10000", "-A 10000", "+B 20000", "-B 25000", "+D 25000", "-D 25000",
             "+Outer 30000", "+Inner 30000", "-Inner 35000", "-Outer 35000"],
            sink.Lines(0));
    }

    [Fact]
    public void OverlapIsCutAtTheEndOfTheEnclosingCallAndCounted()
    {
        CollectingSink sink = CollectingSink.Read("""
            [{"name":"A","ph":"X","ts":0,"dur":10,"pid":1,"tid":1},
             {"name":"B","ph":"X","ts":5,"dur":10,"pid":1,"tid":1},
             {"name":"C","ph":"X","ts":20,"dur":-4,"pid":1,"tid":1},
             {"name":"D","ph":"X","ts":21,"pid":1,"tid":1}]
            """);

        Assert.Equal(["+A 0", "+B 5000", "-B 10000", "-A 10000", "+C 20000", "-C 20000", "+D 21000", "-D 21000"], sink.Lines(0));
        Assert.Equal(
            ["1 calls had an impossible duration and are shown empty", "1 calls had no duration and are shown empty",
             "1 calls overlapped another of their thread and were cut at its end"],
            sink.Summary!.Remarks);
    }

    [Fact]
    public void NamesOfProcessesAndThreadsAreTakenAndTheRestIsCounted()
    {
        CollectingSink sink = CollectingSink.Read("""
            {"otherData":{"version":"My 1.0","n":5},"stackFrames":{"1":{"name":"x"}},"traceEvents":[
            {"name":"process_name","ph":"M","pid":10,"args":{"name":"Shop"}},
            {"name":"thread_name","ph":"M","pid":10,"tid":11,"args":{"name":"Checkout"}},
            {"name":"thread_sort_index","ph":"M","pid":10,"tid":11,"args":{"sort_index":1}},
            {"name":"num_cpus","ph":"M","pid":10,"args":{"number":4}},
            {"name":"c","ph":"C","ts":1,"pid":10,"args":{"v":4}},
            {"name":"c","ph":"C","ts":2,"pid":10,"args":{"v":4}},
            {"name":"mark","ph":"i","ts":2,"pid":10,"tid":11},
            {"name":"A","ph":"X","dur":1,"pid":10,"tid":11},
            {"name":"A","ph":"X","ts":1,"dur":1,"pid":10,"tid":11},
            {"name":"A","ph":"X","ts":1,"dur":1,"pid":"web","tid":"UI \u0041"},
            7]}
            """);

        Assert.Equal(new ProcessInfo(0, 10, "Shop"), sink.Processes[0]);
        Assert.Equal("web", sink.Processes[1].Name);
        Assert.Equal((11L, "Checkout", 0), (sink.Threads[0].OsTid, sink.Threads[0].ShownName, sink.Threads[0].ProcessId));
        Assert.Equal(("UI A", 1), (sink.Threads[1].ShownName, sink.Threads[1].ProcessId));
        Assert.Equal(
            ["passed over 2 events of kind 'C'", "passed over 1 events of kind 'X' without a time", "passed over 1 events of kind 'i'",
             "passed over 1 metadata events \"num_cpus\"", "passed over 1 things that are no object"],
            sink.Summary!.Remarks);
        Assert.Equal([new("version", "My 1.0"), new("n", "5")], sink.Metadata!.Extra);
    }

    [Fact]
    public void StretchingIsTakenOffOnlyWhereOurWriterPutsIt()
    {
        CollectingSink sink = CollectingSink.Read("""
            [{"name":"A","ph":"X","ts":1,"dur":0.001,"tid":1,"args":{"unfinished":true,"stretched_ns":1}},
             {"name":"B","ph":"X","ts":2,"dur":1,"tid":1,"args":{"stretched_ns":1}},
             {"name":"C","ph":"X","ts":4,"dur":1,"tid":1,"args":{"unfinished":true,"stretched_ns":7}},
             {"name":"D","ph":"X","ts":6,"dur":0,"tid":1,"args":{"unfinished":true,"stretched_ns":1}}]
            """);
        Assert.Equal(
            ["+A 1000", "-A 1000 Unfinished", "+B 2000", "-B 3000", "+C 4000", "-C 5000 Unfinished", "+D 6000", "-D 6000 Unfinished"],
            sink.Lines(0));
    }

    [Fact]
    public void TimeDoesNotRunBackWhereOnlyTheParentIsStretched()
    {
        CollectingSink sink = CollectingSink.Read("""
            [{"name":"P","ph":"X","ts":1,"dur":4.001,"args":{"unfinished":true,"stretched_ns":1}},
             {"name":"C","ph":"X","ts":2,"dur":3.001,"args":{"unfinished":true}}]
            """);
        Assert.Equal(["+P 1000", "+C 2000", "-C 5001 Unfinished", "-P 5001 Unfinished"], sink.Lines(0));
    }

    [Fact]
    public void StartIsAddedToEveryTimeAlsoWhenTheFileIsCutShort()
    {
        CollectingSink sink = CollectingSink.Read("""
            {"viztrace_start_ns":1000000000000000000,"traceEvents":[
            {"name":"A","ph":"X","ts":1.001,"dur":2},
            {"name":"lost records","ph":"i","cat":"viztrace","ts":1,"args":{"end_ns":1000000000000002007}}
            """);
        Assert.Equal(["+A 1000000000000001001", "-A 1000000000000003001"], sink.Lines(0));
        Assert.Equal((1_000_000_000_000_001_000, 1_000_000_000_000_002_007), (sink.Losses[0].StartNs, sink.Losses[0].EndNs));
        Assert.Equal(1_000_000_000_000_000_000, sink.Metadata!.StartNs);
    }

    [Theory]
    [InlineData("-1", 1_000)]
    [InlineData("\"5\"", 1_000)]
    [InlineData("1.5", 1_000)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void StartThatOurWriterDoesNotWriteCannotWrapTheTimes(string start, long beginNs)
    {
        CollectingSink sink = CollectingSink.Read($$"""{"traceEvents":[{"name":"A","ph":"X","ts":1,"dur":0}],"viztrace_start_ns":{{start}}}""");
        Assert.Equal([$"+A {beginNs}", $"-A {beginNs}"], sink.Lines(0));
    }

    [Fact]
    public void RemarksAreFewShortAndPrintable()
    {
        string events = string.Concat(Enumerable.Range(10, 90).Select(i => $$"""{"name":"\u001b[2J{{i}}","ph":"M"},"""));
        CollectingSink sink = CollectingSink.Read($$"""[{"name":"{{new string('x', 1000)}}","ph":"M"},{"name":"","ph":"{{'\u007f'}}","ts":1},{{events}}]""");
        Assert.Equal(
            ["passed over 1 events of kind '\\u007f'",
             .. Enumerable.Range(10, 19).Select(i => $"passed over 1 metadata events \"\\u001b[2J{i}\""),
             $"passed over 1 metadata events \"{new string('x', 60)}…\"",
             "passed over 71 metadata events of other names"],
            sink.Summary!.Remarks.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void KeysThatAreNoUnicodeArePassedOver()
    {
        Assert.Equal(["+A 1000", "-A 2000"], CollectingSink.Read("""[{"name":"A","ph":"X","ts":1,"dur":1,"pid":1,"tid":1,"args":{"\ud800":1}}]""").Lines(0));
        Assert.Equal(0, CollectingSink.Read("""{"\ud800aaaaaaaa":1,"traceEvents":[]}""").Summary!.Calls);
    }

    [Fact]
    public void GarbageNeverThrowsAnythingButOurError()
    {
        const int Seed = 20250817;
        var random = new Random(Seed);
        byte[] good = Encoding.UTF8.GetBytes("""
            {"\ud800aaaaaaaa":1,"viztrace_start_ns":5,"u":[{"a":[1]}],"traceEvents":[{"name":"A\ud83d\ude00","cat":"\u00e9","ph":"X","ts":1.5e3,"dur":2,"pid":1,"tid":"t","args":{"\ud800":1,"unfinished":true,"source":"a:1","stretched_ns":1}},
            {"ph":"B","name":"b","ts":1},{"ph":"E","ts":2},{"ph":"M","name":"viztrace_thread","args":{"id":1,"os_tid":2,"earlier_names":[{"name":"q","time_ns":1}]}},
            {"ph":"M","name":"process_name","args":{"name":"p","id":0,"os_pid":1}},{"ph":"i","name":"lost records","cat":"viztrace","ts":1,"args":{"records":1}}],
            "otherData":{"producer":"VizTrace","clock":"x","remarks":["r"],"extra":[["a","b"]],"not_recorded":[{"name":"n"}]}}
            """);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bad = [.. good];
            for (int hit = random.Next(1, 4); hit > 0; hit--)
                bad[random.Next(bad.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : "{}[]\",:\\0u9-.e"[random.Next(14)]);
            try
            {
                ChromeJsonReader.Read(new MemoryStream(bad), new CollectingSink());
            }
            catch (TraceException)
            {
                // The one allowed way to fail.
            }
        }
    }
}
