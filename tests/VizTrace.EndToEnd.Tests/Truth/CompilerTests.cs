using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>The main job: the C# compiler of the installed SDK, recorded whole, compiles the same bytes as it does alone.</summary>
public sealed class CompilerTests : IDisposable
{
    private const string Source = """
        using System;
        namespace Small;
        public record Item(string Name, int Count);
        public static class Program
        {
            public static void Main()
            {
                for (int i = 0; i < 10; i++)
                    Console.WriteLine(new Item($"item {i}", i) switch { { Count: > 5 } many => $"many {many}", var one => one.Name });
            }
        }
        """;

    private static readonly Lazy<byte[]> s_plain = new(CompilePlain);

    private readonly TemporaryFolder _folder = new();

    public CompilerTests() => File.WriteAllText(_folder["small.cs"], Source);

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void TheSdksCompilerMakesTheSameBytesWhileItIsRecorded(string path)
    {
        Recording recording = Recording.Of(_folder, ["dotnet", .. Compile()], environment: ProbePath.Environment(path)).Exits(0);

        Assert.Equal(s_plain.Value, File.ReadAllBytes(_folder["small.dll"]));
        Assert.Empty(recording.Result.Output);
        SortedDictionary<string, long> counts = recording.Trace.Counts();
        Assert.Equal(1, counts["Microsoft.CodeAnalysis.CSharp.CommandLine.Program.Main"]);
        Assert.Equal(1, counts["Microsoft.CodeAnalysis.CSharp.CSharpCompiler.CreateCompilation"]);
        Assert.DoesNotContain(counts.Keys, n => n.StartsWith("System.Threading.", StringComparison.Ordinal));
        // Small as the file is: some three million calls are made to compile it.
        Assert.InRange(recording.Trace.SliceCount, 100_000, 100_000_000);
        if (path == "default")
        {
            Assert.Equal($"{recording.Trace.SliceCount}",
                Referee.Query(recording.File, "select count(*) from slice join thread_track on slice.track_id = thread_track.id where dur >= 0")[0][0]);
        }
    }

    [Fact]
    public void TheCoreLibraryCanBeIncluded()
    {
        Recording recording = Recording.OfProgram(_folder, "Hello", [], ["--include", "System.Private.CoreLib!*", "--include", "System.Console!*", "--include", "Hello.*"]).Exits(0);

        Assert.Equal("hello\n", recording.Result.Output);
        DecodedThread main = recording.Trace.Threads.Single(t => t.Slices.Any(s => s.Name == "Hello.Program.Main"));
        DecodedSlice call = Assert.Single(main.Slices, s => s.Name == "System.Console.WriteLine" && s.Parent >= 0 && main.Slices[s.Parent].Name == "Hello.Program.Main");
        Assert.False(call.Unfinished);
        Assert.Contains(recording.Trace.Counts().Keys, n => n.StartsWith("System.String.", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] CompilePlain()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["small.cs"], Source);
        ChildProcess.Run("dotnet", Compile(), folder.Path).Exits(0);
        return File.ReadAllBytes(folder["small.dll"]);
    }

    private static string[] Compile() =>
    [
        "exec", Path.Combine(Repository.Sdk, "Roslyn", "bincore", "csc.dll"), "/nologo", "/deterministic", "/pathmap:/=/", "/nullable", "/langversion:latest",
        "/r:" + Path.Combine(Repository.Framework, "System.Private.CoreLib.dll"), "/r:" + Path.Combine(Repository.Framework, "System.Runtime.dll"),
        "/r:" + Path.Combine(Repository.Framework, "System.Console.dll"), "/out:small.dll", "small.cs",
    ];
}
