using System.Text;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Streams, arguments and interruptions that only a shell can make.</summary>
public sealed class StreamTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    [InlineData("2>&- >&- <&-")]
    public void AStandardErrorThatCannotBeWrittenCostsNothing(string redirection)
    {
        Shell($"{Terminal.Recording("--verbose -o k.pftrace", "Counting")} 1 1 {redirection}").Exits(0);

        Assert.Equal(CountingExpectation.Total(1, 1), DecodedTrace.Read(_folder["k.pftrace"]).Counts());
        Assert.Equal(["k.pftrace"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void AStandardErrorThatNobodyReadsCostsNothing()
    {
        CommandResult result = Shell($"{{ {Terminal.Recording("--verbose -o k.pftrace", "Counting")} 1 1 >/dev/null; echo $? > code; }} 2>&1 | true; while [ ! -s code ]; do sleep 0.05; done; cat code");

        Assert.Equal("0\n", result.Output);
        Assert.Equal(CountingExpectation.Total(1, 1), DecodedTrace.Read(_folder["k.pftrace"]).Counts());
    }

    [Fact]
    public void WhatWasAskedForAndCannotBeWrittenIsAFailure() =>
        Shell($"{Terminal.Quoted(VizTraceCommand.Path)} --version > /dev/full").Exits(73).Says("VZ0010");

    /// <summary>yes ends of its broken pipe while the program still runs.</summary>
    [Fact]
    public void WhoeverFeedsTheProgramSeesThatItHasClosedItsInput()
    {
        CommandResult result = Shell($$"""
            { yes; echo ended > ended; } | {{Terminal.Quoted(VizTraceCommand.Path)}} run --quiet -o k.pftrace -- sh -c 'exec <&-; i=0; while [ $i -lt 200 ] && [ ! -s ended ]; do sleep 0.05; i=$((i+1)); done; cat ended'
            """);

        Assert.Equal("ended\n", result.Output);
    }

    [Fact]
    public void ArgumentsComeByteForByte()
    {
        CommandResult result = Shell($$"""
            {{Terminal.Quoted(VizTraceCommand.Path)}} run --quiet -o k.pftrace -- printf '%s|' "$(printf 'a\377\303(b')" '' "$(printf '\342\234\223')" | od -An -tx1 | tr -d ' \n'
            """);

        Assert.Equal(Convert.ToHexStringLower([.. "a"u8, 0xFF, 0xC3, .. "(b||"u8, .. Encoding.UTF8.GetBytes("✓"), .. "|"u8]), result.Output);
    }

    [Fact]
    public void AnotherProfilerInTheEnvironmentGivesWayAndThatIsSaid()
    {
        var environment = new Dictionary<string, string>
        {
            ["CORECLR_ENABLE_PROFILING"] = "1",
            ["CORECLR_PROFILER"] = "{11111111-2222-3333-4444-555555555555}",
            ["CORECLR_PROFILER_PATH"] = "/nowhere/other.so",
        };
        Recording recording = Recording.Of(_folder, ["dotnet", Repository.Program("Hello")], environment: environment).Exits(0);

        Assert.Contains("CORECLR_ENABLE_PROFILING", recording.Result.Error, StringComparison.Ordinal);
        Assert.Equal(1, recording.Trace.Counts()["Hello.Program.Main"]);
        Assert.Empty(Recording.Of(_folder, ["dotnet", Repository.Program("Hello")], ["--quiet"], environment).Exits(0).Result.Error);
    }

    /// <summary>27 million calls take seconds to convert; the signal comes when the conversion has begun its file.</summary>
    [Theory]
    [InlineData(15)]
    [InlineData(2)]
    public void ASignalEndsTheConversionInGoodOrder(int signal)
    {
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, ["run", "-o", "k.json.gz", "--", "dotnet", Repository.Program("Fib"), "1", "30", "10"]);
        recorder.WaitForOutput(o => o.Contains("calls", StringComparison.Ordinal));
        while (Directory.GetFiles(_folder.Path, "k.json.gz.part-*").Length == 0 && !recorder.HasExited)
            Thread.Sleep(2);
        ChildProcess.Signal(recorder.Id, signal);

        CommandResult result = recorder.Wait().Exits(0);

        Assert.Equal($"viztrace: interrupted; the recording is kept, to convert it: viztrace convert {_folder["k.json.gz.capture"]} -o {_folder["k.json.gz"]}", result.ErrorLines[^1]);
        Assert.Equal(["k.json.gz.capture"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));

        using ChildProcess convert = VizTraceCommand.Start(_folder.Path, ["convert", "k.json.gz.capture", "-o", "k.json.gz"]);
        while (Directory.GetFiles(_folder.Path, "k.json.gz.part-*").Length == 0 && !convert.HasExited)
            Thread.Sleep(2);
        ChildProcess.Signal(convert.Id, signal);
        convert.Wait().Exits(128 + signal);
        Assert.Equal(["k.json.gz.capture"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    public void Dispose() => _folder.Dispose();

    private CommandResult Shell(string line) => ChildProcess.Run("sh", ["-c", line], _folder.Path);
}
