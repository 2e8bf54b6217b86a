using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.Real.Tests;

/// <summary>
/// Large programs run alone and recorded: the same output, files and exit code, and a trace in which nothing is missing. Which of them run
/// is in VIZTRACE_REAL (<c>tests/real/run.sh</c>): unset the quick ones, <c>all</c>, or names, parted by <c>;</c>.
/// </summary>
public sealed class RealProgramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Chosen
    {
        get
        {
            string? asked = Environment.GetEnvironmentVariable("VIZTRACE_REAL");
            var data = new TheoryData<string, string>();
            foreach (RealProgram program in RealPrograms.All)
            {
                if (asked is null or "" ? program.IsQuick : asked == "all" || asked.Split(';').Contains(program.Name))
                {
                    // In the quick part the other modes are for what looks closest.
                    foreach (Mode mode in Mode.All.Take(!program.InEveryMode || (asked is null or "" && program.Name != "Introspection") ? 1 : Mode.All.Length))
                        data.Add(program.Name, mode.Name);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Chosen))]
    public void TheProgramIsTheSameAndTheTraceIsWhole(string name, string mode)
    {
        RealProgram program = RealPrograms.All.Single(p => p.Name == name);
        Mode how = Mode.All.Single(m => m.Name == mode);
        string[] command = program.Command();

        Run plain = RunOnce(program, command, how.Environment);
        string trace = _folder["out.pftrace"];
        Run recorded = RunOnce(
            program, [VizTraceCommand.Path, "run", "--quiet", "-o", trace, "--", .. command], how.Environment.Concat(how.Recorder).ToDictionary());

        plain.Result.Exits(program.ExitCode);
        recorded.Result.Exits(program.ExitCode);
        Assert.Equal(Comparable(plain.Result.Output, program, how), Comparable(recorded.Result.Output, program, how));
        Assert.Equal(Comparable(plain.Result.Error, program, how), Comparable(recorded.Result.Error, program, how));
        Assert.All(program.Files, f => Assert.True(plain.Files[f].AsSpan().SequenceEqual(recorded.Files[f]), f + " is another file"));

        long calls = CheckTrace(trace, program);
        Tell($"| {name} | {mode} | {plain.Seconds:0.00} | {recorded.Seconds:0.00} | {calls:n0} | yes | {program.ExitCode} | yes |");
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Decoded by other code than wrote it: slices nest on every thread, or reading fails. What was lost is what the command says.</summary>
    private static long CheckTrace(string trace, RealProgram program)
    {
        DecodedTrace decoded = DecodedTrace.Read(trace, keepsSlices: false);
        Assert.Empty(decoded.LossesNs);
        Assert.InRange(decoded.SliceCount, program.LeastCalls, long.MaxValue);
        Assert.DoesNotContain(decoded.Threads.SelectMany(t => t.OpenAtEnd), n => !program.MayStayOpen(n));
        SortedDictionary<string, long> counts = decoded.Counts();
        Assert.Equal(program.Calls, program.Calls.Keys.ToDictionary(k => k, k => counts.GetValueOrDefault(k)));

        using var info = JsonDocument.Parse(VizTraceCommand.Run("info", trace, "--json", "--top", "1").Exits(0).Output);
        JsonElement root = info.RootElement;
        Assert.Equal(decoded.SliceCount, root.GetProperty("slices").GetInt64());
        Assert.Equal("0 0 0", $"{root.GetProperty("lostRecords")} {root.GetProperty("droppedPieces")} {root.GetProperty("losses").GetArrayLength()}");
        // The SDK's own commands and tools are passed through, and that is said.
        Assert.DoesNotContain(root.GetProperty("remarks").EnumerateArray(), r => !r.GetString()!.Contains(" was passed through: ", StringComparison.Ordinal));
        return decoded.SliceCount;
    }

    private static string Comparable(string text, RealProgram program, Mode mode) => string.Join('\n', text.Split('\n')
        .Where(l => !(mode.ChangesFrames || program.IsOptimized) || !l.StartsWith("   at ", StringComparison.Ordinal)).Select(program.Normalise));

    /// <summary>A row for the table that run.sh prints.</summary>
    private static void Tell(FormattableString row)
    {
        if (Environment.GetEnvironmentVariable("VIZTRACE_REAL_TABLE") is { Length: > 0 } table)
            File.AppendAllText(table, row.ToString(CultureInfo.InvariantCulture) + "\n");
    }

    /// <summary>Runs in a folder that is made anew under the same name: paths are part of what programs print and compile.</summary>
    private Run RunOnce(RealProgram program, string[] command, Dictionary<string, string> environment)
    {
        string work = _folder["work"];
        if (Directory.Exists(work))
            Directory.Delete(work, recursive: true);
        Directory.CreateDirectory(work);
        program.Prepare(work);
        long start = Stopwatch.GetTimestamp();
        CommandResult result = ChildProcess.Run(command[0], command[1..], work, environment);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new Run(result, seconds, program.Files.Where(f => File.Exists(Path.Combine(work, f))).ToDictionary(f => f, f => File.ReadAllBytes(Path.Combine(work, f))));
    }

    private sealed record Run(CommandResult Result, double Seconds, Dictionary<string, byte[]> Files);
}
