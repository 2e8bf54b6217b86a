using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Behind a script or wrapper, too, the program is recorded that the SDK's command starts, and not the SDK.</summary>
public sealed class WrapperTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("sh -c")]
    [InlineData("env A=1 sh -c")]
    [InlineData("nice sh -c")]
    public void TheSdkIsPassedThroughBehindAWrapper(string wrapper)
    {
        string run = $"dotnet run --no-build -c {Repository.Configuration} --project '{Repository.ProgramSource("Counting")}' -- 1 1";

        Recording recording = Recording.Of(_folder, [.. wrapper.Split(' '), run]).Exits(0);

        Assert.Equal(CountingExpectation.Total(1, 1), recording.Trace.Counts());
        Assert.Equal(["Counting"], recording.Trace.Processes.Values);
    }

    /// <summary>A tool of the SDK that the user names is the program: it is not below a command of the SDK.</summary>
    [Fact]
    public void AToolOfTheSdkThatAScriptNamesIsRecorded()
    {
        Recording recording = Recording.Of(
            _folder, ["sh", "-c", "dotnet exec \"$0\" -version", Path.Combine(Repository.Sdk, "Roslyn", "bincore", "csc.dll")], ["--include", "csc!*"]).Exits(0);

        Assert.Equal(1, recording.Trace.Counts()["Microsoft.CodeAnalysis.CSharp.CommandLine.Program.Main"]);
    }

    public void Dispose() => _folder.Dispose();
}
