using System.Globalization;
using System.Text.Json;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>When there is no more room the program goes on, what was recorded stays, and the trace says from when on it is blind.</summary>
public sealed class LimitTests : IDisposable
{
    // fib(30) twice: 5,385,074 calls, far more than any of the limits here holds.
    private const long Calls = 5_385_074;
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void TheSizeLimitOfTheCaptureEndsTheRecordingAndNotTheProgram()
    {
        Recording recording = Recording.OfProgram(_folder, "Fib", ["1", "30", "2"], ["--max-capture-size", "8MiB"]).Exits(0);

        Assert.StartsWith($"threads 1 calls {Calls} ", recording.Result.Output, StringComparison.Ordinal);
        AssertBlind("Fib.pftrace", recording.Result);
    }

    /// <summary>64 KB: not even the pool's first chunks fit; they lie in memory then, and what is drained ends where the disk does.</summary>
    [Theory]
    [InlineData("64k")]
    [InlineData("1m")]
    [InlineData("6m")]
    public void AFullDiskEndsTheRecordingAndNotTheProgram(string size)
    {
        CommandResult result = RunOnSmallDisk(size).Exits(0);

        Assert.StartsWith($"threads 1 calls {Calls} ", result.Output, StringComparison.Ordinal);
        AssertBlind("full.pftrace", result);
    }

    /// <summary>Not even the settings fit: nothing is started, and nothing of ours is left.</summary>
    [Fact]
    public void ADiskThatIsFullBeforeTheStart()
    {
        Directory.CreateDirectory(_folder["disk"]);
        string user = Environment.IsPrivilegedProcess ? "-m" : "-rm";
        string[] run = [VizTraceCommand.Path, "run", "-o", "full.pftrace", "--capture-dir", "disk/deep/capture", "--", "echo", "started"];
        CommandResult result = ChildProcess.Run(
            "unshare",
            [user, "sh", "-c", "mount -t tmpfs -o size=4k tmpfs disk && head -c 4096 /dev/zero > disk/fill && \"$@\"; code=$?; ls -A disk; exit $code", "sh", .. run],
            _folder.Path);

        result.Exits(73).Says("VZ0010");
        Assert.Equal("fill\n", result.Output);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The capture lies in a file system of its own, which only this command sees.</summary>
    private CommandResult RunOnSmallDisk(string size)
    {
        Directory.CreateDirectory(_folder["disk"]);
        string user = Environment.IsPrivilegedProcess ? "-m" : "-rm";
        string[] run = [VizTraceCommand.Path, "run", "-o", "full.pftrace", "--capture-dir", "disk/capture", "--", "dotnet", Repository.Program("Fib"), "1", "30", "2"];
        return ChildProcess.Run("unshare", [user, "sh", "-c", $"mount -t tmpfs -o size={size} tmpfs disk && exec \"$@\"", "sh", .. run], _folder.Path);
    }

    private void AssertBlind(string file, CommandResult result)
    {
        Assert.Contains("its end is not in the trace", result.Error, StringComparison.Ordinal);
        long recorded = long.Parse(Referee.Query(_folder[file], "select count(*) from slice where name = 'Fib.Calculator.Fib'")[0][0]!, CultureInfo.InvariantCulture);
        Assert.InRange(recorded, 1000, Calls - 1);
        CommandResult info = VizTraceCommand.RunIn(_folder.Path, ["info", file, "--json"]).Exits(0);
        using JsonDocument document = JsonDocument.Parse(info.Output);
        Assert.True(document.RootElement.GetProperty("blindFromNs").GetInt64() > 0);
        Assert.NotEmpty(document.RootElement.GetProperty("blindReason").GetString()!);
    }
}
