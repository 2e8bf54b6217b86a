namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>Programs in shapes that only <c>dotnet publish</c> makes, built apart from the ordinary build.</summary>
internal static class PublishedPrograms
{
    private static readonly Lazy<string> s_readyToRun = new(() => Publish("Counting", "r2r", "-p:PublishReadyToRun=true", "-p:SelfContained=false") + ".dll");
    private static readonly Lazy<string> s_singleFile = new(() => Publish("Hello", "single", "-p:PublishSingleFile=true", "-p:SelfContained=false"));
    private static readonly Lazy<string> s_selfContained = new(() => Publish("Hello", "self", "-p:PublishSingleFile=true", "-p:SelfContained=true"));

    /// <summary>Counting, precompiled.</summary>
    public static string ReadyToRun => s_readyToRun.Value;

    /// <summary>Hello as one file that runs on the installed framework.</summary>
    public static string SingleFile => s_singleFile.Value;

    /// <summary>Hello as one file with the runtime inside.</summary>
    public static string SelfContained => s_selfContained.Value;

    /// <summary>A program with another runtime beside it, such as <c>net8.0</c> in version <c>8.0.33</c>.</summary>
    public static string With(string program, string framework, string version) => Publish(
        program, $"{program}-{framework}", "-p:TestFramework=" + framework, "-p:RuntimeFrameworkVersion=" + version, "-p:SelfContained=true",
        "-p:CheckEolTargetFramework=false", "-p:DisableTransitiveFrameworkReferenceDownloads=true");

    /// <summary>Published once for each build of the program: a second run of the tests beside this one may be using what is there.</summary>
    private static string Publish(string program, string shape, params string[] properties)
    {
        // An artifacts folder of its own: another restore of the same project would disturb the ordinary one.
        string artifacts = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "published", shape)).FullName;
        string output = Path.Combine(artifacts, "out"), done = Path.Combine(artifacts, "done");
        using FileStream held = Referee.Lock(Path.Combine(artifacts, "lock"));
        if (!File.Exists(done) || File.GetLastWriteTimeUtc(done) < File.GetLastWriteTimeUtc(Repository.Program(program)))
        {
            ChildProcess.Run("dotnet",
                ["publish", Repository.ProgramSource(program), "-o", output, "-p:ArtifactsPath=" + artifacts, "-p:RuntimeIdentifier=linux-x64", .. properties],
                Repository.Root).Exits(0);
            File.WriteAllText(done, "");
        }

        return Path.Combine(output, program);
    }
}
