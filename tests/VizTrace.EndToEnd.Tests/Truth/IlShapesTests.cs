using System.Globalization;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// tests/Programs/IlShapes has a small method for every shape of IL, prints <c>name result</c> lines and, at its end, how often each of its
/// methods was called, by its own count (in the type Calls, which is not recorded: it would be most of the trace).
/// </summary>
public sealed class IlShapesTests : IDisposable
{
    private static readonly Lazy<CommandResult> s_plain = new(() => ChildProcess.Run("dotnet", [Repository.Program("IlShapes")]).Exits(0));

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void EveryShapeGivesTheSameResultAndIsCountedExactly(string path)
    {
        CommandResult plain = s_plain.Value;
        Recording recording = Recording.OfProgram(_folder, "IlShapes", [], ["--exclude", "IlShapes.Calls.*"], path).Exits(0);

        Assert.Equal(plain.Output, recording.Result.Output);
        SortedDictionary<string, long> counts = recording.Trace.Counts();
        string[][] expected = [.. plain.OutputLines.Where(l => l.StartsWith("count ", StringComparison.Ordinal)).Select(l => l["count ".Length..])
            .Select(l => new[] { l[..l.LastIndexOf(' ')], l[(l.LastIndexOf(' ') + 1)..] })];
        Assert.NotEmpty(expected);
        Assert.Equal(
            expected.Select(e => $"{e[0]} {e[1]}").Order(StringComparer.Ordinal),
            expected.Select(e => $"{e[0]} {counts.GetValueOrDefault(e[0]).ToString(CultureInfo.InvariantCulture)}").Order(StringComparer.Ordinal));
        if (path == "default")
            Assert.Empty(Referee.ImportErrors(recording.File));
    }

    /// <summary>
    /// A method with an explicit tail call has no finally of ours: what stands inside what, when exceptions leave it. Calls of a guard are
    /// with -1, 5 and -1; only the second way through does not throw.
    /// </summary>
    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void AMethodWithATailCallThatAnExceptionLeavesIsClosedThere(string path)
    {
        Recording recording = Recording.OfProgram(
            _folder, "IlShapes", [], ["--include", "IlShapes.Emitted.Tails.*", "--include", "IlShapes.Emitted.EmittedShapes.*Reflected"], path).Exits(0);

        DecodedThread main = recording.Trace.Threads.Single(t => t.Slices.Count > 0);
        Assert.DoesNotContain(main.Slices, s => s.Unfinished);
        Assert.DoesNotContain("belong to no call", recording.Result.Error, StringComparison.Ordinal);
        string[] expected =
        [
            "3 GuardMaybe", "3 GuardMaybe > Maybe", "2 GuardMaybe > Maybe > Throws", "3 GuardMaybe > After",
            "3 GuardDeep", "3 GuardDeep > Deep", "3 GuardDeep > Deep > Maybe", "2 GuardDeep > Deep > Maybe > Throws",
            "1 GuardDeep > Deep > After", "3 GuardDeep > After",
            "3 GuardCleans", "3 GuardCleans > Cleans", "3 GuardCleans > Cleans > Maybe", "2 GuardCleans > Cleans > Maybe > Throws",
            "1 GuardCleans > Cleans > After", "3 GuardCleans > Cleans > Cleanup", "3 GuardCleans > Cleans > Cleanup > Maybe",
            "3 GuardCleans > Cleans > Cleanup > Maybe > Throws", "3 GuardCleans > Cleans > Cleanup > After", "3 GuardCleans > After",
            "3 GuardReplaces", "3 GuardReplaces > Replaces", "6 GuardReplaces > Replaces > Maybe", "5 GuardReplaces > Replaces > Maybe > Throws",
            "1 GuardReplaces > Replaces > After", "3 GuardReplaces > After",
            "3 GuardCatches", "3 GuardCatches > Catches", "3 GuardCatches > Catches > Maybe", "2 GuardCatches > Catches > Maybe > Throws",
            "3 GuardCatches > Catches > After", "3 GuardCatches > After",
            "3 GuardRethrows", "3 GuardRethrows > Rethrows", "3 GuardRethrows > Rethrows > Maybe", "2 GuardRethrows > Rethrows > Maybe > Throws",
            "3 GuardRethrows > Rethrows > After", "3 GuardRethrows > After",
            "3 GuardFilters", "3 GuardFilters > Filters", "3 GuardFilters > Filters > Maybe", "2 GuardFilters > Filters > Maybe > Throws",
            "2 GuardFilters > Filters > Maybe > Throws > After", "1 GuardFilters > Filters > After", "3 GuardFilters > After",
            "3 GuardOnNull", "3 GuardOnNull > OnNull", "3 GuardOnNull > After",
            "3 GuardAgain", "3 GuardAgain > Again", "1 GuardAgain > Again > Again", "1 GuardAgain > Again > Again > Again",
            "1 GuardAgain > Again > Again > Again > Again", "1 GuardAgain > Again > Again > Again > Again > Again",
            "1 GuardAgain > Again > Again > Again > Again > Again > Again", "3 GuardAgain > After",
            "3 GuardSmall", "3 GuardSmall > Small", "3 GuardSmall > After",
            "3 GuardSpills", "3 GuardSpills > Spills", "1 GuardSpills > Spills > Spills",
            "2 GuardSpills > Wide > Maybe > Throws", "1 GuardSpills > Spills > Wide", "1 GuardSpills > Spills > Wide > Maybe",
            "1 GuardSpills > Spills > Wide > Maybe > Throws", "1 GuardSpills > Spills > After", "3 GuardSpills > Wide", "3 GuardSpills > Wide > Maybe",
            "1 GuardSpills > Wide > After", "2 GuardSpills > After",
            "2 Reflected", "1 Reflected > Maybe", "1 Reflected > Maybe > Throws", "1 Reflected > Cleans", "1 Reflected > Cleans > Maybe",
            "1 Reflected > Cleans > Maybe > Throws", "1 Reflected > Cleans > Cleanup", "1 Reflected > Cleans > Cleanup > Maybe",
            "1 Reflected > Cleans > Cleanup > Maybe > Throws", "1 Reflected > Cleans > Cleanup > After", "2 Reflected > AfterReflected",
        ];
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            main.Slices.CountBy(s => main.Path(s).Replace("IlShapes.Emitted.", "", StringComparison.Ordinal).Replace("Tails.", "", StringComparison.Ordinal)
                .Replace("EmittedShapes.", "", StringComparison.Ordinal)).Select(p => $"{p.Value} {p.Key}").Order(StringComparer.Ordinal));
    }

    public void Dispose() => _folder.Dispose();
}
