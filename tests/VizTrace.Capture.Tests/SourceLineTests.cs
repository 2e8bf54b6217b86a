using System.Reflection;
using System.Runtime.CompilerServices;
using VizTrace.Records;

namespace VizTrace.Capture.Tests;

/// <summary>Symbols of this very assembly, whose lines the compiler tells.</summary>
public sealed class SourceLineTests : IDisposable
{
    private static readonly Assembly s_own = typeof(SourceLineTests).Assembly;

    private readonly Findings _findings = new();
    private readonly SourceLines _lines;

    public SourceLineTests() => _lines = new SourceLines(_findings);

    public void Dispose() => _lines.Dispose();

    private static ModuleEntry Own(Guid? mvid = null) =>
        new(s_own.Location, "VizTrace.Capture.Tests.dll", ModuleFlags.Included, mvid ?? s_own.ManifestModule.ModuleVersionId);

    private static uint Token(string method) =>
        (uint)typeof(SourceLineTests).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MetadataToken;

    private static (string File, int Line) Here([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => (file, line);

    private static (string File, int Line) Plain() => Here();

    private static async Task<(string File, int Line)> Asynchronous()
    {
        await Task.Yield();
        return Here();
    }

    [Fact]
    public void AMethodHasTheLineOfItsFirstPoint()
    {
        Assert.Equal(Plain(), _lines.Of(Own(), Token(nameof(Plain))));
        Assert.Empty(_findings.Remarks);
    }

    [Fact]
    public async Task AnAsyncMethodHasTheLineOfItsBody()
    {
        (string file, int line) = await Asynchronous();
        // Its opening brace is two lines above.
        Assert.Equal((file, line - 2), _lines.Of(Own(), Token(nameof(Asynchronous))));
    }

    [Fact]
    public void AnotherBuildOfTheModuleHasNoLines() => Assert.Equal((null, 0), _lines.Of(Own(Guid.NewGuid()), Token(nameof(Plain))));

    [Fact]
    public void WithoutAModuleFileThereAreNoLines()
    {
        Assert.Equal((null, 0), _lines.Of(Own() with { Path = "/nowhere/App.dll" }, 0x06000001));
        Assert.Equal((null, 0), _lines.Of(Own() with { Path = "" }, 0x06000001));
        Assert.Equal((null, 0), _lines.Of(null, 0x06000001));
        Assert.Empty(_findings.Remarks);
    }

    [Fact]
    public void ATokenThatIsNoMethodHasNoLine()
    {
        Assert.Equal((null, 0), _lines.Of(Own(), 0x02000001));
        Assert.Equal((null, 0), _lines.Of(Own(), 0x06FFFFFF));
    }

    [Fact]
    public void AFileThatIsNoModuleIsRemarkedOnOnce()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, new string('x', 5_000));
            ModuleEntry module = Own() with { Path = path, Name = "App.dll" };
            Assert.Equal((null, 0), _lines.Of(module, 0x06000001));
            Assert.Equal((null, 0), _lines.Of(module, 0x06000002));
            Assert.StartsWith("App.dll: its symbols could not be read: ", Assert.Single(_findings.Remarks), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
