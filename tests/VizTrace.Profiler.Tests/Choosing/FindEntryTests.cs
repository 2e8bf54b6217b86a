using VizTrace.Profiler.Session;
using Xunit;

namespace VizTrace.Profiler.Tests.Choosing;

/// <summary>Which assembly a process runs, from its command line.</summary>
public sealed class FindEntryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("viztrace-entry-").FullName;

    public FindEntryTests()
    {
        foreach (string name in (string[])["App.dll", "x.dll", "Apphost.dll", "Apphost", "Lonely", "Tool.EXE"])
            File.WriteAllText(Path.Combine(_folder, name), "");
    }

    [Theory]
    [InlineData("dotnet @App.dll", "@App.dll")]
    [InlineData("dotnet @App.dll @x.dll", "@App.dll")]
    [InlineData("dotnet exec @App.dll @x.dll", "@App.dll")]
    [InlineData("dotnet --fx-version 10 exec @App.dll @x.dll", "@App.dll")]
    [InlineData("dotnet exec --fx-version @x.dll @App.dll", "@App.dll")]
    [InlineData("dotnet exec --runtimeconfig c.json --depsfile d.json --additionalprobingpath @x.dll --roll-forward Major @App.dll", "@App.dll")]
    [InlineData("dotnet -d exec @App.dll", "@App.dll")]
    [InlineData("dotnet @Tool.EXE @x.dll", "@Tool.EXE")]
    [InlineData("dotnet build @App.dll", "")]
    [InlineData("dotnet run --project @App.dll", "")]
    [InlineData("dotnet test", "")]
    [InlineData("dotnet @missing.dll @App.dll", "")]
    [InlineData("dotnet --info", "")]
    [InlineData("dotnet", "")]
    public void OfTheDotnetHostItIsTheFirstArgumentThatIsOne(string line, string entry) =>
        Assert.Equal(At(entry), TracedProcess.FindEntry("/usr/share/dotnet/dotnet", [.. line.Split(' ').Select(At)]));

    [Fact]
    public void APathThatIsNotFullIsMadeSo()
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, At("@App.dll"));
        Assert.Equal(At("@App.dll"), TracedProcess.FindEntry("/usr/share/dotnet/dotnet", ["dotnet", relative]));
    }

    [Theory]
    [InlineData("@Apphost", "@Apphost.dll")]
    [InlineData("@Lonely", "@Lonely")]
    public void OfAnApphostItIsTheAssemblyBesideItAndOfASingleFileItIsItself(string executable, string entry) =>
        Assert.Equal(At(entry), TracedProcess.FindEntry(At(executable), [At(executable), At("@x.dll")]));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A leading @ stands for the test's folder.</summary>
    private string At(string word) => word.StartsWith('@') ? Path.Combine(_folder, word[1..]) : word;
}
