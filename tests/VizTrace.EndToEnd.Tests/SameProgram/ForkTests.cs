using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>A child of fork(2) that goes on without exec has the parent's pool mapped: what it calls must not land among the parent's records.</summary>
public sealed class ForkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void AForkedChildLeavesItsParentsRecordsAlone(string path)
    {
        Recording recording = Recording.OfProgram(_folder, "Forks", ["50000"], path: path).Exits(0);

        Assert.Equal("sum 150000 child 7\n", recording.Result.Output);
        Assert.Equal(
            ["Forks.Program.Main 1", "Forks.Program.Step 100000", "Forks.Program.Steps 2"],
            recording.Trace.Counts().Where(c => !IsImport(c.Key)).Select(c => $"{c.Key} {c.Value}"));
        Assert.DoesNotContain(recording.Trace.Threads.SelectMany(t => t.Slices), s => s.Unfinished);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Stubs of LibraryImport: the one that ends the child does not come back in the parent.</summary>
    private static bool IsImport(string name) => name is "Forks.Program.Fork" or "Forks.Program.Wait" or "Forks.Program.Exit";
}
