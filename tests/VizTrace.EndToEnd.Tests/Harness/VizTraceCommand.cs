namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>The real command, as a user has it: built by <c>./viztrace</c> on first use, then called directly.</summary>
internal static class VizTraceCommand
{
    private static readonly Lazy<string> s_binary = new(Build, LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>Path of the built command.</summary>
    public static string Path => s_binary.Value;

    /// <summary>Runs it in the temporary folder of the machine.</summary>
    public static CommandResult Run(params string[] arguments) => ChildProcess.Run(Path, arguments);

    /// <summary>Runs it in a folder, with more environment and an input.</summary>
    public static CommandResult RunIn(
        string folder, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string input = "") =>
        ChildProcess.Run(Path, arguments, folder, environment, input);

    /// <summary>Starts it and leaves it running.</summary>
    public static ChildProcess Start(
        string folder, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string input = "") =>
        ChildProcess.Start(Path, arguments, folder, environment, input);

    private static string Build()
    {
        ChildProcess.Run(Repository.Script, ["--version"], Repository.Root).Exits(0);
        Assert.True(File.Exists(Repository.Binary), $"{Repository.Script} did not make {Repository.Binary}");
        return Repository.Binary;
    }
}
