using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// <c>kill -9</c> at any moment: what every thread of the program did until 10 ms before is in the trace. The program says after every 100
/// calls of a thread how many they are by now and what time it is; the test knows when it killed.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const int KillSignal = 9;
    private const int StepsPerMarker = 100;
    private const long TenMs = 10_000_000;

    /// <summary>From this long on a kill comes after every thread was heard of, so that there is something to check for certain.</summary>
    private const int LongMs = 190;

    private static readonly string[] s_stepping = ["stepping-0", "stepping-1", "stepping-2"];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, int, string> Moments
    {
        get
        {
            (string Path, int Milliseconds, string Ending)[] moments =
            [
                ("default", 0, ".pftrace"), ("default", 37, ".json"), ("default", LongMs, ".pftrace"), ("default", 611, ".json"),
                ("default", 1503, ".pftrace"), ("portable", 83, ".pftrace"), ("monotonic", 402, ".pftrace"),
            ];
            var rows = new TheoryData<string, int, string>();
            foreach ((string path, int milliseconds, string ending) in moments.Where(m => ProbePath.Names.Contains(m.Path)))
                rows.Add(path, milliseconds, ending);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Moments))]
    public void AfterTheProgramIsKilledItsTraceIsWrittenAndWhole(string path, int milliseconds, string ending)
    {
        string file = "killed" + ending;
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, Run(file), ProbePath.Environment(path));
        int program = WaitFor(recorder, milliseconds);
        long killedNs = Stopwatch.GetTimestamp();
        ChildProcess.Signal(program, KillSignal);

        CommandResult result = recorder.Wait().Exits(128 + KillSignal);

        Assert.NotEqual(recorder.Id, program);
        AssertWhole(file, result, killedNs, sure: milliseconds >= LongMs);
    }

    [Theory]
    [InlineData(55)]
    [InlineData(730)]
    public void WhenTheRecorderDiesFirstTheProgramGoesOnAndTheCaptureCanBeConverted(int milliseconds)
    {
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, Run("killed.pftrace", "--capture-dir", _folder["capture"]));
        int program = WaitFor(recorder, milliseconds);
        recorder.WaitForOutput(o => Markers(o).Length > 3);
        ChildProcess.Signal(recorder.Id, KillSignal);
        int before = Markers(recorder.OutputSoFar).Length;
        recorder.WaitForOutput(o => Markers(o).Length > before + 60, mayHaveExited: true);
        long killedNs = Stopwatch.GetTimestamp();
        ChildProcess.Signal(program, KillSignal);
        CommandResult result = recorder.Wait();

        VizTraceCommand.RunIn(_folder.Path, ["convert", "capture", "-o", "late.pftrace"]).Exits(0);

        // Nobody compares the clocks after the recorder's death; the stated error counts what lies beyond the last comparison.
        AssertWhole("late.pftrace", result, killedNs, sure: milliseconds >= LongMs);
    }

    [Fact]
    public void WhenBothDieAtOnceTheCaptureCanBeConverted()
    {
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, Run("killed.pftrace", "--capture-dir", _folder["capture"]));
        int program = WaitFor(recorder, 300);
        long killedNs = Stopwatch.GetTimestamp();
        ChildProcess.Signal(recorder.Id, KillSignal);
        ChildProcess.Signal(program, KillSignal);
        CommandResult result = recorder.Wait();

        CommandResult info = VizTraceCommand.RunIn(_folder.Path, ["info", "capture"]).Exits(0);
        Assert.Contains("Kill.Program.Step", info.Output, StringComparison.Ordinal);
        VizTraceCommand.RunIn(_folder.Path, ["convert", "capture", "-o", "late.json"]).Exits(0);

        AssertWhole("late.json", result, killedNs, sure: true);
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Run(string output, params string[] options) => ["run", "-o", output, .. options, "--", "dotnet", Repository.Program("Kill")];

    /// <summary>Id of the program, some time after it said it, and when that time is long, after every thread has said something.</summary>
    private static int WaitFor(ChildProcess recorder, int milliseconds)
    {
        recorder.WaitForOutput(o => o.Contains('\n', StringComparison.Ordinal));
        if (milliseconds >= LongMs)
            recorder.WaitForOutput(o => Markers(o).DistinctBy(m => m.Thread).Count() == s_stepping.Length);
        Thread.Sleep(milliseconds);
        return int.Parse(recorder.OutputSoFar.Split('\n')[0].Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>What the threads said, whole lines only.</summary>
    private static Marker[] Markers(string output)
    {
        string[] lines = output.Split('\n');
        return [.. lines[..^1].Skip(1).Select(l => l.Split(' ')).Select(w => new Marker(
            long.Parse(w[0], CultureInfo.InvariantCulture), long.Parse(w[1], CultureInfo.InvariantCulture), w[2]))];
    }

    private void AssertWhole(string file, CommandResult result, long killedNs, bool sure)
    {
        Assert.Empty(Referee.ImportErrors(_folder[file]));
        DecodedTrace trace = DecodedTrace.Read(_folder[file]);
        long errorNs = ClockErrorNs(file);
        DecodedThread? main = trace.Threads.SingleOrDefault(t => t.Slices.Any(s => s.Name == "Kill.Program.Main"));
        Assert.NotNull(main);
        Assert.True(main.Slices[0].Unfinished, "Main was open when it was killed");
        ILookup<string, Marker> markers = Markers(result.Output).ToLookup(m => m.Thread);
        foreach (string name in s_stepping)
            AssertThread(name, trace.Threads.SingleOrDefault(t => t.Name == name), [.. markers[name]], killedNs, errorNs, sure);

        // It was over before the first of the others began.
        if (markers.Count > 0)
        {
            DecodedThread ended = trace.Thread("ended");
            Assert.Equal(10 * StepsPerMarker, ended.Slices.Count(s => s.Name == "Kill.Program.Step"));
            Assert.DoesNotContain(ended.Slices, s => s.Unfinished);
        }
    }

    private static void AssertThread(string name, DecodedThread? thread, Marker[] markers, long killedNs, long errorNs, bool sure)
    {
        Marker[] old = [.. markers.Where(m => m.Ns <= killedNs - TenMs)];
        Assert.True(old.Length > 0 || !sure, $"{name} said nothing long before the kill: the test proves nothing");
        long[] steps = [.. thread?.Slices.Where(s => s.Name == "Kill.Program.Step").Select(s => s.BeginNs) ?? []];
        foreach (Marker marker in old)
        {
            Assert.True(steps.Length >= marker.Steps, $"{name}: {steps.Length} of {marker.Steps} calls made until {killedNs - marker.Ns} ns before the kill");
            // The marker's own time stamp was read after the last of those calls and before the next: the clocks agree, as far as the trace says.
            Assert.True(
                steps[marker.Steps - 1] <= marker.Ns + errorNs && (steps.Length == marker.Steps || steps[marker.Steps] >= marker.Ns - errorNs),
                $"{name}: call {marker.Steps} at {steps[marker.Steps - 1]}, marker at {marker.Ns}, stated error {errorNs}");
        }

        if (old.Length > 0)
        {
            Assert.Equal("Kill.Program.Run", thread!.Slices[0].Name);
            Assert.True(thread.Slices[0].Unfinished, $"{name} was running when it was killed");
        }

        // One marker more than was told may have been under way, never two.
        Assert.InRange(steps.Length, 0, (markers.Length == 0 ? 0 : markers[^1].Steps) + (2 * StepsPerMarker));
    }

    /// <summary>What the trace says of its own clock, and one more for rounding to nanoseconds.</summary>
    private long ClockErrorNs(string file)
    {
        using JsonDocument info = JsonDocument.Parse(VizTraceCommand.RunIn(_folder.Path, ["info", file, "--json"]).Exits(0).Output);
        return info.RootElement.GetProperty("metadata").GetProperty("clockErrorNs").GetInt64() + 1;
    }

    /// <summary>After so many calls of its own a thread read the clock.</summary>
    private sealed record Marker(long Steps, long Ns, string Thread);
}
