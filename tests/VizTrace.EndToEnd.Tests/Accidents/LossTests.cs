using System.Globalization;
using System.Text.Json;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>When the recorder gets no CPU until the program has ended: what did not fit into the pool is counted to the last record.</summary>
public sealed class LossTests : IDisposable
{
    private const int StopSignal = 19;
    private const int ContinueSignal = 18;

    /// <summary>Fib's warm-up: three times fib(20).</summary>
    private const long WarmUpCalls = 3 * 21_891;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("default")]
    [InlineData("portable")]
    public void EveryRecordIsInTheTraceOrCountedAsLost(string path)
    {
        using ChildProcess recorder = VizTraceCommand.Start(
            _folder.Path,
            ["run", "-o", "x.pftrace", "--max-capture-size", "64MiB", "--include", "Fib.Calculator.*", "--capture-dir", "c", "--", "dotnet", Repository.Program("Fib"), "1", "30", "2"],
            ProbePath.Environment(path));
        string process = WaitForBlocks(recorder);
        ChildProcess.Signal(recorder.Id, StopSignal);
        int program = int.Parse(Path.GetFileName(process)[1..].Split('-')[0], CultureInfo.InvariantCulture);
        WaitForZombie(program);
        ChildProcess.Signal(recorder.Id, ContinueSignal);
        CommandResult result = recorder.Wait().Exits(0);

        long calls = long.Parse(result.Output.Split(' ')[3], CultureInfo.InvariantCulture) + WarmUpCalls;
        using JsonDocument document = JsonDocument.Parse(VizTraceCommand.RunIn(_folder.Path, ["info", "x.pftrace", "--json"]).Exits(0).Output);
        long lost = document.RootElement.GetProperty("lostRecords").GetInt64();
        DecodedSlice[] slices = [.. DecodedTrace.Read(_folder["x.pftrace"]).Threads.SelectMany(t => t.Slices)];
        Assert.All(slices, s => Assert.Equal("Fib.Calculator.Fib", s.Name));
        long recorded = slices.Sum(s => s.Unfinished || s.EndLost ? 1L : 2L);
        Assert.InRange(lost, 1, long.MaxValue);
        Assert.Equal(2 * calls, recorded + lost);
    }

    public void Dispose() => _folder.Dispose();

    private string WaitForBlocks(ChildProcess recorder)
    {
        while (true)
        {
            Assert.False(recorder.HasExited);
            string? process = Directory.Exists(_folder["c"])
                ? Directory.GetDirectories(_folder["c"]).FirstOrDefault(d => File.Exists(Path.Combine(d, "blocks")))
                : null;
            if (process is not null)
                return process;
            Thread.Sleep(1);
        }
    }

    /// <summary>Ended, and not yet waited for: only its stopped parent could do that.</summary>
    private static void WaitForZombie(int process)
    {
        string stat;
        do
        {
            Thread.Sleep(5);
            stat = File.ReadAllText($"/proc/{process}/stat");
        }
        while (stat[stat.LastIndexOf(')') + 2] != 'Z');
    }
}
