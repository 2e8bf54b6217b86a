using System.Text;
using System.Text.Json;
using VizTrace.ChromeJson.Tests.Events;
using VizTrace.Model.Events;
using Xunit;

namespace VizTrace.ChromeJson.Tests.Editing;

/// <summary>What stands in a file that was written anew, to the byte.</summary>
public sealed class RewriteTests
{
    private static readonly Ledger s_ledger = new("filter --x", [new("--x", 1, 2, 3) { Changed = 4, Flows = 5 }]) { StartNs = 6, EndNs = 7, KeptSlices = 8 };

    private const string LedgerText =
        """{"name":"viztrace_filtered","ph":"M","pid":0,"tid":0,"args":{"command":"filter --x","start_ns":6,"end_ns":7,"kept_slices":8,"entries":[{"filter":"--x","slices":1,"events":2,"bytes":3,"changed":4,"flows":5}]}}""";

    [Theory]
    [InlineData("[]")]
    [InlineData("[{},null,5,\"x\",[1]]")]
    [InlineData("\uFEFF[\n{\"a\":1},\n{\"b\":2}\n]\n\n")]
    [InlineData("{\"x\":{\"traceEvents\":[{}]},\"traceEvents\":[ {\"ph\":\"X\"} , {\"ts\":\"1\"}, ] ,\"samples\":[{\"tid\":1}],\"stackFrames\":{\"1\":{\"name\":\"a\"}},\"y\":\"\\\"]}\"}\n")]
    public void KeepingAllGivesTheSameBytes(string json)
    {
        Assert.Equal(json, Rewritten.By(json, _ => new Judge()));
        Assert.Equal(json, Rewritten.By(json, _ => Rewritten.Without()));
    }

    [Theory]
    [InlineData("[]", "[\nL]")]
    [InlineData("[\n0,\n1\n]", "[\n0,\n1,\nL\n]")]
    [InlineData("[0,{}", "[0,{},\nL\n]\n")]
    [InlineData("[0,1,\n", "[0,1,\nL\n]\n")]
    [InlineData("[0,1,]", "[0,1,\nL]")]
    [InlineData("{\"traceEvents\":[0,1],\"a\":[2]}", "{\"traceEvents\":[0,1,\nL],\"a\":[2]}")]
    [InlineData("{\"traceEvents\":[0,{}", "{\"traceEvents\":[0,{},\nL\n]}\n")]
    [InlineData("{\"traceEvents\":[0,1],\"stackFrames\":{\"1\":{}, \"2", "{\"traceEvents\":[0,1,\nL],\"stackFrames\":{\"1\":{}}}\n")]
    [InlineData("{\"traceEvents\":[0,1],\"a\":5,\"b\":[1,", "{\"traceEvents\":[0,1,\nL],\"a\":5}\n")]
    public void TheLedgerIsTheLastEventAndWhatIsOpenIsClosed(string json, string expected) =>
        Assert.Equal(expected.Replace("L", LedgerText, StringComparison.Ordinal), Rewritten.By(json, _ => new Judge(), s_ledger));

    [Theory]
    [InlineData(new long[] { 0 }, "[\n\"b\" ,\n\n\"c\"\n]")]
    [InlineData(new long[] { 1 }, "[\n\"a\",\n\n\"c\"\n]")]
    [InlineData(new long[] { 2 }, "[\n\"a\",\n\"b\"\n]")]
    [InlineData(new long[] { 0, 1 }, "[\n\"c\"\n]")]
    [InlineData(new long[] { 1, 2 }, "[\n\"a\"\n]")]
    [InlineData(new long[] { 0, 1, 2 }, "[\n\n]")]
    public void SeparatorsStayAsTheyStoodAndFit(long[] gone, string expected)
    {
        const string Json = "[\n\"a\",\n\"b\" ,\n\n\"c\"\n]";
        // The comma behind an event that stays belongs to the one after it.
        string text = Rewritten.By(Json, _ => Rewritten.Without(gone));
        Assert.Equal(gone is [1] ? "[\n\"a\" ,\n\n\"c\"\n]" : expected, text);
        Assert.Equal(3 - gone.Length, JsonDocument.Parse(text).RootElement.GetArrayLength());
    }

    [Fact]
    public void AllGoneFromAnArrayWithATrailingCommaLeavesNoComma() =>
        Assert.Equal("[]", Rewritten.By("[1,2,]", _ => Rewritten.Without(0, 1)));

    [Fact]
    public void ARowThatGoesTakesItsMetadataAndOlderLedgersStay()
    {
        const string A = """{"ph":"X","pid":1,"tid":2,"ts":1,"dur":1}""";
        const string B = """{"ph":"X","pid":1,"tid":3,"ts":1,"dur":1}""";
        string Name(int tid) => "{\"ph\":\"M\",\"pid\":1,\"tid\":" + tid + ",\"name\":\"thread_name\",\"args\":{\"name\":\"t" + tid + "\"}}";
        string json = $"[{A},{B},{Name(2)},{Name(3)},{LedgerText}]";
        Assert.Equal(
            $"[{A},{Name(2)},{LedgerText}]",
            Rewritten.By(json, trace => new Judge { Rows = row => trace.Tracks[row].Tid == 2 }));
    }

    [Fact]
    public void AnOlderLedgerOnTheIdsOfAThreadThatGoesIsToldAgainWithOthers()
    {
        const string A = """{"ph":"X","pid":1,"tid":"2","ts":1,"dur":1}""";
        const string B = """{"ph":"X","pid":1,"tid":3,"ts":1,"dur":1}""";
        string Old(string ids) => LedgerText.Replace("\"pid\":0,\"tid\":0", ids, StringComparison.Ordinal);
        string New(string ids) => Old(ids).Replace("--x", "--y", StringComparison.Ordinal);
        Ledger ledger = s_ledger with { Command = "filter --y", Entries = [s_ledger.Entries[0] with { Filter = "--y" }] };
        Assert.Equal(
            $"[{A},\n{Old("\"pid\":1,\"tid\":\"2\"")},\n{New("\"pid\":1,\"tid\":\"2\"")}]",
            Rewritten.By($"[{A},{B},{Old("\"pid\":1,\"tid\":3")}]", trace => new Judge { Rows = row => trace.Tracks[row].Tid == 2 }, ledger));
    }

    [Theory]
    [InlineData("""{"ph":"X","ts":1,"dur":2,"name":"a"}""", """{"ph":"X","ts":0.005,"dur":0.007,"name":"n\"ew"}""")]
    [InlineData("""{ "dur" : "2.5" , "name":null,  "ts" : "1.5","ph":"X" }""", """{ "dur" : "0.007" , "name":"n\"ew",  "ts" : "0.005","ph":"X" }""")]
    [InlineData("""{"ph":"X","ts":1}""", """{"ph":"X","ts":0.005,"dur":0.007,"name":"n\"ew"}""")]
    public void TimeDurationAndNameAreReplacedWhereTheyStand(string before, string after) =>
        Assert.Equal(
            $"[{after}]",
            Rewritten.By($"[{before}]", _ => Rewritten.Changed(edit => (edit.TimeNs, edit.DurationNs, edit.Name) = (5, 7, "n\"ew"))));

    [Fact]
    public void TimesAreWrittenSinceTheFilesStart() =>
        Assert.Equal(
            """{"viztrace_start_ns":1000,"traceEvents":[{"ph":"i","ts":4.005}]}""",
            Rewritten.By(
                """{"viztrace_start_ns":1000,"traceEvents":[{"ph":"i","ts":1}]}""", _ => Rewritten.Changed(edit => edit.TimeNs = 5005)));

    [Theory]
    [InlineData("""{"ph":"X","ts":1,"bind_id":"0x1","flow_in":true,"flow_out":true,"args":{}}""", """{"ph":"X","ts":1,"args":{}}""")]
    [InlineData("""{"bind_id":"0x1" , "ph":"X","ts":1,"flow_out":true }""", """{"ph":"X","ts":1 }""")]
    public void FlowsOfASliceAreCutByTheirKeys(string before, string after)
    {
        Assert.Equal($"[{after}]", Rewritten.By($"[{before}]", _ => Rewritten.Changed(edit => edit.DropsFlows = true)));
        Assert.Equal($"[{after}]", Rewritten.By($"[{before}]", _ => Rewritten.Changed(edit => edit.DropsFlow = _ => true)));
        Assert.Equal($"[{before}]", Rewritten.By($"[{before}]", _ => Rewritten.Changed(edit => edit.DropsFlow = _ => false)));
    }

    [Fact]
    public void AFlowEventWhoseFlowIsCutGoes() =>
        Assert.Equal("[]", Rewritten.By("""[{"ph":"s","ts":1,"id":1}]""", _ => Rewritten.Changed(edit => edit.DropsFlows = true)));

    [Theory]
    [InlineData("""{"ts":1,"args":{"a":1,"b":{"a":2},"c":"x,}"},"z":0}""", """{"ts":1,"args":{"b":{"a":2},"c":"x,}"},"z":0}""")]
    [InlineData("""{"ts":1,"args":{ "b" : 1, "\u0061" : [1,{"a":3}] }}""", """{"ts":1,"args":{ "b" : 1 }}""")]
    [InlineData("""{"ts":1,"args":{"a":1}}""", """{"ts":1,"args":{}}""")]
    [InlineData("""{"ts":1,"args":{nonsense}}""", """{"ts":1,"args":{nonsense}}""")]
    public void OutermostArgumentsGo(string before, string after) =>
        Assert.Equal($"[{after}]", Rewritten.By($"[{before}]", _ => Rewritten.Changed(edit => edit.DropsArgument = name => name.SequenceEqual("a"u8))));

    [Theory]
    [InlineData("""{"ts":1,"args":{"a":1},"z":0}""", """{"ts":1,"args":{"a":1,"n":-5,"t":true,"s":"\"é\""},"z":0}""")]
    [InlineData("""{"ts":1,"args":{}}""", """{"ts":1,"args":{"n":-5,"t":true,"s":"\"é\""}}""")]
    [InlineData("""{"ts":1}""", """{"ts":1,"args":{"n":-5,"t":true,"s":"\"é\""}}""")]
    [InlineData("{}", """{"args":{"n":-5,"t":true,"s":"\"é\""}}""")]
    public void ArgumentsAreAdded(string before, string after) =>
        Assert.Equal(
            $"[{after}]",
            Rewritten.By($"[{before}]", _ => Rewritten.Changed(edit => edit.Added.AddRange([new("n", -5L), new("t", true), new("s", "\"é\"")]))));

    [Fact]
    public void CompressedStaysCompressedUnlessItIsToldOtherwise()
    {
        byte[] packed = TextSink.Packed("[1]"u8.ToArray());
        Assert.Equal(0x1F, Rewritten.By(packed, _ => new Judge())[0]);
        Assert.Equal("[1]"u8.ToArray(), Rewritten.By(packed, _ => new Judge(), null, new RewriteOptions { Compress = false }));
        Assert.Equal(0x1F, Rewritten.By("[1]"u8.ToArray(), _ => new Judge(), null, new RewriteOptions { Compress = true })[0]);
    }

    [Fact]
    public void AFileCutAtAnyByteKeepsWhatWasWholeAndIsWellFormed()
    {
        const string Json = """{"viztrace_start_ns":5,"traceEvents":[{"ph":"X","ts":1,"dur":"2","args":{"a":["\"}"]}}, {"ph":"X","ts":2,"dur":1,"name":"b"}],"stackFrames":{"1":{"name":"x"}},"otherData":{"k":[1,2]}}""";
        byte[] bytes = Encoding.UTF8.GetBytes(Json);
        for (int length = Json.IndexOf('[', StringComparison.Ordinal) + 1; length < bytes.Length; length++)
        {
            byte[] cut = bytes[..length];
            int events = TextSink.Read(cut, out ChromeJsonTrace trace).Count;
            Assert.True(trace.Facts.IsTruncated, $"cut at {length}");
            Assert.Equal(length, trace.Facts.DamageOffset);
            using JsonDocument written = JsonDocument.Parse(Rewritten.By(cut, _ => Rewritten.Without(-1), s_ledger));
            Assert.Equal(events + 1, written.RootElement.GetProperty("traceEvents").GetArrayLength());
        }
    }
}
