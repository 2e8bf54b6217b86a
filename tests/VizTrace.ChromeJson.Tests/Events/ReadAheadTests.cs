using VizTrace.ChromeJson.Events;
using VizTrace.ChromeJson.Tests.Editing;
using VizTrace.Model.Events;
using Xunit;

namespace VizTrace.ChromeJson.Tests.Events;

/// <summary>The stream that unzips on a second thread.</summary>
public sealed class ReadAheadTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(256 << 10)]
    [InlineData(3_000_001)]
    public void AllBytesComeInTheirOrder(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var to = new MemoryStream();
        using (var stream = new ReadAheadStream(new MemoryStream(bytes), null, () => 0))
            stream.CopyTo(to);
        Assert.True(bytes.AsSpan().SequenceEqual(to.ToArray()));
    }

    [Fact]
    public void ItCanBeClosedBeforeItsEnd()
    {
        using var stream = new ReadAheadStream(new MemoryStream(new byte[10_000_000]), null, () => 0);
        Assert.Equal(10, stream.Read(new byte[10]));
    }

    [Fact]
    public void WhatGoesWrongIsThrownBehindWhatWentWell()
    {
        using var stream = new ReadAheadStream(new Failing(300_000), null, () => 0);
        byte[] buffer = new byte[300_000];
        stream.ReadExactly(buffer);
        Assert.Throws<InvalidDataException>(() => stream.Read(buffer));
    }

    [Fact]
    public void ACompressedFileTellsItsProgressOnTheReadersThread()
    {
        byte[] packed = TextSink.Packed(System.Text.Encoding.UTF8.GetBytes(RandomTrace.Of(9, 20_000)));
        var trace = new ChromeJsonTrace(() => new MemoryStream(packed));
        int thread = Environment.CurrentManagedThreadId;
        double last = 0;
        trace.Read(new TextSink(trace), EventParts.None, part =>
        {
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            Assert.InRange(part, last, 1);
            last = part;
        });
        Assert.Equal(1, last);
        Assert.Equal(20_000, trace.Facts.Events);
        Assert.Equal(packed[..2], Rewritten.By(packed, _ => new Judge())[..2]);
    }

    private sealed class Failing(int length) : MemoryStream(new byte[length])
    {
        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = base.Read(buffer, offset, count);
            return read > 0 ? read : throw new InvalidDataException("torn");
        }
    }
}
