using VizTrace.Filters.Parsing;
using VizTrace.Model;
using static VizTrace.Filters.Tests.Made;

namespace VizTrace.Filters.Tests;

/// <summary>Expressions: what they keep, and how they fail.</summary>
public sealed class WhereTests
{
    private static MemoryTrace Calls() => Two().Add(
        B(1, 1000, "Main", "app"),
        X(1, 1010, 5, "Read", "io") with { Arguments = [("path", "/tmp/a"), ("bytes", 512L)] },
        X(1, 1020, 50, "Write", "io,disk") with { Arguments = [("path", "/etc/b"), ("bytes", 4096L), ("ok", true), ("ratio", 0.5)] },
        E(1, 1100),
        X(2, 1005, 20, "Work"));

    [Theory]
    [InlineData("name = 'Read'", "Read")]
    [InlineData("name != 'Read'", "Main Write Work")]
    [InlineData("name ~ 'W*'", "Write Work")]
    [InlineData("name !~ 'W*'", "Main Read")]
    [InlineData("name =~ '^(Re|Wo)'", "Read Work")]
    [InlineData("category = \"io\"", "Read")]
    [InlineData("thread ~ 'worker*'", "Work")]
    [InlineData("process = 'shop'", "Main Read Write Work")]
    [InlineData("tid = 101 or pid = 7", "Work")]
    [InlineData("duration >= 20ns", "Main Write Work")]
    [InlineData("duration < 0.02us", "Read")]
    [InlineData("start <= 5ns", "Main Work")]
    [InlineData("depth = 2", "Read Write")]
    [InlineData("depth=2 and duration>10", "Write")]
    [InlineData("args.path ~ '/tmp/*'", "Read")]
    [InlineData("args.bytes > 512", "Write")]
    [InlineData("args.bytes = '512'", "Read")]
    [InlineData("args.ok = 'true'", "Write")]
    [InlineData("args.ratio < 0.75", "Write")]
    [InlineData("args.path", "Read Write")]
    [InlineData("not args.path", "Main Work")]
    [InlineData("args.none != 1", "")]
    [InlineData("not (name = 'Main' or name = 'Read') and thread = 'main'", "Write")]
    [InlineData("name = 'Main' or name = 'Read' and depth = 1", "Main")]
    public void SlicesStayForWhichItHolds(string expression, string names) =>
        Assert.Equal(names, string.Join(' ', Calls().After(new FilterChain([new Where.WhereFilter(expression)]).Decide(Calls(), Path.GetTempPath())).Items.Where(i => i.Name.Length > 0).Select(i => i.Name)));

    [Theory]
    [InlineData("", 1)]
    [InlineData("nam = 'x'", 1)]
    [InlineData("name", 5)]
    [InlineData("name < 'x'", 6)]
    [InlineData("name = x", 8)]
    [InlineData("name = 'x", 10)]
    [InlineData("duration > 5q", 13)]
    [InlineData("duration ~ 5", 10)]
    [InlineData("depth = 5ms", 10)]
    [InlineData("(name = 'x'", 12)]
    [InlineData("name = 'x' name = 'y'", 12)]
    [InlineData("name =~ '('", 9)]
    [InlineData("name =~ '(a)\\1'", 9)]
    [InlineData("args. = 1", 1)]
    public void WhatIsMalformedIsToldWithItsColumn(string expression, int column)
    {
        var error = Assert.Throws<TraceException>(() => new Where.WhereFilter(expression));

        Assert.Equal(ErrorId.BadOption, error.Id);
        Assert.StartsWith($"--where {expression}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains($" at column {column}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DepthAndLengthHaveLimits()
    {
        Assert.Contains("nested too deeply at column 65", Assert.Throws<TraceException>(() => new Where.WhereFilter(new string('(', 2000))).Message, StringComparison.Ordinal);
        Assert.Contains("too long", Assert.Throws<TraceException>(() => new Where.WhereFilter("name = '" + new string('x', 5000) + "'")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--max-depth", "0", "must be more than 0 at column 1")]
    [InlineData("--max-depth", "3x", "no whole number at column 2")]
    [InlineData("--min-duration", "5", "no unit of time (ns, us, ms, s, min, h) at column 2")]
    [InlineData("--min-duration", "ms", "no number at column 1")]
    [InlineData("--time", "5s", "no '..' between two times at column 3")]
    [InlineData("--time", "..", "no time at column 1")]
    [InlineData("--time", "2s..1s", "ends before it starts at column 5")]
    [InlineData("--time", "1s..2x", "no unit of time (ns, us, ms, s, min, h) at column 6")]
    [InlineData("--time", "around x 2s", "no name in quotes at column 8")]
    [InlineData("--time", "around 'x' 2", "no unit of time (ns, us, ms, s, min, h) at column 13")]
    [InlineData("--drop-thread", "tid:x", "no whole number above 0 at column 5")]
    [InlineData("--drop-process", "pid:", "no whole number above 0 at column 5")]
    [InlineData("--drop-flows", "x", "takes no value at column 1")]
    public void ABadValueIsToldWithOptionValueAndColumn(string option, string value, string problem)
    {
        var error = Assert.Throws<TraceException>(() => FilterParser.Parse([(option, value)]));

        Assert.Equal((ErrorId.BadOption, $"{option} {value}: {problem}"), (error.Id, error.Message));
    }
}
