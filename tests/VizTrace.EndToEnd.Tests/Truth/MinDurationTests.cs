using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// Calls that are too short are not in the trace; all others are. A machine may stop a thread within a short call, which is a long one then:
/// what is told is that none is shorter, that none of the long ones is missing, and that the short ones are gone.
/// </summary>
public sealed class MinDurationTests : IDisposable
{
    private const int Tiny = 1_000_000;
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void ShortCallsLeaveNothing(string path)
    {
        Recording recording = Recording.OfProgram(_folder, "Ignoring", ["short", $"{Tiny}"], ["--min-duration", "1ms"], path).Exits(0);
        DecodedThread thread = recording.Trace.Thread("Short");

        Assert.DoesNotContain(recording.Trace.Threads.SelectMany(t => t.Slices), s => s.EndNs - s.BeginNs < 1_000_000);
        Assert.DoesNotContain(thread.Slices, s => s.Unfinished || s.EndLost);
        SortedDictionary<string, long> counts = thread.Counts();
        Assert.Equal((1, 5, 5), (counts["Ignoring.ShortCases.Outer"], counts["Ignoring.ShortCases.Long"], counts["Ignoring.ShortCases.Waits"]));
        Assert.All(thread.Slices.Where(s => s.Name == "Ignoring.ShortCases.Waits"), s => Assert.EndsWith("Outer > Ignoring.ShortCases.Long > Ignoring.ShortCases.Waits", thread.Path(s), StringComparison.Ordinal));
        Assert.InRange(counts.GetValueOrDefault("Ignoring.ShortCases.Tiny"), 0, Tiny / 100);
    }

    /// <summary>Taken back where they were written, they do not use up the capture either.</summary>
    [Fact]
    public void ShortCallsTakeNoRoom()
    {
        const string Smallest = "4MiB";
        Recording recording = Recording.OfProgram(_folder, "Ignoring", ["short", $"{10 * Tiny}"], ["--min-duration", "1ms", "--max-capture-size", Smallest]).Exits(0);

        Assert.DoesNotContain("its end is not in the trace", recording.Result.Error, StringComparison.Ordinal);
        Assert.Equal(5, recording.Trace.Thread("Short").Counts()["Ignoring.ShortCases.Long"]);
    }

    [Fact]
    public void TogetherWithDepthAndIgnoring()
    {
        Recording recording = Recording.OfProgram(
            _folder, "Ignoring", ["short", $"{Tiny}"], ["--min-duration", "1ms", "--max-depth", "4", "--ignore-function", "*.Waits"]).Exits(0);
        SortedDictionary<string, long> counts = recording.Trace.Thread("Short").Counts();

        Assert.Equal((1, 5), (counts["Ignoring.ShortCases.Outer"], counts["Ignoring.ShortCases.Long"]));
        Assert.DoesNotContain("Ignoring.ShortCases.Waits", counts.Keys);
        Assert.DoesNotContain(recording.Trace.Threads.SelectMany(t => t.Slices), s => s.EndNs - s.BeginNs < 1_000_000);
    }

    [Theory]
    [InlineData("5", "--min-duration 5: no unit of time (ns, us, ms, s) at column 2")]
    [InlineData("ms", "--min-duration ms: no number at column 1")]
    [InlineData("5 parsecs", "--min-duration 5 parsecs: no unit of time (ns, us, ms, s) at column 2")]
    [InlineData("0us", "--min-duration 0us: less than 1 ns at column 1")]
    [InlineData("2000000s", "--min-duration 2000000s: more than an hour at column 1")]
    public void MalformedDurationsSayWhere(string text, string problem)
    {
        CommandResult result = VizTraceCommand.RunIn(_folder.Path, ["run", "--min-duration", text, "--", "true"]).Exits(64);

        Assert.Equal($"error VZ0007: {problem}\n", result.Error);
    }

    [Theory]
    [InlineData("--ignore-thread", "managed:x", "pattern managed:x: no whole number above 0 at column 9")]
    [InlineData("--only-thread", "tid:", "pattern tid:: no whole number above 0 at column 5")]
    [InlineData("--ignore-thread", "role:boss", "pattern role:boss: no role of threads at column 6; roles are main, user, pool, poolgate, io, finalizer, gc, timer, tiering, signal, diagnostics, native")]
    [InlineData("--ignore-thread", "name:", "pattern name:: no name at column 6")]
    [InlineData("--ignore-function", "!Shop", "pattern !Shop: no module before '!' at column 1")]
    public void MalformedPatternsSayWhere(string option, string text, string problem)
    {
        CommandResult result = VizTraceCommand.RunIn(_folder.Path, ["run", option, text, "--", "true"]).Exits(64);

        Assert.Equal($"error VZ0007: {problem}\n", result.Error);
    }

    public void Dispose() => _folder.Dispose();
}
