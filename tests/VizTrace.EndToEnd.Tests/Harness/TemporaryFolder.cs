namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>A folder of one test's own, gone when the test is over.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("viztrace-e2e-").FullName;

    public string Path { get; }

    /// <summary>A path inside it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        foreach (string folder in Directory.GetDirectories(Path))
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_000_000);

        // Captures that a test leaves have their pools in memory, where they would stay for a week.
        foreach (string pool in Directory.GetFiles(Path, "pool", SearchOption.AllDirectories))
        {
            if (new FileInfo(pool).LinkTarget is { } inMemory)
                File.Delete(inMemory);
        }

        Directory.Delete(Path, recursive: true);
    }
}
