using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// Programs on other versions of the runtime than the installed one, published with it. Supported ones are recorded exactly; an older one runs
/// as it would have, and is told of. So is a 32-bit program.
/// </summary>
public sealed class RuntimeVersionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("net8.0", "8.0.33")]
    [InlineData("net9.0", "9.0.22")]
    public void ASupportedRuntimeIsRecordedExactly(string framework, string version)
    {
        Recording recording = Recording.Of(_folder, [PublishedPrograms.With("Counting", framework, version), "3", "20"]).Exits(0);

        Assert.Equal(CountingExpectation.Total(3, 20), recording.Trace.Counts());
        Assert.Contains($".NET {version}", VizTraceCommand.RunIn(_folder.Path, ["info", "out.pftrace"]).Exits(0).Output, StringComparison.Ordinal);
    }

    /// <summary>Exceptions are dispatched in native code up to .NET 8, in managed code since .NET 9.</summary>
    [Theory]
    [InlineData("net8.0", "8.0.33")]
    [InlineData("net9.0", "9.0.22")]
    public void ExceptionsOnASupportedRuntimeCloseWhatTheyLeave(string framework, string version)
    {
        Recording recording = Recording.Of(_folder, [PublishedPrograms.With("Exceptions", framework, version), "caught", "5"]).Exits(0);

        SortedDictionary<string, long> counts = recording.Trace.Counts();
        Assert.Equal((5, 60, 36), (counts["Exceptions.Caught.All"], counts["Exceptions.Caught.After"], counts["Exceptions.Frames.Throw"]));
        DecodedThread main = recording.Trace.Threads.Single(t => t.Slices.Any(s => s.Name == "Exceptions.Program.Main"));
        Assert.DoesNotContain(main.Slices, s => s.Unfinished);
        Assert.All(main.Slices.Where(s => s.Name == "Exceptions.Caught.After"), s => Assert.StartsWith("Exceptions.Caught.", main.Slices[s.Parent].Name, StringComparison.Ordinal));
    }

    [Fact]
    public void ARuntimeThatIsTooOldRunsTheProgramAndTheReasonIsSaid()
    {
        string program = PublishedPrograms.With("Hello", "netcoreapp3.1", "3.1.3");

        CommandResult result = VizTraceCommand.RunIn(_folder.Path, ["run", "-o", "x.pftrace", "--", program]).Exits(0).Says("VZ0009");

        Assert.Equal("hello\n", result.Output);
        Assert.Equal(
            "error VZ0009: nothing was recorded: the program runs on .NET Core 3.1 or older; recording needs .NET 8 or newer", Assert.Single(result.ErrorLines));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    /// <summary>An ELF file of 84 bytes that ends with 5: no 32-bit .NET for Linux on x86 was ever shipped.</summary>
    [Fact]
    public void A32BitProgramRunsAndTheReasonIsSaid()
    {
        byte[] program =
        [
            0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, // 32 bits, little endian
            2, 0, 3, 0, 1, 0, 0, 0, 0x54, 0x80, 0x04, 0x08, 0x34, 0, 0, 0,              // executable, i386, entry 0x08048054, program header at 52
            0, 0, 0, 0, 0, 0, 0, 0, 0x34, 0, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x04, 0x08, 0, 0x80, 0x04, 0x08,           // load the whole file at 0x08048000
            0x60, 0, 0, 0, 0x60, 0, 0, 0, 5, 0, 0, 0, 0, 0x10, 0, 0,
            0xB8, 1, 0, 0, 0, 0xBB, 5, 0, 0, 0, 0xCD, 0x80,                             // mov eax, exit; mov ebx, 5; int 0x80
        ];
        File.WriteAllBytes(_folder["small"], program);
        File.SetUnixFileMode(_folder["small"], UnixFileMode.UserRead | UnixFileMode.UserExecute);

        CommandResult result = VizTraceCommand.RunIn(_folder.Path, ["run", "-o", "x.pftrace", "--", "./small"]).Exits(5).Says("VZ0009");

        Assert.Contains("32-bit", result.Error, StringComparison.Ordinal);
        Assert.Equal([_folder["small"]], Directory.GetFileSystemEntries(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();
}
