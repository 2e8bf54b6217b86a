using System.Text.RegularExpressions;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;
using VizTrace.Model;

namespace VizTrace.EndToEnd.Tests;

/// <summary>What the README says holds: its commands run, as they stand there, its options are those there are, its exit codes the true ones.</summary>
[Trait("Records", "nothing")]
public sealed partial class ReadmeTests : IDisposable
{
    /// <summary>These two are the tests themselves.</summary>
    private static readonly string[] s_tests = ["./test", "dotnet test"];

    /// <summary>What the commands need of the working copy; everything else, and all that they make, is in a folder of the test's own.</summary>
    private static readonly string[] s_needed = ["viztrace", "examples", "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig"];

    private static readonly string s_readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    private readonly TemporaryFolder _folder = new();

    /// <summary>In the order of the README, since later ones read what earlier ones wrote. And two of the recipes do what is said of them.</summary>
    [Fact]
    public void EveryCommandRuns()
    {
        string[] commands = [.. Commands().Where(c => !s_tests.Contains(c))];
        Assert.NotEmpty(commands);
        _ = VizTraceCommand.Path;
        foreach (string name in s_needed)
            File.CreateSymbolicLink(_folder[name], Path.Combine(Repository.Root, name));

        foreach (string command in commands)
            ChildProcess.Run("sh", ["-c", command], _folder.Path).Exits(0);

        SortedDictionary<string, long> kitchen = DecodedTrace.Read(_folder["kitchen.pftrace"]).Counts();
        Assert.Equal(3 * 4, kitchen["HelloThreads.Kitchen.Chop"]);
        Assert.DoesNotContain("HelloThreads.Kitchen.Slice", kitchen.Keys);
        DecodedTrace outer = DecodedTrace.Read(_folder["outer.pftrace"]);
        Assert.Equal(3, outer.Counts()["HelloThreads.Kitchen.Cook"]);
        Assert.Equal(2, outer.Threads.SelectMany(t => t.Slices).Max(s => s.Depth));
    }

    [Fact]
    public void ItIsShort() => Assert.InRange(s_readme.Split('\n').Length, 1, 199);

    [Fact]
    public void EveryOptionOfTheCommandIsInItAndNoOther()
    {
        var offered = new SortedSet<string>(StringComparer.Ordinal);
        var filters = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string command in (string[])["run", "convert", "info"])
            offered.UnionWith(Options(VizTraceCommand.Run(command, "--help").Exits(0).Output));
        foreach (string command in (string[])["filter", "shrink", "merge"])
            filters.UnionWith(Options(VizTraceCommand.Run(command, "--help").Exits(0).Output));
        offered.ExceptWith(["--help", "--version"]);
        Assert.NotEmpty(offered);

        int start = s_readme.IndexOf("## Options", StringComparison.Ordinal);
        string section = s_readme[start..s_readme.IndexOf("\n## ", start, StringComparison.Ordinal)];

        Assert.Equal(offered, new SortedSet<string>(Options(section), StringComparer.Ordinal));
        string page = File.ReadAllText(Path.Combine(Repository.Root, "FILTERS.md"));
        Assert.Equal(filters.Except(["--help", "--version", "--quiet", "--verbose", "--output", "--no-compress"]), new SortedSet<string>(Options(page), StringComparer.Ordinal));
    }

    /// <summary>Every error leads to the exit code of its row; NothingRecorded has none, the program's own counts.</summary>
    [Fact]
    public void ItsTableOfExitCodesIsTheTrueOne()
    {
        string[] expected =
        [
            .. Enum.GetValues<ErrorId>().Where(id => id != ErrorId.NothingRecorded)
                .Select(id => $"VZ{(int)id:D4} {new TraceException(id, "").ExitCode}").Order(StringComparer.Ordinal),
        ];

        string[] said = [.. ExitCodeRow().Matches(s_readme).SelectMany(row => ErrorIds().Matches(row.Groups["ids"].Value).Select(id => $"{id.Value} {row.Groups["code"].Value}"))];

        Assert.Equal(expected, said.Order(StringComparer.Ordinal));
        Assert.Contains("VZ0009: nothing was recorded", s_readme, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<string> Options(string text) => Option().Matches(text).Select(m => m.Value);

    /// <summary>Lines of <c>sh</c> blocks.</summary>
    private static IEnumerable<string> Commands()
    {
        bool inside = false;
        foreach (string line in s_readme.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                inside = line == "```sh";
            else if (inside && line.Length > 0)
                yield return line.Split("  #")[0].TrimEnd();
        }
    }

    [GeneratedRegex("(?<![-\\w])--[a-z][-a-z]*")]
    private static partial Regex Option();

    [GeneratedRegex("^\\| (?<code>\\d+) \\|[^|\\n]*\\| (?<ids>[^|\\n]*)\\|$", RegexOptions.Multiline)]
    private static partial Regex ExitCodeRow();

    [GeneratedRegex("VZ\\d{4}")]
    private static partial Regex ErrorIds();
}
