using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.Real.Tests;

/// <summary>Builds programs of <c>tests/real/Programs</c> that the ordinary build leaves out, or in other shapes.</summary>
internal static class Builds
{
    /// <summary>The dll of a program, built in the configuration of these tests.</summary>
    public static string Program(string name)
    {
        ChildProcess.Run("dotnet", ["build", Source(name), "-c", Repository.Configuration, "-v", "q", "-nodeReuse:false"], Repository.Root).Exits(0);
        return Repository.Program(name);
    }

    /// <summary>The dll of a program with all of its own code and its packages' precompiled by crossgen, for the installed framework.</summary>
    public static string ReadyToRun(string name)
    {
        string artifacts = Path.Combine(Repository.Root, "artifacts", "published", name + "-r2r");
        string output = Path.Combine(artifacts, "out");
        ChildProcess.Run(
            "dotnet",
            ["publish", Source(name), "-c", "Release", "-o", output, "-p:ArtifactsPath=" + artifacts, "-p:RuntimeIdentifier=linux-x64", "-p:PublishReadyToRun=true", "-p:SelfContained=false", "-v", "q", "-nodeReuse:false"],
            Repository.Root).Exits(0);
        return Path.Combine(output, name + ".dll");
    }

    private static string Source(string name) => Path.Combine(Repository.Root, "tests", "real", "Programs", name);
}
