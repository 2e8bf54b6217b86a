using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// The signal by which the program's runtime stops its threads is handled by that runtime alone. Our own runtime inside the profiler uses the
/// same, and its handler touches thread-local storage: with it, a program that loads and unloads libraries hung or aborted in malloc.
/// </summary>
public sealed class ActivationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void TheActivationSignalStaysTheProgramsOwn()
    {
        string[] command = ["dotnet", Repository.Program("Deadlock"), NativeParts.Folder, "0.1"];

        CommandResult plain = ChildProcess.Run(command[0], command[1..]).Exits(0);
        Recording recording = Recording.Of(_folder, command).Exits(0);

        Assert.Equal("activation handled by libcoreclr.so", plain.OutputLines[0]);
        Assert.Equal(plain.OutputLines[0], recording.Result.OutputLines[0]);
    }

    public void Dispose() => _folder.Dispose();
}
