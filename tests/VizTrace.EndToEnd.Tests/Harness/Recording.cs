using VizTrace.EndToEnd.Tests.Decoding;

namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>One <c>viztrace run</c> and what came of it.</summary>
internal sealed record Recording(CommandResult Result, string File)
{
    private DecodedTrace? _trace;

    /// <summary>The trace, decoded on first use.</summary>
    public DecodedTrace Trace => _trace ??= DecodedTrace.Read(File);

    /// <summary>Records a program of <c>tests/Programs</c>.</summary>
    public static Recording OfProgram(
        TemporaryFolder folder, string program, string[] arguments, string[]? options = null, string path = "default", string ending = ".pftrace") =>
        Of(folder, ["dotnet", Repository.Program(program), .. arguments], options, ProbePath.Environment(path), program + ending);

    /// <summary>Records any command, in the folder.</summary>
    public static Recording Of(
        TemporaryFolder folder, string[] command, string[]? options = null, IReadOnlyDictionary<string, string>? environment = null, string output = "out.pftrace") =>
        new(VizTraceCommand.RunIn(folder.Path, ["run", "-o", output, .. options ?? [], "--", .. command], environment), folder[output]);

    /// <summary>Fails unless the program ended with this exit code.</summary>
    public Recording Exits(int code)
    {
        Result.Exits(code);
        Assert.True(System.IO.File.Exists(File), $"no {File}\n{Result}");
        return this;
    }
}
