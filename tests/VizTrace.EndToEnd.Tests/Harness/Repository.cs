using System.Runtime.CompilerServices;

namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>Where things lie in the working copy that these tests were built from.</summary>
internal static class Repository
{
    private static readonly Lazy<string> s_sdk = new(FindSdk);

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", ".."));

    /// <summary>The script that users call.</summary>
    public static string Script { get; } = Path.Combine(Root, "viztrace");

    /// <summary>What the script makes: the command itself.</summary>
    public static string Binary { get; } = Path.Combine(Root, "artifacts", "viztrace", "viztrace");

    /// <summary>Folder of the installed SDK.</summary>
    public static string Sdk => s_sdk.Value;

    /// <summary>Folder of the installed shared framework that programs run on.</summary>
    public static string Framework { get; } = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    /// <summary><c>debug</c> or <c>release</c>, as these tests were built; the SDK's <c>-c</c> takes it so too.</summary>
    public static string Configuration { get; } = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    /// <summary>The built dll of a program under <c>tests/Programs</c>.</summary>
    public static string Program(string name) => Path.Combine(Root, "artifacts", "bin", name, Configuration, name + ".dll");

    /// <summary>The built executable of a program under <c>tests/Programs</c>.</summary>
    public static string Executable(string name) => Path.Combine(Root, "artifacts", "bin", name, Configuration, name);

    /// <summary>Source folder of a program under <c>tests/Programs</c>.</summary>
    public static string ProgramSource(string name) => Path.Combine(Root, "tests", "Programs", name);

    private static string FindSdk()
    {
        string root = Path.GetFullPath(Path.Combine(Framework, "..", "..", ".."));
        return Directory.GetDirectories(Path.Combine(root, "sdk"), Environment.Version.Major + ".*")
            .OrderBy(d => Version.Parse(Path.GetFileName(d).Split('-')[0])).Last();
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
