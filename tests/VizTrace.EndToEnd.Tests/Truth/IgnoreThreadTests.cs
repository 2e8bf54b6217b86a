using System.Globalization;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Threads that nobody wants leave nothing, whenever and by whom that is said; all others are whole.</summary>
public sealed class IgnoreThreadTests : IDisposable
{
    private static readonly string[] s_ignoreThemselves =
        ["Self at once", "Self in a scope", "Self in an ignored function", "Self later"];

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void ByNameWhenItIsGivenBeforeLaterAndByAnother(string path)
    {
        DecodedTrace trace = Record(path, ["--ignore-thread", "Monitor*"]);

        Assert.Equal(["Kept"], Named(trace));
        AssertKept(trace);
        Assert.Equal(7, trace.Threads.Single(t => t.Args.GetValueOrDefault("role") == "Main").Counts()["Ignoring.ThreadCases.Step"]);
    }

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void ByNobodyButThemselves(string path)
    {
        DecodedTrace trace = Record(path, []);

        Assert.Equal(["Kept", "Monitor", "Monitor by another's will", "Monitor that names itself"], Named(trace));
        AssertKept(trace);
        Assert.Equal(20_000, trace.Thread("Monitor").Counts()["Ignoring.ThreadCases.Step"]);
        Assert.Equal(200, trace.Thread("Monitor that names itself").Counts()["Ignoring.ThreadCases.Step"]);
        Assert.Equal(40_100, trace.Thread("Monitor by another's will").Counts()["Ignoring.ThreadCases.Step"]);
    }

    [Fact]
    public void OnlyThoseAskedFor()
    {
        DecodedTrace trace = Record("default", ["--only-thread", "Kept"]);

        Assert.Equal(["Kept"], trace.Threads.Select(t => t.Name));
        AssertKept(trace);
    }

    [Fact]
    public void ByManagedIdAndRole()
    {
        Recording recording = Run("default", ["--ignore-thread", "role:main", "--ignore-thread", "name:Monitor*"]);
        int kept = int.Parse(recording.Result.Output.Split('\n').Single(l => l.StartsWith("Kept ", StringComparison.Ordinal))[5..], CultureInfo.InvariantCulture);

        Assert.DoesNotContain(recording.Trace.Threads, t => t.Args.GetValueOrDefault("role") == "Main");
        Assert.Equal(["Kept"], Named(recording.Trace));
        Assert.Empty(Named(Record("default", ["--ignore-thread", $"managed:{kept}", "--ignore-thread", "Monitor*"])));
    }

    [Fact]
    public void WhatWasLeftOutIsTold()
    {
        Recording recording = Run("default", ["--ignore-thread", "Monitor", "--ignore-thread", "Kepd", "--only-thread", "role:user"]);
        string info = VizTraceCommand.RunIn(_folder.Path, ["info", recording.File]).Exits(0).Output;

        Assert.Contains("--ignore-thread Kepd: no thread matches; the nearest is Kept", recording.Result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--ignore-thread Monitor:", recording.Result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--only-thread", recording.Result.Error, StringComparison.Ordinal);
        Assert.Matches("threads left out [0-9]+: ", info);
        Assert.Contains("Self later", info, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertKept(DecodedTrace trace)
    {
        DecodedThread kept = trace.Thread("Kept");
        Assert.Equal(100, kept.Counts()["Ignoring.ThreadCases.Step"]);
        Assert.Equal(1, kept.Counts()["Ignoring.ThreadCases.Work"]);
    }

    /// <summary>Names that the program gave, of threads that are there.</summary>
    private static string[] Named(DecodedTrace trace)
    {
        string[] names = [.. trace.Threads.Select(t => t.Name).Where(n => n == "Kept" || n.StartsWith("Monitor", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.DoesNotContain(trace.Threads, t => s_ignoreThemselves.Contains(t.Name));
        return names;
    }

    private DecodedTrace Record(string path, string[] options) => Run(path, options).Trace;

    private Recording Run(string path, string[] options) =>
        Recording.OfProgram(_folder, "Ignoring", ["threads"], options, path, $"-{Guid.NewGuid():N}.pftrace").Exits(0);
}
