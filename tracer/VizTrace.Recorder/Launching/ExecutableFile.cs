using VizTrace.Recorder.Interop;

namespace VizTrace.Recorder.Launching;

/// <summary>Which file a command's name means, as execvp finds it.</summary>
internal static class ExecutableFile
{
    /// <summary>The file; null when there is none that may be executed.</summary>
    public static string? Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
            return IsExecutable(name) ? name : null;
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "/bin:/usr/bin").Split(':'))
        {
            string file = Path.Combine(folder.Length == 0 ? "." : folder, name);
            if (IsExecutable(file))
                return file;
        }

        return null;
    }

    private static bool IsExecutable(string file) => File.Exists(file) && Libc.Access(file, Libc.Executable) == 0;
}
