namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>The native libraries of the program Deadlock, made by gcc from its <c>native/</c> on first use.</summary>
internal static class NativeParts
{
    private const int Parts = 4;

    private static readonly Lazy<string> s_folder = new(Build);

    /// <summary>Folder of libhost.so and the libpart*.so.</summary>
    public static string Folder => s_folder.Value;

    private static string Build()
    {
        string folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "native")).FullName;
        string source = Path.Combine(Repository.ProgramSource("Deadlock"), "native");
        using FileStream held = Referee.Lock(Path.Combine(folder, "lock"));
        Compile(Path.Combine(source, "host.c"), Path.Combine(folder, "libhost.so"));
        for (int part = 0; part < Parts; part++)
            Compile(Path.Combine(source, "part.c"), Path.Combine(folder, $"libpart{part}.so"));
        return folder;
    }

    /// <summary>Unless it is there and newer than its source: a program may be using it.</summary>
    private static void Compile(string source, string library)
    {
        if (!File.Exists(library) || File.GetLastWriteTimeUtc(library) < File.GetLastWriteTimeUtc(source))
            ChildProcess.Run("gcc", ["-O2", "-shared", "-fPIC", "-pthread", "-o", library, source]).Exits(0);
    }
}
