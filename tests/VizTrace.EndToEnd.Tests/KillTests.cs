using System.Diagnostics;
using System.Globalization;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// <c>kill -9</c> at any moment: what the program did until 10 ms before is in the trace. The program says after every 500 calls how many
/// they are by now and what time it is; the test knows when it killed.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const int KillSignal = 9;
    private const long TenMs = 10_000_000;

    /// <summary>The trace says 10 to 50 ns of itself; a machine with neighbours may be worse.</summary>
    private const long ClockErrorNs = 2_000;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, int> Moments => new()
    {
        { "default", 0 },
        { "default", 37 },
        { "default", 190 },
        { "default", 611 },
        { "default", 1503 },
        { "portable", 83 },
        { "monotonic", 402 },
    };

    [Theory]
    [MemberData(nameof(Moments))]
    public void AfterTheProgramIsKilledItsTraceIsWrittenAndWhole(string path, int milliseconds)
    {
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, Run("killed.pftrace"), ProbePath.Environment(path));
        (int program, long killedNs) = KillAfter(recorder, milliseconds);

        CommandResult result = recorder.Wait().Exits(128 + KillSignal);

        Assert.NotEqual(recorder.Id, program);
        AssertWhole(DecodedTrace.Read(_folder["killed.pftrace"]), result, killedNs);
    }

    [Theory]
    [InlineData(55)]
    [InlineData(730)]
    public void WhenTheRecorderDiesFirstTheProgramGoesOnAndTheCaptureCanBeConverted(int milliseconds)
    {
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, Run("killed.pftrace", "--capture-dir", _folder["capture"]));
        int program = ProgramId(recorder);
        Thread.Sleep(milliseconds);
        recorder.WaitForOutput(o => o.Split('\n').Length > 3);
        ChildProcess.Signal(recorder.Id, KillSignal);
        int before = recorder.OutputSoFar.Split('\n').Length;
        recorder.WaitForOutput(o => o.Split('\n').Length > before + 20, mayHaveExited: true);
        long killedNs = Stopwatch.GetTimestamp();
        ChildProcess.Signal(program, KillSignal);
        CommandResult result = recorder.Wait();

        VizTraceCommand.RunIn(_folder.Path, ["convert", "capture", "-o", "late.pftrace"]).Exits(0);

        AssertWhole(DecodedTrace.Read(_folder["late.pftrace"]), result, killedNs);
    }

    [Fact]
    public void WhenBothDieAtOnceTheCaptureCanBeConverted()
    {
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, Run("killed.pftrace", "--capture-dir", _folder["capture"]));
        int program = ProgramId(recorder);
        Thread.Sleep(300);
        recorder.WaitForOutput(o => o.Split('\n').Length > 3);
        long killedNs = Stopwatch.GetTimestamp();
        ChildProcess.Signal(recorder.Id, KillSignal);
        ChildProcess.Signal(program, KillSignal);
        CommandResult result = recorder.Wait();

        CommandResult info = VizTraceCommand.RunIn(_folder.Path, ["info", "capture"]).Exits(0);
        Assert.Contains("Kill.Program.Step", info.Output, StringComparison.Ordinal);
        VizTraceCommand.RunIn(_folder.Path, ["convert", "capture", "-o", "late.json"]).Exits(0);

        AssertWhole(DecodedTrace.Read(_folder["late.json"]), result, killedNs);
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Run(string output, params string[] options) => ["run", "-o", output, .. options, "--", "dotnet", Repository.Program("Kill")];

    private static int ProgramId(ChildProcess recorder)
    {
        recorder.WaitForOutput(o => o.Contains('\n', StringComparison.Ordinal));
        return int.Parse(recorder.OutputSoFar.Split('\n')[0].Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static (int Program, long KilledNs) KillAfter(ChildProcess recorder, int milliseconds)
    {
        int program = ProgramId(recorder);
        Thread.Sleep(milliseconds);
        long killedNs = Stopwatch.GetTimestamp();
        ChildProcess.Signal(program, KillSignal);
        return (program, killedNs);
    }

    private static void AssertWhole(DecodedTrace trace, CommandResult result, long killedNs)
    {
        (long Steps, long Ns)[] markers = [.. result.OutputLines.Skip(1).Select(l => l.Split(' ')).Where(w => w.Length == 2)
            .Select(w => (long.Parse(w[0], CultureInfo.InvariantCulture), long.Parse(w[1], CultureInfo.InvariantCulture)))];
        DecodedThread main = trace.Threads.Single(t => t.Slices.Count > 0);
        Assert.Equal("Kill.Program.Main", main.Slices[0].Name);
        Assert.True(main.Slices[0].Unfinished, "Main was open when it was killed");
        long[] steps = [.. main.Slices.Where(s => s.Name == "Kill.Program.Step").Select(s => s.BeginNs)];
        foreach ((long count, long ns) in markers.Where(m => m.Ns <= killedNs - TenMs))
        {
            Assert.True(steps.Length >= count, $"{steps.Length} of {count} calls made until {killedNs - ns} ns before the kill");
            // The marker's own time stamp was read after the last of those calls and before the next: the clocks agree.
            Assert.True(steps[count - 1] <= ns + ClockErrorNs && (steps.Length == count || steps[count] >= ns - ClockErrorNs), $"call {count} at {steps[count - 1]}, marker at {ns}");
        }

        // One marker more than was told may have been under way, never two.
        Assert.InRange(steps.Length, 0, markers.Length == 0 ? 1000 : markers[^1].Steps + 1000);
    }
}
