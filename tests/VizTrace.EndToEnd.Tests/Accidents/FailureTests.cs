using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>A failure of the tracer never changes the program: it says and does what it does alone, and what became of the trace is said beside it.</summary>
public sealed class FailureTests : IDisposable
{
    private static readonly string[] s_fib = ["dotnet", Repository.Program("Fib"), "1", "27", "3"];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void AProfilerLibraryThatIsNone()
    {
        File.WriteAllText(_folder["library"], "text");
        AssertNothingChanged(Run(new() { ["VIZTRACE_PROFILER_LIBRARY"] = _folder["library"] }), "VZ0009");
    }

    [Fact]
    public void AProfilerLibraryThatIsAnother() =>
        AssertNothingChanged(Run(new() { ["VIZTRACE_PROFILER_LIBRARY"] = Path.Combine(Repository.Framework, "libSystem.Native.so") }), "VZ0009");

    [Fact]
    public void ARuntimeThatIsToldToTakeNoProfiler() => AssertNothingChanged(Run(new() { ["DOTNET_EnableDiagnostics"] = "0" }), "VZ0009");

    [Fact]
    public void ACaptureDirectoryThatIsRemovedMeanwhile()
    {
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, ["run", "-o", "x.pftrace", "--capture-dir", "capture", "--", .. s_fib]);
        for (int i = 0; i < 6000 && !recorder.HasExited && !IsRecording(); i++)
            Thread.Sleep(10);
        Assert.True(IsRecording(), "the program ended before it recorded anything");
        // It warms up for half a second; sh, because rm does not mind what comes and goes meanwhile.
        ChildProcess.Run("sh", ["-c", "until rm -rf capture; do :; done"], _folder.Path).Exits(0);

        AssertNothingChanged(recorder.Wait(), null);
    }

    /// <summary>Not even the pool has a place to be; on the disk there is room for what the recorder writes before the program starts.</summary>
    [Fact]
    public void NoRoomInMemoryAndNoneOnDisk()
    {
        CommandResult result = SmallDisk.Run(
            _folder.Path, [("/dev/shm", "64k"), ("disk", "64k")], [VizTraceCommand.Path, "run", "-o", "x.pftrace", "--capture-dir", "disk/capture", "--", .. s_fib],
            prepare: "{ head -c 100000 /dev/zero > /dev/shm/full; head -c 45056 /dev/zero > disk/full; true; } 2>&-");

        AssertNothingChanged(result, null);
    }

    /// <summary>Nothing can be written into the capture from before the program starts: not even its own folder can be made there.</summary>
    [Fact]
    public void ACaptureDirectoryThatBecomesReadOnly()
    {
        CommandResult result = SmallDisk.Run(
            _folder.Path, [("disk", "1m")],
            [
                VizTraceCommand.Path, "run", "-o", "x.pftrace", "--capture-dir", "disk/capture", "--",
                "sh", "-c", "mount -o remount,ro disk && exec \"$@\"", "sh", .. s_fib,
            ]);

        AssertNothingChanged(result, "VZ0009");
    }

    /// <summary>A place that cannot be written is told before anything is started, as a wrong option is.</summary>
    [Fact]
    public void ACaptureDirectoryThatIsReadOnlyFromTheStart()
    {
        CommandResult result = SmallDisk.Run(
            _folder.Path, [("disk", "1m")], [VizTraceCommand.Path, "run", "-o", "x.pftrace", "--capture-dir", "disk/capture", "--", "echo", "started"],
            prepare: "mount -o remount,ro disk");

        result.Exits(73).Says("VZ0003");
        Assert.Equal("", result.Output);
    }

    /// <summary>
    /// The signal that tells of a file that grew too large (SIGXFSZ) would end the program: nothing is recorded under a small limit. The runtime
    /// alone lives within it when it need not map its code twice.
    /// </summary>
    [Fact]
    public void AFileSizeLimit()
    {
        var environment = new Dictionary<string, string> { ["DOTNET_EnableWriteXorExecute"] = "0" };
        CommandResult plain = ChildProcess.Run("sh", ["-c", "ulimit -f 64; exec \"$@\"", "sh", .. s_fib], _folder.Path, environment).Exits(0);
        CommandResult result = ChildProcess.Run(
            "sh", ["-c", "ulimit -f 64; exec \"$@\"", "sh", VizTraceCommand.Path, "run", "-o", "x.pftrace", "--", .. s_fib], _folder.Path, environment);

        AssertNothingChanged(result, "VZ0009", plain);
        Assert.Contains("ulimit -f", result.Error, StringComparison.Ordinal);
    }

    /// <summary>What was recorded outlives an output that has no room, and becomes a trace elsewhere.</summary>
    [Fact]
    public void AnOutputThatHasNoRoom()
    {
        string[] command = ["sh", "-c", "dotnet \"$0\" 2 2; exit 5", Repository.Program("Counting")];
        CommandResult result = SmallDisk.Run(_folder.Path, [("disk", "16k")], [VizTraceCommand.Path, "run", "-o", "disk/x.pftrace", "--capture-dir", "capture", "--", .. command]);

        result.Exits(5).Says("VZ0010");
        Assert.Equal(ChildProcess.Run(command[0], command[1..]).Exits(5).Output, result.Output);
        VizTraceCommand.RunIn(_folder.Path, ["convert", "capture", "-o", "late.pftrace"]).Exits(0);
        Assert.Equal(CountingExpectation.Total(2, 2), DecodedTrace.Read(_folder["late.pftrace"]).Counts());
    }

    public void Dispose() => _folder.Dispose();

    private bool IsRecording() => Directory.Exists(_folder["capture"]) && Directory.GetDirectories(_folder["capture"], "p*").Length > 0;

    private CommandResult Run(Dictionary<string, string> environment) => VizTraceCommand.RunIn(_folder.Path, ["run", "-o", "x.pftrace", "--", .. s_fib], environment);

    /// <summary>
    /// Output (but for its measurements), beginning of standard error and exit code are those of the plain program. Without a trace there is
    /// one line of an error, <paramref name="errorId"/> when it is known which.
    /// </summary>
    private void AssertNothingChanged(CommandResult result, string? errorId, CommandResult? plain = null)
    {
        plain ??= ChildProcess.Run(s_fib[0], s_fib[1..], _folder.Path);
        Assert.True(plain.ExitCode == result.ExitCode, $"{plain}\n{result}");
        Assert.Equal(Comparable(plain.Output), Comparable(result.Output));
        Assert.StartsWith(plain.Error, result.Error, StringComparison.Ordinal);
        int errors = result.ErrorLines.Count(l => l.StartsWith("error VZ", StringComparison.Ordinal));
        Assert.True(errors == (File.Exists(_folder["x.pftrace"]) ? 0 : 1), result.ToString());
        if (errorId is not null)
            result.Says(errorId);
        else if (errors == 0)
            Assert.Empty(Referee.ImportErrors(_folder["x.pftrace"]));
    }

    private static string Comparable(string output) => string.Join(' ', output.Split(' ').Take(4));
}
