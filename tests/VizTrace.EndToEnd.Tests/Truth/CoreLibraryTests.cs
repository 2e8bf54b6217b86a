using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>The core library recorded as well: the program's own calls are the same, in the same places.</summary>
public sealed class CoreLibraryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The runtime dispatches exceptions in managed code of the core library that never returns: nothing must be left open by it.</summary>
    [Fact]
    public void ExceptionsLeaveNothingOpenInTheRuntimesOwnCode()
    {
        Recording own = Recording.Of(_folder, Program, output: "own.pftrace").Exits(0);
        Recording all = Recording.Of(
            _folder, Program, ["--include", "System.Private.CoreLib!*", "--include", "Exceptions!*"], output: "all.pftrace").Exits(0);

        Assert.Equal(OwnPaths(own), OwnPaths(all));
        Assert.True(all.Trace.SliceCount > 2 * own.Trace.SliceCount);
        Assert.DoesNotContain(all.Trace.Threads.SelectMany(t => t.Slices), s => s.Unfinished && s.Name.StartsWith("Exceptions.", StringComparison.Ordinal));
        Assert.Empty(Referee.ImportErrors(all.File));
    }

    public void Dispose() => _folder.Dispose();

    private static string[] Program => ["dotnet", Repository.Program("Exceptions"), "caught", "3"];

    /// <summary>The program's own calls below one another, what lies between left out.</summary>
    private static string[] OwnPaths(Recording recording)
    {
        DecodedThread main = recording.Trace.Threads.Single(t => t.Slices.Any(s => s.Name == "Exceptions.Program.Main"));
        return [.. main.Slices.Where(s => IsOwn(s.Name))
            .CountBy(s => string.Join(" > ", main.Path(s).Split(" > ").Where(IsOwn)))
            .Select(p => $"{p.Value} {p.Key}").Order(StringComparer.Ordinal)];
    }

    private static bool IsOwn(string name) => name.StartsWith("Exceptions.", StringComparison.Ordinal);
}
