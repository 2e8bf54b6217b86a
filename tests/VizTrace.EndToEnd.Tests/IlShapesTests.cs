using System.Globalization;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// tests/Programs/IlShapes has a small method for every shape of IL, prints <c>name result</c> lines and, at its end, how often each of its
/// methods was called, by its own count (in the type Calls, which is not recorded: it would be most of the trace).
/// </summary>
public sealed class IlShapesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void EveryShapeGivesTheSameResultAndIsCountedExactly(string path)
    {
        CommandResult plain = ChildProcess.Run("dotnet", [Repository.Program("IlShapes")]).Exits(0);
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

    public void Dispose() => _folder.Dispose();
}
