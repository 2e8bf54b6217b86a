using System.Globalization;
using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>Name of a process's directory: <c>p[pid]-[start]</c>.</summary>
internal readonly record struct ProcessDirectory(string Path, uint Pid, ulong Start)
{
    /// <summary>Whether the last part of <paramref name="path"/> is such a name.</summary>
    public static bool TryParse(string path, out ProcessDirectory directory)
    {
        directory = default;
        ReadOnlySpan<char> name = System.IO.Path.GetFileName(path.AsSpan());
        int dash = name.IndexOf('-');
        if (dash < 0 || !name.StartsWith(CaptureLayout.ProcessDirectoryPrefix, StringComparison.Ordinal)
            || !uint.TryParse(name[1..dash], NumberStyles.None, CultureInfo.InvariantCulture, out uint pid)
            || !ulong.TryParse(name[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ulong start))
        {
            return false;
        }

        directory = new ProcessDirectory(path, pid, start);
        return true;
    }
}

/// <summary>A capture directory, indexed: what is in it is known, no record has been decoded. Dispose closes the files.</summary>
internal sealed class CaptureIndex : IDisposable
{
    private CaptureIndex(CaptureSettings settings) => Settings = settings;

    /// <summary>What was asked of the profiler.</summary>
    public CaptureSettings Settings { get; }

    /// <summary>Recorded processes in the order of their start.</summary>
    public List<ProcessCapture> Processes { get; } = [];

    /// <summary>What is odd so far.</summary>
    public Findings Findings { get; } = new();

    /// <summary>Largest error of the time stamps that was seen, ns.</summary>
    public long ClockErrorNs { get; private set; }

    /// <summary>Opens and indexes a capture; for exceptions see <see cref="CaptureReader.Read"/>.</summary>
    public static CaptureIndex Open(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw File.Exists(directory)
                ? new TraceException(ErrorId.BadInput, $"{directory}: a file, not a capture directory")
                : new TraceException(ErrorId.NotFound, $"{directory}: no such directory");
        }

        List<ProcessDirectory> directories = ProcessDirectories(directory);
        var index = new CaptureIndex(ReadSettings(directory, directories.Count > 0));
        try
        {
            index.AddProcesses(directories);
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Processes.ForEach(p => p.Dispose());

    private static List<ProcessDirectory> ProcessDirectories(string directory)
    {
        var found = new List<ProcessDirectory>();
        try
        {
            foreach (string path in Directory.EnumerateDirectories(directory))
            {
                if (ProcessDirectory.TryParse(path, out ProcessDirectory process))
                    found.Add(process);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CaptureFile.Failure(directory, e);
        }

        return [.. found.OrderBy(p => p.Start).ThenBy(p => p.Pid)];
    }

    private static CaptureSettings ReadSettings(string directory, bool hasProcesses)
    {
        string path = Path.Combine(directory, CaptureLayout.SettingsFile);
        if (!File.Exists(path))
        {
            // Without settings the records can still be read: what was recorded is not to be lost for a missing text file.
            return hasProcesses
                ? new CaptureSettings()
                : throw new TraceException(ErrorId.BadInput, $"{directory}: not a capture directory: it has no file '{CaptureLayout.SettingsFile}'");
        }

        var settings = CaptureSettings.Parse(System.Text.Encoding.UTF8.GetString(CaptureFile.ReadAll(path)));
        return settings.Version switch
        {
            CaptureLayout.Version => settings,
            0 => throw new TraceException(ErrorId.BadInput, $"{path}: not the settings of a capture: no version at byte 0"),
            _ => throw new TraceException(
                ErrorId.WrongVersion, $"{path}: version {settings.Version}, this program reads version {CaptureLayout.Version}"),
        };
    }

    private void AddProcesses(List<ProcessDirectory> directories)
    {
        var clock = new ClockPoints();
        foreach (ProcessDirectory directory in directories)
        {
            var process = ProcessCapture.Open(directory.Path, directory.Pid, clock, Findings);
            if (process.IsRecorded)
            {
                Processes.Add(process);
                continue;
            }

            process.Dispose();
            Findings.Remark(process.Journal.PassedThrough is { } reason
                ? $"process {directory.Pid} was passed through: {reason}"
                : $"process {directory.Pid} left no records");
        }

        if (Processes.Count == 0)
            Findings.Remark("no process was recorded");
        MapClocks(clock);
    }

    private void MapClocks(ClockPoints clock)
    {
        List<ProcessCapture> counted = Processes.FindAll(p => p.ClockKind != ClockKind.Monotonic);
        if (counted.Count == 0)
            return;
        ClockMap map = clock.ToMap(counted.Max(p => p.LastRecordTicks));
        if (!clock.AreEnough)
            Findings.Remark("the clock was never read beside another: times are in its ticks, not in nanoseconds");
        foreach ((long ns, long aheadNs) in clock.Steps)
            Findings.Remark($"after {ns} ns the tick counter was {aheadNs} ns further ahead of the clock (the machine slept?): times near there are less exact");
        ClockErrorNs = map.ErrorNs;
        counted.ForEach(p => p.Clock = map);
    }
}
