using System.Text.Json;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>When there is no more room the program goes on, what was recorded stays, and the trace says from when on it is blind.</summary>
public sealed class LimitTests : IDisposable
{
    // fib(30) twenty times: far more than any of the limits here holds, however slowly the disk fills.
    private const int N = 30;
    private const int Rounds = 20;
    private const long Calls = Rounds * 2_692_537L;

    private const int RecordsPerChunk = 16_376;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void TheSizeLimitOfTheCaptureEndsTheRecordingAndNotTheProgram()
    {
        Recording recording = Recording.OfProgram(_folder, "Fib", ["1", $"{N}", $"{Rounds}"], ["--max-capture-size", "8MiB"]).Exits(0);

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
        string[] run = [VizTraceCommand.Path, "run", "-o", "full.pftrace", "--capture-dir", "disk/capture", "--", "dotnet", Repository.Program("Fib"), "1", $"{N}", $"{Rounds}"];
        CommandResult result = SmallDisk.Run(_folder.Path, [("disk", size)], run).Exits(0);

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

    private void AssertBlind(string file, CommandResult result)
    {
        Assert.Contains("its end is not in the trace", result.Error, StringComparison.Ordinal);
        Assert.Empty(Referee.ImportErrors(_folder[file]));
        CommandResult info = VizTraceCommand.RunIn(_folder.Path, ["info", file, "--json"]).Exits(0);
        using JsonDocument document = JsonDocument.Parse(info.Output);
        JsonElement root = document.RootElement;
        Assert.NotEmpty(root.GetProperty("blindReason").GetString()!);

        DecodedTrace trace = DecodedTrace.Read(_folder[file]);
        DecodedThread main = Assert.Single(trace.Threads, t => t.Slices.Any(s => s.Name == "Fib.Program.Main"));
        DecodedThread? runner = trace.Threads.SingleOrDefault(t => t.Slices.Any(s => s.Name == "Fib.Program.Run.Go"));
        // On a busy machine the recorder may fall behind before there is no more room: that is said too, and all is there until then.
        long wholeUntilNs = trace.LossesNs.Append(long.MaxValue).Min();
        long warm = AssertPrefix(main, 20, 3, wholeUntilNs), ran = runner is null ? 0 : AssertPrefix(runner, N, Rounds, wholeUntilNs);
        Assert.InRange(warm + ran, 1001, Calls - 1);
        Assert.True(ran == 0 || warm == 3 * 21_891, "the second thread began before the first had warmed up");

        // Whoever has a chunk ends it, and nobody gets another.
        long blindFromNs = root.GetProperty("blindFromNs").GetInt64() + root.GetProperty("metadata").GetProperty("clockErrorNs").GetInt64() + 1;
        Assert.All(trace.Threads, t => Assert.InRange(t.Slices.Count(s => s.BeginNs > blindFromNs), 0, RecordsPerChunk));
    }

    /// <summary>The calls of Fib are those that it makes first, in their order and depth, none left out between; how many they are.</summary>
    private static long AssertPrefix(DecodedThread thread, int n, int rounds, long untilNs)
    {
        using IEnumerator<int> expected = Enumerable.Range(0, rounds).SelectMany(_ => Depths(n)).GetEnumerator();
        long count = 0;
        int above = 0;
        foreach (DecodedSlice slice in thread.Slices)
        {
            if (slice.BeginNs > untilNs)
                return count;
            if (slice.Name != "Fib.Calculator.Fib")
                continue;
            if (count++ == 0)
                above = slice.Depth;
            if (!expected.MoveNext() || expected.Current != slice.Depth - above)
                Assert.Fail($"thread '{thread.Name}': call {count} of Fib is {slice.Depth - above} deep, wanted {expected.Current}");
        }

        // What was open when it ended was open all the way up.
        Assert.DoesNotContain(thread.Slices, s => s.Unfinished && s.Parent >= 0 && !thread.Slices[s.Parent].Unfinished);
        return count;
    }

    /// <summary>Depths of the calls of Fib(n) in the order in which they begin.</summary>
    private static IEnumerable<int> Depths(int n)
    {
        var open = new Stack<(int N, int Depth)>();
        open.Push((n, 0));
        while (open.TryPop(out (int N, int Depth) call))
        {
            yield return call.Depth;
            if (call.N < 2)
                continue;
            open.Push((call.N - 2, call.Depth + 1));
            open.Push((call.N - 1, call.Depth + 1));
        }
    }
}
