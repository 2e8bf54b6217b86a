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

    /// <summary>Patterns of methods that get no slices of their own; they win over <see cref="Include"/>.</summary>
    public List<string> Exclude { get; } = [];

    /// <summary>Patterns of methods that are not recorded, nor anything below them; they win over both.</summary>
    public List<string> IgnoreFunction { get; } = [];

    /// <summary>Threads that leave nothing (<see cref="ThreadPattern"/>).</summary>
    public List<string> IgnoreThread { get; } = [];

    /// <summary>Threads that alone are recorded; none: all.</summary>
    public List<string> OnlyThread { get; } = [];

    /// <summary>
    /// Longest time, in ticks, for which an enter may still be taken back: 27 s at 2.5 GHz. Until then it stays where it was written.
    /// </summary>
    public const long MostMinDurationTicks = 1L << 36;

    /// <summary>Calls shorter than this leave no record, ns; 0: all do.</summary>
    public long MinDurationNs { get; set; }

    /// <summary>
    /// The same in ticks of the time-stamp counter, measured by the recorder and rounded down by more than its error: such a call is certainly
    /// too short. 0: not known, and then the reader of the capture takes them all out.
    /// </summary>
    public long MinDurationTicks { get; set; }

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
        IgnoreFunction.ForEach(p => Line("ignore-function", p));
        IgnoreThread.ForEach(p => Line("ignore-thread", p));
        OnlyThread.ForEach(p => Line("only-thread", p));
        Line("min-duration", Number(MinDurationNs));
        Line("min-duration-ticks", Number(MinDurationTicks));
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
            _ = long.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out long large);
            int number = (int)Math.Clamp(large, int.MinValue, int.MaxValue);
            switch (line[..equals])
            {
                case "version": settings.Version = number; break;
                case "include": settings.Include.Add(value); break;
                case "exclude": settings.Exclude.Add(value); break;
                case "ignore-function": settings.IgnoreFunction.Add(value); break;
                case "ignore-thread": settings.IgnoreThread.Add(value); break;
                case "only-thread": settings.OnlyThread.Add(value); break;
                case "min-duration": settings.MinDurationNs = large; break;
                case "min-duration-ticks": settings.MinDurationTicks = large; break;
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

    private static string Number(long value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

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
