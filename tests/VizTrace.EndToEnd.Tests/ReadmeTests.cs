using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Every command line that the README shows runs, in its order, in the repository's root, as it stands there.</summary>
[Collection(nameof(ExampleTests))]
public sealed class ReadmeTests
{
    /// <summary>These two are the tests themselves.</summary>
    private static readonly string[] s_tests = ["./test", "dotnet test"];

    private static readonly string s_readme = Path.Combine(Repository.Root, "README.md");

    [Fact]
    public void EveryCommandRuns()
    {
        string[] commands = [.. Commands().Where(c => !s_tests.Contains(c))];
        Assert.NotEmpty(commands);
        string[] before = Directory.GetFileSystemEntries(Repository.Root);
        try
        {
            foreach (string command in commands)
                ChildProcess.Run("sh", ["-c", command], Repository.Root).Exits(0);
        }
        finally
        {
            // What the commands made, and nothing that someone else put there meanwhile.
            foreach (string made in Directory.GetFileSystemEntries(Repository.Root).Except(before).Where(m => commands.Any(c => c.Contains(Path.GetFileName(m), StringComparison.Ordinal))))
            {
                if (Directory.Exists(made))
                    Directory.Delete(made, recursive: true);
                else
                    File.Delete(made);
            }
        }
    }

    [Fact]
    public void ItIsShort() => Assert.InRange(File.ReadAllLines(s_readme).Length, 1, 199);

    [Fact]
    public void EveryOptionOfTheCommandIsInItAndNoOther()
    {
        string readme = File.ReadAllText(s_readme);
        var offered = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string command in (string[])["run", "convert", "info"])
        {
            string help = VizTraceCommand.Run(command, "--help").Exits(0).Output;
            foreach (string word in help.Split([' ', ',', '\n', '<', '>', '[', ']', '(', ')', '.'], StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.StartsWith("--", StringComparison.Ordinal) && word.Length > 2)
                    offered.Add(word);
            }
        }

        offered.ExceptWith(["--help", "--version"]);
        Assert.NotEmpty(offered);
        foreach (string option in offered)
            Assert.Contains($"`{option}", readme, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(66)]
    [InlineData(70)]
    [InlineData(73)]
    [InlineData(77)]
    [InlineData(127)]
    public void EveryExitCodeIsInItsTable(int code) => Assert.Contains($"\n| {code} |", File.ReadAllText(s_readme), StringComparison.Ordinal);

    /// <summary>Lines of <c>sh</c> blocks.</summary>
    private static IEnumerable<string> Commands()
    {
        bool inside = false;
        foreach (string line in File.ReadLines(s_readme))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                inside = line == "```sh";
            else if (inside && line.Length > 0)
                yield return line.Split("  #")[0].TrimEnd();
        }
    }
}
