using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// What strains a recorder: nothing hangs, a program ends as it would have ended alone, and each call that it counted is in the trace or among
/// the lost. A moment of each here; <c>tests/stress/run.sh</c> runs each as long as it is told to.
/// </summary>
public sealed partial class StressTests : IDisposable
{
    /// <summary>A program is run again and again until its time is over, for so many seconds at most: a trace has to fit into memory.</summary>
    private const double MostSecondsAtOnce = 10;

    private const double SecondsInTests = 0.4;

    private const string Endless = "Stress.Deaths.Endless";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names =>
        [.. StressCase.All.Select(c => c.Name).Where(n => Chosen is null || Chosen.Contains(n))];

    private static string[]? Chosen =>
        System.Environment.GetEnvironmentVariable("VIZTRACE_STRESS_NAMES") is { Length: > 0 } names ? names.Split(' ') : null;

    private static double Seconds =>
        System.Environment.GetEnvironmentVariable("VIZTRACE_STRESS_SECONDS") is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : SecondsInTests;

    [Theory]
    [MemberData(nameof(Names))]
    public void NothingHangsAndEveryCallIsAccountedFor(string name)
    {
        StressCase stress = StressCase.All.Single(c => c.Name == name);
        CommandResult? plain = stress.Dies ? ChildProcess.Run(stress.Command[0], stress.Command[1..], _folder.Path).Exits(stress.ExitCode) : null;
        var total = new StressAccount();
        TimeSpan ran = TimeSpan.Zero;
        do
        {
            double left = Seconds - ran.TotalSeconds;
            string seconds = Math.Clamp(left, Math.Min(Seconds, 1), MostSecondsAtOnce).ToString("F1", CultureInfo.InvariantCulture);
            long start = Stopwatch.GetTimestamp();
            Recording recording = Recording.Of(_folder, stress.CommandFor(seconds), stress.Options, Environment(stress)).Exits(stress.ExitCode);
            ran += Stopwatch.GetElapsedTime(start);
            if (plain is null)
                Assert.DoesNotContain(recording.Result.ErrorLines, l => !l.StartsWith("viztrace: ", StringComparison.Ordinal));
            else
                AssertDiedAlike(plain, recording.Result);
            total.Add(StressAccount.Of(recording, LostRecords(recording)), stress.RecordsOnlyCounted);
            if (name.StartsWith("overflow", StringComparison.Ordinal))
                AssertDeep(recording);
        }
        while (ran.TotalSeconds < Seconds);

        Assert.InRange(total.Said, 1, long.MaxValue);
        Tell(name, total, ran);
    }

    public void Dispose() => _folder.Dispose();

    private static Dictionary<string, string> Environment(StressCase stress) =>
        stress.ChunkRecords is null ? [] : new() { ["VIZTRACE_CHUNK_RECORDS"] = stress.ChunkRecords };

    private long LostRecords(Recording recording)
    {
        using JsonDocument info = JsonDocument.Parse(VizTraceCommand.RunIn(_folder.Path, ["info", recording.File, "--json"]).Exits(0).Output);
        return info.RootElement.GetProperty("lostRecords").GetInt64();
    }

    /// <summary>What the program says when it dies is the same, but for how many frames fit on a stack: that depends on their size.</summary>
    private static void AssertDiedAlike(CommandResult plain, CommandResult recorded)
    {
        Assert.Equal(plain.Output, recorded.Output);
        Assert.StartsWith(Repeated().Replace(plain.Error, "Repeated"), Repeated().Replace(recorded.Error, "Repeated"), StringComparison.Ordinal);
    }

    /// <summary>The calls that filled the stack lie one in the other and are all open; the runtime says how many there were.</summary>
    private static void AssertDeep(Recording recording)
    {
        long repeated = long.Parse(Repeated().Match(recording.Result.Error).Groups[1].Value, CultureInfo.InvariantCulture);
        DecodedThread thread = recording.Trace.Threads.Single(t => t.Slices.Any(s => s.Name == Endless));
        int first = thread.Slices.FindIndex(s => s.Name == Endless);
        int depth = thread.Slices[first].Depth;
        for (int i = first; i < thread.Slices.Count; i++)
        {
            DecodedSlice slice = thread.Slices[i];
            if (slice.Name != Endless || !slice.Unfinished || slice.Depth != depth + (i - first) || (i > first && slice.Parent != i - 1))
                Assert.Fail($"slice {i}: {slice.Name}, depth {slice.Depth} where {depth + (i - first)} was due, below slice {slice.Parent}");
        }

        // The last call may have found no room for its probe.
        Assert.InRange(thread.Slices.Count - first, repeated - 1, repeated);
    }

    private static void Tell(string name, StressAccount total, TimeSpan time)
    {
        if (System.Environment.GetEnvironmentVariable("VIZTRACE_STRESS_TABLE") is not { } table)
            return;
        File.AppendAllText(table, string.Create(
            CultureInfo.InvariantCulture,
            $"{name}|{total.Rounds}|{time.TotalSeconds:F0}|{total.Threads}|{total.Said}|{total.Recorded}|{total.Lost}\n"));
    }

    [GeneratedRegex("Repeated (\\d+) times")]
    private static partial Regex Repeated();
}
