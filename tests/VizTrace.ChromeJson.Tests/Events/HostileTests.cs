using System.Text;
using VizTrace.ChromeJson.Tests.Editing;
using VizTrace.Model.Events;
using Xunit;

namespace VizTrace.ChromeJson.Tests.Events;

/// <summary>Files that are made to use up memory or time.</summary>
public sealed class HostileTests
{
    /// <summary>Found by tests/fuzz: the framework throws when it compares a name with such a key.</summary>
    [Theory]
    [InlineData("""{"ph":"M","pid":1,"tid":2,"name":"thread_name","args":{"\ud800":1,"name":"Cook"}}""", "thread 1/2 Cook")]
    [InlineData("""{"ph":"M","pid":1,"tid":2,"name":"process_name","args":{"\ud800":{}}}""", "thread 1/2")]
    public void AKeyOfHalfACharacterIsNoHarm(string metadata, string row)
    {
        const string Call = """{"ph":"X","pid":1,"tid":2,"ts":1,"dur":1,"name":"f"}""";
        string text = "{\"otherData\":{\"\\udc00\":2,\"producer\":\"p\",\"clock\":\"c\"},\"traceEvents\":[" + metadata + "," + Call + "]}";

        Assert.Equal([$"0 Complete X [{row}] 1000+1000 'f'"], TextSink.Read(text, out ChromeJsonTrace trace));
        Assert.Null(trace.Facts.DamageOffset);
    }

    private static ChromeJsonTrace Read(Func<Stream> open)
    {
        var trace = new ChromeJsonTrace(open);
        trace.Read(new TextSink(trace), EventParts.None);
        return trace;
    }

    [Fact]
    public void AnEventWithoutEndIsDamageAtItsByte()
    {
        ChromeJsonTrace trace = Read(() => new Endless("[{\"ph\":\"X\",\"ts\":1},{\"name\":\"", 10_000_000_000, ""));
        Assert.Equal((1, 18, false), (trace.Facts.Events, trace.Facts.DamageOffset, trace.Facts.IsTruncated));
        Assert.Contains("more than 32 MB", trace.Facts.Remarks[0], StringComparison.Ordinal);
    }

    [Fact]
    public void ALargeMemberOfTheRootGoesByAndIsCopied()
    {
        const long Length = 150_000_000;
        const string Start = "{\"big\":\"";
        const string End = "\",\"traceEvents\":[{\"ph\":\"X\",\"ts\":1}]}";
        ChromeJsonTrace trace = Read(() => new Endless(Start, Length, End));
        Assert.Equal(1, trace.Facts.Events);
        Assert.Null(trace.Facts.DamageOffset);
        var counting = new CountingStream();
        trace.Rewrite(counting, new Judge(), Ledger.Empty, new RewriteOptions());
        Assert.Equal(Length + Start.Length + End.Length, counting.Count);
    }

    [Theory]
    [InlineData("[{\"args\":", '[', 9 + 512)]
    [InlineData("{\"traceEvents\":[],\"x\":", '[', 22 + 512)]
    public void NestingWithoutEndIsDamageAtItsByte(string before, char bracket, long offset)
    {
        byte[] json = Encoding.UTF8.GetBytes(before + new string(bracket, 3_000_000));
        ChromeJsonTrace trace = Read(() => new MemoryStream(json));
        Assert.Equal(offset, trace.Facts.DamageOffset);
    }

    [Fact]
    public void FramesThatCallThemselvesAreAStackOfOne()
    {
        Assert.Equal(
            ["0 Sample P [thread 1/1] 1 at a<b", "1 Sample P [thread 1/1] 1 at b"],
            TextSink.Read(
                """{"traceEvents":[{"ph":"P","pid":1,"tid":1,"ts":0.001,"sf":1},{"ph":"P","pid":1,"tid":1,"ts":0.001,"sf":2}],"stackFrames":{"1":{"name":"a","parent":2},"2":{"name":"b","parent":1}}}""",
                out _));
    }

    [Fact]
    public void DamagedCompressionKeepsWhatWasUnzipped()
    {
        byte[] packed = TextSink.Packed(Encoding.UTF8.GetBytes(RandomTrace.Of(5, 30_000).TrimStart()));
        packed.AsSpan(packed.Length / 2, 200).Fill(0x55);
        ChromeJsonTrace trace = Read(() => new MemoryStream(packed));
        Assert.InRange(trace.Facts.Events, 1000, 29_999);
        Assert.NotNull(trace.Facts.DamageOffset);
    }

    /// <summary>Text, a great many letters, text.</summary>
    private sealed class Endless(string start, long letters, string end) : Stream
    {
        private readonly byte[] _start = Encoding.UTF8.GetBytes(start);
        private readonly byte[] _end = Encoding.UTF8.GetBytes(end);
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _at;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int taken;
            long letter = _at - _start.Length;
            if (letter < 0)
            {
                taken = (int)Math.Min(count, -letter);
                _start.AsSpan((int)_at, taken).CopyTo(buffer.AsSpan(offset));
            }
            else if (letter < letters)
            {
                taken = (int)Math.Min(count, letters - letter);
                buffer.AsSpan(offset, taken).Fill((byte)'x');
            }
            else
            {
                taken = (int)Math.Min(count, letters + _end.Length - letter);
                _end.AsSpan((int)(letter - letters), taken).CopyTo(buffer.AsSpan(offset));
            }

            _at += taken;
            return taken;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private sealed class CountingStream : MemoryStream
    {
        public long Count { get; private set; }

        public override void Write(byte[] buffer, int offset, int count) => Count += count;

        public override void Write(ReadOnlySpan<byte> buffer) => Count += buffer.Length;
    }
}
