using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>A call that an exception leaves has its end, in the right place, and the program dies as it would have died.</summary>
public sealed class ExceptionTests : IDisposable
{
    private const int Times = 7;
    private readonly TemporaryFolder _folder = new();

    /// <summary>Calls of one round of Caught.All; the static constructor aside.</summary>
    private static readonly (string Name, int Calls)[] s_aRound =
    [
        ("Caught.All", 1),
        ("Caught.ThroughFrames", 1),
        ("Caught.CaughtAndThrownAgain", 1),
        ("Caught.Wrapped", 1),
        ("Caught.Filtered", 1),
        ("Caught.WithFinally", 1),
        ("Caught.OutOfInlined", 1),
        ("Caught.Check", 3),
        ("Caught.FromFramework", 1),
        ("Caught.Hardware", 1),
        ("Caught.InFinally", 1),
        ("Caught.ThrownInHandler", 1),
        ("Caught.StaticConstructor", 1),
        ("Caught.After", 12),
        ("Frames.One", 1),
        ("Frames.Two", 1),
        ("Frames.Three", 1),
        ("Frames.Throw", 7),
        ("Frames.Again", 1),
        ("Frames.Handling", 1),
        ("Frames.Wrap", 1),
        ("Frames.FilterNo", 1),
        ("Frames.Matches", 2),
        ("Frames.Finally", 1),
        ("Frames.FinallyInner", 1),
        ("Frames.CleanInner", 1),
        ("Frames.CleanOuter", 1),
        ("Frames.Parse", 1),
        ("Frames.Length", 1),
        ("Frames.Divide", 1),
        ("Frames.ThrowInFinally", 1),
        ("Frames.ThrowInCatch", 1),
        ("Frames.Replace", 2),
    ];

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void EveryFrameThatAnExceptionLeavesIsClosedThere(string path)
    {
        Recording recording = Recording.OfProgram(_folder, "Exceptions", ["caught", $"{Times}"], path: path).Exits(0);
        CommandResult plain = ChildProcess.Run("dotnet", [Repository.Program("Exceptions"), "caught", $"{Times}"]);
        Assert.Equal((plain.ExitCode, plain.Output, plain.Error), (recording.Result.ExitCode, recording.Result.Output, ""));

        SortedDictionary<string, long> counts = recording.Trace.Counts();
        foreach ((string name, int calls) in s_aRound)
        {
            // The static constructor of Broken runs once and calls Throw once.
            long expected = (calls * Times) + (name == "Frames.Throw" ? 1 : 0);
            Assert.True(expected == counts.GetValueOrDefault("Exceptions." + name), $"{name}: {counts.GetValueOrDefault("Exceptions." + name)} instead of {expected}");
        }

        Assert.Equal(1, counts["Exceptions.Broken..cctor"]);
        Assert.Equal(1, counts["Exceptions.Program.Main"]);
        DecodedThread main = recording.Trace.Threads.Single(t => t.Slices.Count > 0);
        Assert.DoesNotContain(main.Slices, s => s.Unfinished);
        AssertWhere(main);
    }

    [Theory]
    [InlineData("unhandled", 134, "Unhandled exception. System.InvalidOperationException: nobody catches this")]
    [InlineData("thread", 134, "Unhandled exception. System.InvalidOperationException: nobody catches this")]
    [InlineData("failfast", 134, "failed fast on purpose")]
    [InlineData("overflow", 134, "Stack overflow.")]
    [InlineData("exit", 17, "")]
    public void AProgramDiesAsItWouldHaveDiedAndWhatItDidIsThere(string mode, int exitCode, string message)
    {
        Recording recording = Recording.OfProgram(_folder, "Exceptions", [mode]).Exits(exitCode);

        Assert.Equal("before\n", recording.Result.Output);
        Assert.Contains(message, recording.Result.Error, StringComparison.Ordinal);
        SortedDictionary<string, long> counts = recording.Trace.Counts();
        Assert.Equal(1, counts["Exceptions.Program.Main"]);
        switch (mode)
        {
            case "unhandled" or "thread":
                Assert.Equal(1, counts["Exceptions.Fatal.Outer"]);
                Assert.Equal(1, counts["Exceptions.Fatal.Middle"]);
                Assert.Equal(1, counts["Exceptions.Fatal.Before"]);
                break;
            case "overflow":
                Assert.True(counts["Exceptions.Fatal.Deeper"] > 1000);
                break;
            default:
                Assert.Equal(1, counts[mode == "exit" ? "Exceptions.Fatal.Exit" : "Exceptions.Fatal.Fast"]);
                break;
        }

        // Main was open when the process died. Not so when the exception was its own: .NET 10 tells of it, runs every finally and dies then.
        DecodedThread main = recording.Trace.Threads.Single(t => t.Slices.Any(s => s.Name == "Exceptions.Program.Main"));
        Assert.Equal(mode != "unhandled", main.Slices[0].Unfinished);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Where in the tree the interesting calls stand; each path as often as rounds.</summary>
    private static void AssertWhere(DecodedThread main)
    {
        var paths = main.Slices.Where(s => s.Name.StartsWith("Exceptions.Frames.", StringComparison.Ordinal) || s.Name == "Exceptions.Caught.After")
            .CountBy(s => main.Path(s).Replace("Exceptions.", "", StringComparison.Ordinal).Replace("Program.Main > Caught.All > ", "", StringComparison.Ordinal))
            .ToDictionary();
        string[] expected =
        [
            "Caught.ThroughFrames > Frames.One > Frames.Two > Frames.Three > Frames.Throw",
            "Caught.ThroughFrames > Caught.After",
            "Caught.CaughtAndThrownAgain > Frames.Again > Frames.Throw",
            "Caught.CaughtAndThrownAgain > Frames.Again > Frames.Handling",
            "Caught.CaughtAndThrownAgain > Caught.After",
            "Caught.Wrapped > Frames.Wrap > Frames.Throw",
            "Caught.Wrapped > Caught.After",
            "Caught.WithFinally > Frames.Finally > Frames.FinallyInner > Frames.Throw",
            "Caught.WithFinally > Frames.Finally > Frames.FinallyInner > Frames.CleanInner",
            "Caught.WithFinally > Frames.Finally > Frames.CleanOuter",
            "Caught.WithFinally > Caught.After",
            "Caught.InFinally > Frames.ThrowInFinally > Frames.Replace",
            "Caught.ThrownInHandler > Frames.ThrowInCatch > Frames.Replace",
            "Caught.ThrownInHandler > Caught.After",
            "Caught.StaticConstructor > Caught.After",
        ];
        foreach (string path in expected)
            Assert.True(paths.GetValueOrDefault(path) == Times, $"{path}: {paths.GetValueOrDefault(path)} instead of {Times}");

        // Filters run before the stack is unwound, so on top of the frame that throws: first the inner one, then the outer one.
        Assert.Equal(2 * Times, paths["Caught.Filtered > Frames.FilterNo > Frames.Throw > Frames.Matches"]);
    }
}
