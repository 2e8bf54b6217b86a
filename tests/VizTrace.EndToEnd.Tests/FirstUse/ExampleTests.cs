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

    public void Dispose() => _folder.Dispose();
}
