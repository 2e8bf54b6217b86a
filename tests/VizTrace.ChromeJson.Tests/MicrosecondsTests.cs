using System.Text;
using Xunit;

namespace VizTrace.ChromeJson.Tests;

/// <summary>Times to text and back.</summary>
public sealed class MicrosecondsTests
{
    [Theory]
    [InlineData("1", 1000)]
    [InlineData("1.5", 1500)]
    [InlineData("0.0005", 1)]
    [InlineData("0.0004999", 0)]
    [InlineData("-2.0015", -2002)]
    [InlineData("123456789012.345", 123456789012345)]
    [InlineData("9223372036854775.807", long.MaxValue)]
    [InlineData("1e3", 1_000_000)]
    [InlineData("1.5E-2", 15)]
    public void TimesAreReadExactly(string text, long ns)
    {
        Assert.True(Microseconds.TryRead(Encoding.ASCII.GetBytes(text), out long value));
        Assert.Equal(ns, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("x")]
    [InlineData("1e300")]
    [InlineData("99999999999999999999")]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775.8075")]
    [InlineData("-9223372036854775.8075")]
    public void TimesThatAreNoneAreRefused(string text) => Assert.False(Microseconds.TryRead(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData(0, "0.000")]
    [InlineData(1, "0.001")]
    [InlineData(999, "0.999")]
    [InlineData(1000, "1.000")]
    [InlineData(9_999_999, "9999.999")]
    [InlineData(10_000_000, "10000.000")]
    [InlineData(12_345_678_901_234_567, "12345678901234.567")]
    [InlineData(-1, "-0.001")]
    [InlineData(-1_234_567, "-1234.567")]
    [InlineData(long.MaxValue, "9223372036854775.807")]
    [InlineData(long.MinValue, "-9223372036854775.808")]
    public void TimesAreWrittenExactly(long ns, string expected)
    {
        byte[] to = new byte[32];
        Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(to, 0, Microseconds.Write(ns, to)));
    }
}
