using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Whatever is wrong is said in one line with an id, ends with the exit code that the README documents, and leaves no half-made file.</summary>
[Trait("Records", "nothing")]
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void ACommandThatDoesNotExist()
    {
        Run("run", "-o", "x.pftrace", "--", "no-such-command-at-all").Exits(127).Says("VZ0008");
        AssertNothingLeft();
    }

    [Fact]
    public void AnOutputInsideTheCaptureDirectory()
    {
        Directory.CreateDirectory(_folder["out"]);

        Run("run", "-o", "out/x.pftrace", "--capture-dir", "out", "--", "dotnet", Repository.Program("Hello")).Exits(73).Says("VZ0003");
        AssertNothingLeft("out");
    }

    [Fact]
    public void ACommandThatCannotBeExecuted()
    {
        File.WriteAllText(_folder["no-program.txt"], "text");

        Run("run", "-o", "x.pftrace", "--", "./no-program.txt").Exits(127).Says("VZ0008");
        AssertNothingLeft("no-program.txt");
    }

    [Theory]
    [InlineData("/bin/true", 0)]
    [InlineData("/bin/false", 1)]
    public void ACommandThatIsNoDotnetProgramRunsAndTheReasonIsSaid(string command, int exitCode)
    {
        CommandResult result = Run("run", "-o", "x.pftrace", "--", command).Exits(exitCode).Says("VZ0009");

        Assert.Contains("nothing was recorded", result.Error, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void ADotnetProgramThatIsNotThere()
    {
        CommandResult plain = ChildProcess.Run("dotnet", ["no-such.dll"], _folder.Path);

        CommandResult result = Run("run", "-o", "x.pftrace", "--", "dotnet", "no-such.dll").Exits(plain.ExitCode).Says("VZ0009");

        Assert.StartsWith(plain.Error, result.Error, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void AProgramCompiledAheadOfTimeRunsAndTheReasonIsSaid()
    {
        CommandResult result = Run("run", "-o", "x.pftrace", "--", VizTraceCommand.Path, "--version").Exits(0).Says("VZ0009");

        Assert.Equal(Run("--version").Output, result.Output);
        Assert.Contains("NativeAOT", result.Error, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void ASingleFileProgramIsRecorded()
    {
        Recording recording = Recording.Of(_folder, [PublishedPrograms.SingleFile]).Exits(0);

        Assert.Equal("hello\n", recording.Result.Output);
        Assert.Equal(1, recording.Trace.Counts()["Hello.Program.Main"]);
    }

    [Fact]
    public void ASingleFileProgramWithTheRuntimeInsideIsRecorded()
    {
        Recording recording = Recording.Of(_folder, [PublishedPrograms.SelfContained]).Exits(0);

        Assert.Equal("hello\n", recording.Result.Output);
        Assert.Equal(1, recording.Trace.Counts()["Hello.Program.Main"]);
    }

    [Fact]
    public void AnOutputThatIsADirectory()
    {
        Directory.CreateDirectory(_folder["taken.pftrace"]);

        CommandResult result = Run("run", "-o", "taken.pftrace", "--", "dotnet", Repository.Program("Hello")).Exits(73).Says("VZ0003");

        Assert.Empty(result.Output);
        AssertNothingLeft("taken.pftrace");
    }

    [Fact]
    public void AnOutputWhoseFolderIsMissing()
    {
        Run("run", "-o", "nowhere/x.pftrace", "--", "dotnet", Repository.Program("Hello")).Exits(73).Says("VZ0003");
        AssertNothingLeft();
    }

    [Fact]
    public void AnOutputWithoutAKnownEnding()
    {
        CommandResult result = Run("run", "-o", "x.txt", "--", "dotnet", Repository.Program("Hello")).Exits(64).Says("VZ0006");

        Assert.Contains(".pftrace", result.Error, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    /// <summary>Root may write anywhere: the capability for it is taken away first.</summary>
    [Fact]
    public void NoPermissionToWrite()
    {
        Directory.CreateDirectory(_folder["locked"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        CommandResult result = RunWithoutPrivileges("run", "-o", "locked/x.pftrace", "--", "dotnet", Repository.Program("Hello"));

        result.Exits(77).Says("VZ0002");
        Assert.Empty(result.Output);
        Assert.Empty(Directory.GetFileSystemEntries(_folder["locked"]));
    }

    [Theory]
    [InlineData("run", "-o", "x.pftrace", "--capture-dir", "locked", "--", "true")]
    [InlineData("run", "-o", "x.pftrace", "--capture-dir", "locked/deep", "--", "true")]
    [InlineData("info", "locked")]
    [InlineData("convert", "locked", "-o", "x.pftrace")]
    public void NoPermissionForACapture(params string[] arguments)
    {
        Directory.CreateDirectory(_folder["locked"], UnixFileMode.None);

        RunWithoutPrivileges(arguments).Exits(77).Says("VZ0002");
        AssertNothingLeft("locked");
    }

    [Theory]
    [InlineData("--max-depth", "-1")]
    [InlineData("--max-depth", "deep")]
    [InlineData("--include", "a!b!c")]
    [InlineData("--exclude", "")]
    [InlineData("--max-capture-size", "much")]
    public void AMalformedOption(string option, string value)
    {
        Run("run", option, value, "-o", "x.pftrace", "--", "dotnet", Repository.Program("Hello")).Exits(64).Says("VZ0007");
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run", "--")]
    [InlineData("run", "--no-such-option", "--", "dotnet")]
    [InlineData("no-such-command")]
    [InlineData("convert")]
    [InlineData("info")]
    public void ACommandLineThatMakesNoSense(params string[] arguments)
    {
        Run(arguments).Exits(64).Says("VZ0007");
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("info", "missing")]
    [InlineData("info", "missing.pftrace")]
    [InlineData("convert", "missing", "-o", "x.pftrace")]
    public void AnInputThatIsNotThere(params string[] arguments)
    {
        Run(arguments).Exits(66).Says("VZ0001");
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("empty.pftrace", 0)]
    [InlineData("garbage.pftrace", 5000)]
    [InlineData("garbage.json", 5000)]
    [InlineData("garbage.json.gz", 5000)]
    [InlineData("garbage", 5000)]
    public void AFileOfGarbage(string name, int length)
    {
        var bytes = new byte[length];
        new Random(12345).NextBytes(bytes);
        File.WriteAllBytes(_folder[name], bytes);

        Run("info", name).Exits(65).Says("VZ0004");
        Run("convert", name, "-o", "x.pftrace").Exits(65).Says("VZ0004");
        AssertNothingLeft(name);
    }

    [Fact]
    public void AnEmptyFolderIsNoCapture()
    {
        Directory.CreateDirectory(_folder["nothing"]);

        Run("convert", "nothing", "-o", "x.pftrace").Exits(65).Says("VZ0004");
        AssertNothingLeft("nothing");
    }

    public void Dispose() => _folder.Dispose();

    private CommandResult Run(params string[] arguments) => VizTraceCommand.RunIn(_folder.Path, arguments);

    private CommandResult RunWithoutPrivileges(params string[] arguments) => Environment.IsPrivilegedProcess
        ? ChildProcess.Run("setpriv", ["--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-dac_override,-dac_read_search", VizTraceCommand.Path, .. arguments], _folder.Path)
        : Run(arguments);

    private void AssertNothingLeft(params string[] but) =>
        Assert.Equal(but.Order(), Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
}
