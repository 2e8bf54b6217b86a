using System.Text.Json;
using VizTrace.Cli.Running;
using VizTrace.Model;
using VizTrace.Recorder;
using Xunit;

namespace VizTrace.Cli.Tests;

public sealed class RunCommandTests
{
    private const string Summary = """
        viztrace: a.json: 2.5 KB, 7 calls on 3 threads, 350.0 bytes a call
        viztrace: 1 call was still open at the end: marked unfinished
        viztrace: lost 10 records: viztrace info tells when and why
        viztrace: the program went on, but its end is not in the trace: size limit
        viztrace: 3 methods were not recorded: viztrace info tells why
        viztrace: something odd
        viztrace: to look at it, open https://ui.perfetto.dev and drop the file there

        """;

    [Fact]
    public void TheProgramIsRecordedConvertedAndSummedUp()
    {
        using var stage = new Stage();
        int exitCode = stage.Run("run", "-o", "a.json", "--include", "A.*", "--include", "B!*", "--exclude", "A.C", "--max-depth", "7",
            "--max-capture-size", "1GiB", "--", "dotnet", "Shop.dll", "--quiet", "-o", "x");

        Assert.Equal(0, exitCode);
        RecordingOptions asked = stage.Asked!;
        Assert.Equal(["dotnet", "Shop.dll", "--quiet", "-o", "x"], asked.Command);
        Assert.Equal(["A.*", "B!*"], asked.Include);
        Assert.Equal(["A.C"], asked.Exclude);
        Assert.Equal((7, 1L << 30), (asked.MaxDepth, asked.MaxCaptureBytes));
        Assert.Equal((stage.At("a.json.capture"), stage.Library), (asked.CaptureDirectory, asked.ProfilerLibrary));
        Assert.Equal(["a.json"], stage.Files());
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllBytes(stage.At("a.json")));
        Assert.Equal(7, trace.RootElement.GetProperty("traceEvents").EnumerateArray().Count(e => e.GetProperty("ph").GetString() == "X"));
        long bytes = new FileInfo(stage.At("a.json")).Length;
        Assert.Equal(
            Summary.Replace("2.5 KB", Quantity.Bytes(bytes), StringComparison.Ordinal).Replace("350.0", Quantity.Decimals(bytes / 7.0, 1), StringComparison.Ordinal),
            stage.ErrorText);
        Assert.Equal("", stage.Output.ToString());
    }

    [Theory]
    [InlineData(3, null, 3)]
    [InlineData(137, 9, 137)]
    [InlineData(0, null, 0)]
    public void TheExitCodeIsTheProgramsOwn(int exitCode, int? signal, int expected)
    {
        using var stage = new Stage { Answer = Stage.Ended(exitCode, signal) };
        Assert.Equal(expected, stage.Run("run", "--quiet", "-o", "a.json", "--", "dotnet", "a.dll"));
        Assert.Equal("", stage.ErrorText);
        Assert.Equal(["a.json"], stage.Files());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void NothingRecordedIsSaidAndTheExitCodeStaysTheProgramsOwn(int exitCode)
    {
        using var stage = new Stage
        {
            Answer = Stage.Ended(exitCode, whyNothing: "ls is no .NET program"),
        };
        Assert.Equal(exitCode, stage.Run("run", "--quiet", "-o", "a.json", "--", "ls"));
        Assert.Equal("error VZ0009: nothing was recorded: ls is no .NET program\n", stage.ErrorText);
        Assert.Empty(stage.Files());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void FailedConversionKeepsTheCaptureAndTellsHowToTryAgain(int exitCode)
    {
        using var stage = new Stage
        {
            Answer = Stage.Ended(exitCode),
            Capture = _ => throw new TraceException(ErrorId.DiskFull, "a.json: the disk is full"),
        };
        Assert.Equal(exitCode, stage.Run("run", "-o", "my out.json", "--quiet", "--", "dotnet", "a.dll"));
        Assert.Equal(
            """
            viztrace: the recording is kept in DIR/my out.json.capture
            viztrace: to try again: viztrace convert 'DIR/my out.json.capture' -o 'DIR/my out.json'
            error VZ0010: a.json: the disk is full

            """,
            stage.ErrorText);
        Assert.Equal(["my out.json.capture"], stage.Files());
    }

    [Fact]
    public void AnOldTraceSurvivesAFailedOneAndABugOfOursLeavesTheProgramsExitCodeAlone()
    {
        using var stage = new Stage { Capture = _ => throw new InvalidOperationException("oops") };
        File.WriteAllText(stage.At("a.json"), "old");
        Assert.Equal(0, stage.Run("run", "-o", "a.json", "--", "dotnet", "a.dll"));
        Assert.EndsWith("viztrace has a bug: InvalidOperationException: oops (--verbose tells where)\n", stage.ErrorText, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(stage.At("a.json")));
        Assert.Equal(["a.json", "a.json.capture"], stage.Files());
    }

    [Fact]
    public void TheCaptureIsKeptWhereItWasAskedFor()
    {
        using var stage = new Stage();
        Assert.Equal(0, stage.Run("run", "-o", "a.json", "--keep-capture", "--capture-dir", "kept", "--quiet", "--", "dotnet", "a.dll"));
        Assert.Equal(["a.json", "kept"], stage.Files());
        Assert.Equal("", stage.ErrorText);
    }

    [Theory]
    [InlineData("--include !x", "true", 64, "error VZ0007: pattern !x: no module before '!' at column 1")]
    [InlineData("--exclude a!", "true", 64, "error VZ0007: pattern a!: no name pattern at column 3")]
    [InlineData("--max-capture-size 1KB", "true", 64, "error VZ0007: a capture needs at least 4194304 bytes")]
    [InlineData("--quiet", "/nowhere/program", 127, "error VZ0008: /nowhere/program: cannot be started: No such file or directory")]
    [InlineData("--quiet", "true", 0, "error VZ0009: nothing was recorded: true is no .NET program, and none that it may have started loaded the profiler")]
    [InlineData("--quiet", "false", 1, "error VZ0009: nothing was recorded: false is no .NET program, and none that it may have started loaded the profiler")]
    public void TheRealRecorderFailsWithOneLineAndLeavesNothingBehind(string option, string program, int exitCode, string line)
    {
        using var stage = new Stage { Recorder = new CommandRecorder(releasesStreams: false) };
        Assert.Equal(exitCode, stage.Run(["run", "-o", "a.json", .. option.Split(' '), "--", program]));
        Assert.Equal(line + "\n", stage.ErrorText);
        Assert.Empty(stage.Files());
    }

    [Fact]
    public void WhatWentWrongWhileRecordingIsSaid()
    {
        using var stage = new Stage { Answer = Stage.Ended(0, problems: "2 ledger entries could not be written") };
        stage.Run("run", "-o", "a.json", "--", "dotnet", "a.dll");
        Assert.StartsWith("viztrace: 2 ledger entries could not be written\n", stage.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public void TheRecordersLogIsShownOnlyWhenVerbose()
    {
        using var stage = new Stage();
        stage.Run("run", "-o", "a.json", "--", "dotnet", "a.dll");
        Assert.DoesNotContain("recorder's log", stage.ErrorText, StringComparison.Ordinal);
        stage.Run("run", "-o", "a.json", "--verbose", "--", "dotnet", "a.dll");
        Assert.Contains("the recorder's log\n", stage.ErrorText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dotnet bin/My.App.dll x.dll", "My.App")]
    [InlineData("/usr/share/dotnet/dotnet --roll-forward Major App.DLL", "App")]
    [InlineData("dotnet exec --runtimeconfig r.json --depsfile d.json csc.dll /noconfig", "csc")]
    [InlineData("dotnet --fx-version 10.0.0 exec App.dll", "App")]
    [InlineData("./out/My.App arg", "My.App")]
    [InlineData("tool.exe", "tool")]
    [InlineData("dotnet run --project examples/HelloThreads -- --project no", "HelloThreads")]
    [InlineData("dotnet run -c Release --project=examples/Other/The.Project.csproj", "The.Project")]
    [InlineData("dotnet run --project examples/Named", "RealName")]
    [InlineData("dotnet run", "Here")]
    [InlineData("dotnet test", "work")]
    [InlineData("dotnet test examples/Named", "RealName")]
    [InlineData("dotnet", "dotnet")]
    [InlineData("dotnet exec", "dotnet")]
    public void TheTraceIsNamedAfterTheProgram(string command, string expected)
    {
        using var stage = new Stage();
        string work = stage.At("work");
        Directory.CreateDirectory(Path.Combine(work, "examples/HelloThreads"));
        Directory.CreateDirectory(Path.Combine(work, "examples/Named"));
        File.WriteAllText(Path.Combine(work, "examples/Named/RealName.csproj"), "");
        File.WriteAllText(Path.Combine(work, "Here.csproj"), "");
        Assert.Equal(expected, ProgramName.Of(command.Split(' '), work));
    }
}
