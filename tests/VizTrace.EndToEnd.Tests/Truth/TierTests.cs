using System.Globalization;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// The runtime compiles a recorded program as it compiles it alone: callees are inlined, with their probes in them, hot methods reach the
/// last tier, and a running loop is replaced on the stack; the JIT's own events say so. No call is lost on the way.
/// </summary>
public sealed class TierTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void CalleesAreInlinedAndLoopsReplacedAndEveryCallIsCounted(string path)
    {
        Recording recording = Recording.OfProgram(_folder, "Tiers", [], ["--include", "Tiers.Hot.*"], path).Exits(0);

        string[] lines = recording.Result.OutputLines;
        foreach (string seen in (string[])["inlined Small into Called", "tier Called Tier0", "tier Called Tier1", "tier Endless Tier0", "tier Endless OSR"])
            Assert.Contains(seen, lines);
        string[] figures = lines[^1].Split(' ');
        long rounds = long.Parse(figures[1], CultureInfo.InvariantCulture), loops = long.Parse(figures[3], CultureInfo.InvariantCulture);
        Assert.True(rounds > 30 && loops >= 10_000, lines[^1]);
        Assert.Equal(
            [$"Tiers.Hot.Called {rounds}", "Tiers.Hot.Endless 1", $"Tiers.Hot.Small {loops + (10 * rounds)}"],
            recording.Trace.Counts().Select(p => $"{p.Key} {p.Value}"));
    }

    public void Dispose() => _folder.Dispose();
}
