using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>A trace to a depth is the whole trace without what is deeper, also where exceptions leave several frames at once and tail calls take their caller's place.</summary>
public sealed class DepthTests : IDisposable
{
    private const int Deepest = 6;
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void WhatExceptionsLeaveIsCountedDownAgain(string path) => AssertDepths(path, "Exceptions", ["caught", "7"], []);

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void EveryShapeIsCountedDownAgain(string path) => AssertDepths(path, "IlShapes", [], ["--exclude", "IlShapes.Calls.*"]);

    public void Dispose() => _folder.Dispose();

    private void AssertDepths(string path, string program, string[] arguments, string[] options)
    {
        DecodedTrace whole = Recording.OfProgram(_folder, program, arguments, options, path, "-whole.pftrace").Exits(0).Trace;
        Assert.True(whole.Threads.SelectMany(t => t.Slices).Max(s => s.Depth) > Deepest - 2, "too shallow to prove anything");
        for (int depth = 1; depth <= Deepest; depth++)
        {
            Recording recording = Recording.OfProgram(_folder, program, arguments, [.. options, "--max-depth", $"{depth}"], path, $"-{depth}.pftrace").Exits(0);

            Assert.Equal(Paths(whole, depth), Paths(recording.Trace, depth));
            Assert.InRange(recording.Trace.Threads.SelectMany(t => t.Slices).Max(s => s.Depth), 1, depth);
        }
    }

    /// <summary>Calls by their callers, and how often, over all threads: which of the pool's threads runs a continuation is chance.</summary>
    private static string[] Paths(DecodedTrace trace, int depth) =>
    [
        .. trace.Threads.SelectMany(t => t.Slices.Where(s => s.Depth <= depth).Select(t.Path)).CountBy(p => p)
            .Select(p => $"{p.Key} {p.Value}").Order(StringComparer.Ordinal),
    ];
}
