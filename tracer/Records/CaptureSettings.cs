namespace VizTrace.Records;

/// <summary>
/// What the recorder asks of the profiler: the settings file in the capture directory, one <c>key=value</c> a line, values escaped so that
/// any text fits on a line (<c>\n</c>, <c>\\</c>). Unknown keys are ignored. Immutable once written.
/// </summary>
internal sealed class CaptureSettings
{
    /// <summary>Layout version that the recorder writes and expects (<see cref="CaptureLayout.Version"/>).</summary>
    public int Version { get; set; } = CaptureLayout.Version;

    /// <summary>Patterns of methods to record (<see cref="NamePattern"/>); none: everything that is not the framework.</summary>
    public List<string> Include { get; } = [];

    /// <summary>Patterns of methods not to record; they win over <see cref="Include"/>.</summary>
    public List<string> Exclude { get; } = [];

    /// <summary>Calls deeper than this leave no record; 0: no limit. The outermost recorded call of a thread has depth 1.</summary>
    public int MaxDepth { get; set; }

    /// <summary>
    /// The command is one of the SDK's own (<c>dotnet run</c>, <c>test</c>, …): processes whose entry assembly lies in an SDK folder
    /// are passed through, and what they start is recorded.
    /// </summary>
    public bool ThroughSdk { get; set; }

    /// <summary>
    /// Chunks allocated at the start, before the program runs: 8 MB, for 32 cost 7 ms there and 4 ms when they were deleted. The recorder adds
    /// more in its own process at once.
    /// </summary>
    public int InitialChunks { get; set; } = 64;

    /// <summary>Chunks to which the pool may grow.</summary>
    public int MaxChunks { get; set; } = 8192;

    /// <summary>Keeps the pool in the capture directory even where /dev/shm has room; slower, for tests and for odd containers.</summary>
    public bool PoolOnDisk { get; set; }

    /// <summary>The command as the user gave it, for the trace's metadata.</summary>
    public List<string> Command { get; } = [];

    /// <summary>As lines of the settings file.</summary>
    public string Format()
    {
        var text = new System.Text.StringBuilder();
        void Line(string key, string value) =>
            text.Append(key).Append('=').Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        Line("version", Number(Version));
        Include.ForEach(p => Line("include", p));
        Exclude.ForEach(p => Line("exclude", p));
        Line("max-depth", Number(MaxDepth));
        Line("through-sdk", ThroughSdk ? "1" : "0");
        Line("initial-chunks", Number(InitialChunks));
        Line("max-chunks", Number(MaxChunks));
        Line("pool-on-disk", PoolOnDisk ? "1" : "0");
        Command.ForEach(p => Line("command", p));
        return text.ToString();
    }

    /// <summary>Reads what <see cref="Format"/> wrote; lines that make no sense are passed over (a missing version reads as 0).</summary>
    public static CaptureSettings Parse(string text)
    {
        var settings = new CaptureSettings { Version = 0 };
        foreach (string line in text.Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                continue;
            string value = Unescape(line[(equals + 1)..]);
            _ = int.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out int number);
            switch (line[..equals])
            {
                case "version": settings.Version = number; break;
                case "include": settings.Include.Add(value); break;
                case "exclude": settings.Exclude.Add(value); break;
                case "max-depth": settings.MaxDepth = number; break;
                case "through-sdk": settings.ThroughSdk = number != 0; break;
                case "initial-chunks": settings.InitialChunks = number; break;
                case "max-chunks": settings.MaxChunks = number; break;
                case "pool-on-disk": settings.PoolOnDisk = number != 0; break;
                case "command": settings.Command.Add(value); break;
            }
        }

        return settings;
    }

    private static string Number(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Unescape(string value)
    {
        if (!value.Contains('\\', StringComparison.Ordinal))
            return value;
        var text = new System.Text.StringBuilder(value.Length);
        for (int i = 0; i < value.Length; i++)
        {
            bool escape = value[i] == '\\' && i + 1 < value.Length;
            char c = escape ? value[++i] : value[i];
            text.Append(escape && c == 'n' ? '\n' : c);
        }

        return text.ToString();
    }
}
