using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>The program's streams, folder, environment, arguments, signals and exit code stay its own, however it is started.</summary>
public sealed class ChildTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(255)]
    public void WhatAProgramSeesAndSaysIsTheSameWithAndWithoutTheRecorder(int exitCode)
    {
        string[] command = [Repository.Program("EchoIo"), $"{exitCode}", "two words", "--help", "*", ""];
        var environment = new Dictionary<string, string> { ["ECHO_GIVEN"] = "given to it" };
        const string Input = "first\nsecond ✓\n";
        // The suite itself may run with a forced probe; the plain program is to see nothing of it.
        CommandResult plain = ChildProcess.Run("env", ["-u", "VIZTRACE_PROBE", "-u", "VIZTRACE_CLOCK", "dotnet", .. command], _folder.Path, environment, Input);

        CommandResult recorded = VizTraceCommand.RunIn(_folder.Path, ["run", "--quiet", "-o", "echo.pftrace", "--", "dotnet", .. command], environment, Input);

        Assert.Equal((exitCode, plain.Output, plain.Error), (recorded.ExitCode, recorded.Output, recorded.Error));
        Assert.Contains("out second ✓", recorded.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("ours", recorded.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["echo.pftrace"]));
        Assert.Equal(["echo.pftrace"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void OurOwnLinesGoToStandardErrorOnly()
    {
        CommandResult result = VizTraceCommand.RunIn(_folder.Path, ["run", "--", "dotnet", Repository.Program("Hello")]).Exits(0);

        Assert.Equal("hello\n", result.Output);
        Assert.Contains("Hello.pftrace", result.Error, StringComparison.Ordinal);
        Assert.Contains("ui.perfetto.dev", result.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["Hello.pftrace"]), "the default name is the program's, in the working directory");
    }

    [Fact]
    public void AnApphostIsRecorded()
    {
        Recording recording = Recording.Of(_folder, [Repository.Executable("Counting"), "1", "1"]).Exits(0);

        Assert.Equal(CountingExpectation.Total(1, 1), recording.Trace.Counts());
    }

    [Fact]
    public void AProgramStartedByAShellIsRecorded()
    {
        Recording recording = Recording.Of(_folder, ["sh", "-c", "\"$0\" \"$1\" 1 1; exit 5", "dotnet", Repository.Program("Counting")]).Exits(5);

        Assert.Equal(CountingExpectation.Total(1, 1), recording.Trace.Counts());
    }

    [Fact]
    public void TwoProgramsOfOneCommandAreTwoProcesses()
    {
        Recording recording = Recording.Of(_folder, ["sh", "-c", "\"$0\" \"$1\" 1 1; \"$0\" \"$2\"", "dotnet", Repository.Program("Counting"), Repository.Program("Hello")]).Exits(0);

        SortedDictionary<string, long> expected = CountingExpectation.Total(1, 1);
        expected.Add("Hello.Program.Main", 1);
        Assert.Equal(expected, recording.Trace.Counts());
        Assert.Equal(2, recording.Trace.Threads.Where(t => t.Slices.Count > 0).Select(t => t.Process).Distinct().Count());
        Assert.Equal(["Counting", "Hello"], recording.Trace.Processes.Values.Order());
    }

    [Fact]
    public void DotnetRunRecordsTheProgramAndNotTheSdk()
    {
        Recording recording = Recording.Of(_folder, ["dotnet", "run", "--no-build", "-c", Repository.Configuration, "--project", Repository.ProgramSource("Counting"), "--", "1", "1"]).Exits(0);

        Assert.Equal(CountingExpectation.Total(1, 1), recording.Trace.Counts());
    }

    [Fact]
    public void DotnetTestRecordsTheTests()
    {
        Recording recording = Recording.Of(_folder, ["dotnet", "test", "--no-build", "-c", Repository.Configuration, Repository.ProgramSource("TinyTests")], ["--include", "TinyTests!*"]).Exits(0);

        Assert.Equal(
            ["TinyTests.CalculatorTests..ctor 4", "TinyTests.CalculatorTests.Adds 1", "TinyTests.CalculatorTests.Multiplies 3", "TinyTests.Calculator.Add 10", "TinyTests.Calculator.Multiply 3"],
            recording.Trace.Counts().Select(p => $"{p.Key} {p.Value}").Order(StringComparer.Ordinal).OrderBy(l => l.Contains("CalculatorTests", StringComparison.Ordinal) ? 0 : 1));
    }

    [Fact]
    public void CollectiblePluginsAreRecordedAndStillUnload()
    {
        Recording recording = Recording.OfProgram(_folder, "Plugins", [Repository.Program("Plugin"), "50"]).Exits(0);

        CommandResult plain = ChildProcess.Run("dotnet", [Repository.Program("Plugins"), Repository.Program("Plugin"), "50"]);
        Assert.Equal("sum 1460 unloaded 20\n", plain.Output);
        Assert.Equal(plain.Output, recording.Result.Output);
        SortedDictionary<string, long> counts = recording.Trace.Counts();
        Assert.Equal(20, counts["Plugin.Work.Run"]);
        Assert.Equal(20 * 50, counts["Plugin.Work.Part"]);
        Assert.Equal(20, counts["Plugins.Program.LoadAndRun"]);
    }

    public void Dispose() => _folder.Dispose();
}
