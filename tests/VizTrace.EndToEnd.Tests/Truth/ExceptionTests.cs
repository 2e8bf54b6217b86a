using System.Text.RegularExpressions;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>A call that an exception leaves has its end, in the right place, and the program dies as it would have died.</summary>
public sealed partial class ExceptionTests : IDisposable
{
    private const int Times = 7;
    private readonly TemporaryFolder _folder = new();

    /// <summary>Every call of one round of Caught.All, by its callers from there on, and how often; the static constructor aside.</summary>
    private static readonly (string Path, int Calls)[] s_aRound =
    [
        ("ThroughFrames", 1),
        ("ThroughFrames > Frames.One", 1),
        ("ThroughFrames > Frames.One > Frames.Two", 1),
        ("ThroughFrames > Frames.One > Frames.Two > Frames.Three", 1),
        ("ThroughFrames > Frames.One > Frames.Two > Frames.Three > Frames.Throw", 1),
        ("ThroughFrames > Caught.After", 1),
        ("CaughtAndThrownAgain", 1),
        ("CaughtAndThrownAgain > Frames.Again", 1),
        ("CaughtAndThrownAgain > Frames.Again > Frames.Throw", 1),
        ("CaughtAndThrownAgain > Frames.Again > Frames.Handling", 1),
        ("CaughtAndThrownAgain > Caught.After", 1),
        ("Wrapped", 1),
        ("Wrapped > Frames.Wrap", 1),
        ("Wrapped > Frames.Wrap > Frames.Throw", 1),
        ("Wrapped > Caught.After", 1),
        ("Filtered", 1),
        ("Filtered > Frames.FilterNo", 1),
        ("Filtered > Frames.FilterNo > Frames.Throw", 1),
        // Filters run before the stack is unwound, so on top of the frame that throws: first the inner one, then the outer one.
        ("Filtered > Frames.FilterNo > Frames.Throw > Frames.Matches", 2),
        ("Filtered > Caught.After", 1),
        ("WithFinally", 1),
        ("WithFinally > Frames.Finally", 1),
        ("WithFinally > Frames.Finally > Frames.FinallyInner", 1),
        ("WithFinally > Frames.Finally > Frames.FinallyInner > Frames.Throw", 1),
        ("WithFinally > Frames.Finally > Frames.FinallyInner > Frames.CleanInner", 1),
        ("WithFinally > Frames.Finally > Frames.CleanOuter", 1),
        ("WithFinally > Caught.After", 1),
        ("OutOfInlined", 1),
        ("OutOfInlined > Caught.Check", 3),
        ("OutOfInlined > Caught.After", 1),
        ("FromFramework", 1),
        ("FromFramework > Frames.Parse", 1),
        ("FromFramework > Caught.After", 1),
        ("Hardware", 1),
        ("Hardware > Frames.Length", 1),
        ("Hardware > Frames.Divide", 1),
        ("Hardware > Caught.After", 2),
        ("InFinally", 1),
        ("InFinally > Frames.ThrowInFinally", 1),
        ("InFinally > Frames.ThrowInFinally > Frames.Throw", 1),
        ("InFinally > Frames.ThrowInFinally > Frames.Replace", 1),
        ("InFinally > Caught.After", 1),
        ("ThrownInHandler", 1),
        ("ThrownInHandler > Frames.ThrowInCatch", 1),
        ("ThrownInHandler > Frames.ThrowInCatch > Frames.Throw", 1),
        ("ThrownInHandler > Frames.ThrowInCatch > Frames.Replace", 1),
        ("ThrownInHandler > Caught.After", 1),
        ("StaticConstructor", 1),
        ("StaticConstructor > Caught.After", 1),
    ];

    private static readonly Lazy<CommandResult> s_plain = new(() => ChildProcess.Run("dotnet", [Repository.Program("Exceptions"), "caught", $"{Times}"]).Exits(0));

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void EveryFrameThatAnExceptionLeavesIsClosedThere(string path)
    {
        Recording recording = Recording.OfProgram(_folder, "Exceptions", ["caught", $"{Times}"], path: path).Exits(0);
        CommandResult plain = s_plain.Value;
        Assert.Equal(plain.Output, recording.Result.Output);
        Assert.Equal("", plain.Error);
        Assert.Empty(Referee.ImportErrors(recording.File));

        DecodedThread main = recording.Trace.Threads.Single(t => t.Slices.Count > 0);
        Assert.DoesNotContain(main.Slices, s => s.Unfinished);
        string[] expected =
        [
            "Program.Main 1", $"Program.Main > Caught.All {Times}",
            .. s_aRound.Select(r => $"Program.Main > Caught.All > Caught.{r.Path} {r.Calls * Times}"),
            // It runs once, and calls once what throws.
            "Program.Main > Caught.All > Caught.StaticConstructor > Broken..cctor 1",
            "Program.Main > Caught.All > Caught.StaticConstructor > Broken..cctor > Frames.Throw 1",
        ];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            main.Slices.CountBy(s => main.Path(s).Replace("Exceptions.", "", StringComparison.Ordinal)).Select(p => $"{p.Key} {p.Value}").Order(StringComparer.Ordinal));
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

        CommandResult plain = ChildProcess.Run("dotnet", [Repository.Program("Exceptions"), mode]).Exits(exitCode);
        Assert.Equal("before\n", plain.Output);
        Assert.Equal(plain.Output, recording.Result.Output);
        Assert.Contains(message, plain.Error, StringComparison.Ordinal);
        // How many frames fit on the stack depends on their size.
        Func<string, string> comparable = mode == "overflow" ? error => Repeated().Replace(error, "Repeated times") : error => error;
        Assert.StartsWith(comparable(plain.Error), comparable(recording.Result.Error), StringComparison.Ordinal);
        Assert.Empty(Referee.ImportErrors(recording.File));
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

    [GeneratedRegex("Repeated \\d+ times")]
    private static partial Regex Repeated();
}
