namespace VizTrace.Cli.Running;

/// <summary>What a command's trace is called when nobody says: the entry assembly, the executable or the project.</summary>
internal static class ProgramName
{
    /// <summary>Options of the <c>dotnet</c> host and of <c>dotnet run</c> and <c>test</c> that take the next word as their value.</summary>
    private static readonly HashSet<string> s_takesValue = new(StringComparer.Ordinal)
    {
        "--runtimeconfig", "--depsfile", "--additionalprobingpath", "--additional-deps", "--fx-version", "--roll-forward",
        "-c", "--configuration", "-f", "--framework", "-r", "--runtime", "-a", "--arch", "--os", "-v", "--verbosity", "-lp", "--launch-profile",
        "-p", "--property", "-e", "--environment", "--artifacts-path", "-o", "--output", "-s", "--settings", "-l", "--logger", "--filter",
        "-d", "--diag", "--results-directory", "--collect", "--test-adapter-path",
    };

    /// <summary>A file name without extension for <paramref name="command"/> started in <paramref name="workingDirectory"/>; never empty.</summary>
    public static string Of(IReadOnlyList<string> command, string workingDirectory)
    {
        string name = command.Count == 0 ? "" : Path.GetFileName(command[0]);
        if (name is "dotnet" or "dotnet.exe")
            name = OfDotnet([.. command.Skip(1)], workingDirectory);
        else
            name = WithoutExtension(name);
        return name.Length > 0 ? name : "trace";
    }

    private static string OfDotnet(string[] words, string workingDirectory)
    {
        int first = FirstWord(words, 0);
        if (first < 0)
            return "dotnet";
        string word = words[first];
        if (word == "exec")
        {
            int assembly = FirstWord(words, first + 1);
            return assembly < 0 ? "dotnet" : WithoutExtension(Path.GetFileName(words[assembly]));
        }

        if (IsAssembly(word))
            return WithoutExtension(Path.GetFileName(word));
        string[] rest = words[(first + 1)..];
        return word switch
        {
            "run" => OfProject(OptionValue(rest, "--project") ?? OptionValue(rest, "--file"), workingDirectory),
            "test" when FirstWord(rest, 0) is >= 0 and var at && (File.Exists(Full(rest[at])) || Directory.Exists(Full(rest[at]))) => OfProject(rest[at], workingDirectory),
            _ => Path.GetFileName(Path.TrimEndingDirectorySeparator(workingDirectory)),
        };

        string Full(string path) => Path.GetFullPath(path, workingDirectory);
    }

    /// <summary>The project's file name, looked for where a directory was given; else the directory's.</summary>
    private static string OfProject(string? project, string workingDirectory)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(project ?? ".", workingDirectory));
        if (!Directory.Exists(path))
            return Path.GetFileNameWithoutExtension(path);
        string[] files = [.. Directory.EnumerateFiles(path, "*.*proj").Take(2)];
        return files.Length == 1 ? Path.GetFileNameWithoutExtension(files[0]) : Path.GetFileName(path);
    }

    private static int FirstWord(string[] words, int from)
    {
        for (int i = from; i < words.Length && words[i] != "--"; i++)
        {
            if (!words[i].StartsWith('-'))
                return i;
            if (s_takesValue.Contains(words[i]))
                i++;
        }

        return -1;
    }

    private static string? OptionValue(string[] words, string option)
    {
        for (int i = 0; i < words.Length && words[i] != "--"; i++)
        {
            if (words[i] == option && i + 1 < words.Length)
                return words[i + 1];
            if (words[i].StartsWith(option, StringComparison.Ordinal) && words[i].Length > option.Length && words[i][option.Length] is '=' or ':')
                return words[i][(option.Length + 1)..];
        }

        return null;
    }

    private static bool IsAssembly(string word) =>
        word.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) || word.EndsWith(".exe", StringComparison.OrdinalIgnoreCase);

    /// <summary>Only what is an extension of programs: <c>My.App</c> is a whole name.</summary>
    private static string WithoutExtension(string name) => IsAssembly(name) ? name[..^4] : name;
}
