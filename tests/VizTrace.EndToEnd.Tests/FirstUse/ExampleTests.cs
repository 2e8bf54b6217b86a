using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>The examples show what their READMEs say.</summary>
public sealed class ExampleTests : IDisposable
{
    private static readonly string[] s_cooks = ["Ada", "Grace", "Linus"];
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void HelloThreadsShowsThreeCooksWhoTakeTurnsAtTheStove()
    {
        string project = Path.Combine(Repository.Root, "examples", "HelloThreads");
        Recording recording = Recording.Of(_folder, ["dotnet", "run", "--project", project]).Exits(0);

        Assert.Equal("12 dishes served", recording.Result.OutputLines[^1]);
        foreach (string cook in s_cooks)
        {
            SortedDictionary<string, long> counts = recording.Trace.Thread(cook).Counts();
            Assert.Equal(1, counts["HelloThreads.Kitchen.Cook"]);
            Assert.Equal(4, counts["HelloThreads.Kitchen.Chop"]);
            Assert.Equal(200 + 400 + 600 + 800, counts["HelloThreads.Kitchen.Slice"]);
            Assert.Equal(4, counts["HelloThreads.Kitchen.Fry"]);
            Assert.Equal(4, counts["HelloThreads.Kitchen.Sizzle"]);
        }

        // Never two at the stove: each begins after the one before has ended, whoever it is.
        DecodedSlice[] turns = [.. s_cooks.SelectMany(c => recording.Trace.Thread(c).Slices).Where(s => s.Name == "HelloThreads.Kitchen.Sizzle").OrderBy(s => s.BeginNs)];
        Assert.Equal(12, turns.Length);
        Assert.All(turns.Zip(turns.Skip(1)), pair => Assert.True(pair.First.EndNs <= pair.Second.BeginNs));
    }

    [Fact]
    public void MonitorThreadFillsTheTraceUntilItIsIgnored()
    {
        string[] command = ["dotnet", "run", "--project", Path.Combine(Repository.Root, "examples", "MonitorThread")];
        DecodedTrace all = Recording.Of(_folder, command, output: "all.pftrace").Exits(0).Trace;
        DecodedTrace without = Recording.Of(_folder, command, ["--ignore-thread", "Monitor"], output: "thread.pftrace").Exits(0).Trace;
        DecodedTrace below = Recording.Of(_folder, command, ["--ignore-function", "MonitorThread.Watch.Poll"], output: "function.pftrace").Exits(0).Trace;

        Assert.True(all.Thread("Monitor").Slices.Count > 9 * (all.SliceCount - all.Thread("Monitor").Slices.Count), "the monitor does not fill the trace");
        Assert.DoesNotContain(without.Threads, t => t.Name == "Monitor");
        Assert.Equal(Others(all), Others(without));
        Assert.Empty(below.Thread("Monitor").Slices);
        Assert.Equal(Others(all), Others(below));

        static Dictionary<string, long> Others(DecodedTrace trace) =>
            trace.Threads.Where(t => t.Name != "Monitor").SelectMany(t => t.Slices).CountBy(s => s.Name).ToDictionary(c => c.Key, c => (long)c.Value);
    }

    public void Dispose() => _folder.Dispose();
}
