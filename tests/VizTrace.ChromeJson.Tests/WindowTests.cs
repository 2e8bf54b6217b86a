using System.IO.Compression;
using System.Text;
using Xunit;

namespace VizTrace.ChromeJson.Tests;

/// <summary>How the text comes in, and how little of it is held.</summary>
public sealed class WindowTests
{
    [Fact]
    public void EventLargerThanTheWindowIsRead()
    {
        string big = new('x', 5_000_000);
        CollectingSink sink = CollectingSink.Read($$$"""[{"name":"A","ph":"X","ts":1,"dur":1,"pid":1,"tid":1,"args":{"s":"{{{big}}}"}},{"name":"{{{big}}}","ph":"X","ts":3,"dur":1,"pid":1,"tid":1}]""");
        Assert.Equal(["A", big], sink.Functions.Values.Select(f => f.Name));
        Assert.Equal(2, sink.Summary!.Calls);
    }

    /// <summary>Parsing it anew for every 4 KB that come in would take minutes here.</summary>
    [Fact]
    public void LargeEventFromASlowStreamIsParsedAFewTimesOnly()
    {
        string big = new('x', 32_000_000);
        var sink = new CollectingSink();
        ChromeJsonReader.Read(new DrippingStream(Encoding.UTF8.GetBytes($$"""[{"name":"{{big}}","ph":"X","ts":3,"dur":1}]"""), 4096), sink);
        Assert.Equal(big, Assert.Single(sink.Functions).Value.Name);
    }

    [Fact]
    public void UnknownMembersOfTheRootAreNotHeld()
    {
        string items = string.Concat(Enumerable.Repeat("""{"a":[1,"x]}"]},""", 2_000_000));
        byte[] text = Encoding.UTF8.GetBytes($$"""{"n":{"traceEvents":[{{items}}[]]},"s":"traceEvents","traceEvents":[{"name":"A","ph":"X","ts":1,"dur":2}],"l":[{{items}}{}]}""");
        var sink = new CollectingSink();
        long before = GC.GetAllocatedBytesForCurrentThread();
        ChromeJsonReader.Read(new MemoryStream(text), sink);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        Assert.Equal(["+A 1000", "-A 3000"], sink.Lines(0));
        Assert.Empty(sink.Summary!.Remarks);
    }

    [Theory]
    [InlineData("""{"traceEvents":[],"a":[""")]
    [InlineData("""{"traceEvents":[],"a":[{"b":1}""")]
    [InlineData("""{"traceEvents":[],"a":[1]""")]
    public void FileThatEndsWithinAnUnknownMemberSaysSo(string text) =>
        Assert.Equal(["the file ends before its closing brace"], CollectingSink.Read(text).Summary!.Remarks);

    [Fact]
    public void StreamThatGivesOneByteAtATimeReadsTheSame()
    {
        const string Text = """{"traceEvents":[{"name":"A","ph":"X","ts":1,"dur":2,"pid":1,"tid":1},{"name":"B","ph":"X","ts":1.5,"dur":1,"pid":1,"tid":1}]}""";
        var sink = new CollectingSink();
        ChromeJsonReader.Read(new DrippingStream(Encoding.UTF8.GetBytes(Text), 1), sink);
        Assert.Equal(["+A 1000", "+B 1500", "-B 2500", "-A 3000"], sink.Lines(0));
    }

    [Fact]
    public void GzipAndByteOrderMarkAreSeen()
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write([0xEF, 0xBB, 0xBF, .. """[{"name":"A","ph":"X","ts":1,"dur":2,"pid":1,"tid":1}]"""u8]);
        packed.Position = 0;
        var sink = new CollectingSink();
        var seen = new List<double>();
        ChromeJsonReader.Read(packed, sink, seen.Add);
        Assert.Equal(["+A 1000", "-A 3000"], sink.Lines(0));
        Assert.Equal(1.0, seen[^1]);
        Assert.True(packed.CanRead);
    }

    /// <summary>Gives so many bytes at a time.</summary>
    private sealed class DrippingStream(byte[] bytes, int drop) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, drop));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, drop)]);
    }
}
