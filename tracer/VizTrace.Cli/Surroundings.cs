using VizTrace.Cli.Converting;
using VizTrace.Cli.Running;

namespace VizTrace.Cli;

/// <summary>All that a command touches beside the files it is told of; tests give their own.</summary>
internal sealed record Surroundings
{
    /// <summary>What a command is asked for: the report of <c>info</c>, help, version.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>All else that we say: progress, summaries, errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether <see cref="Error"/> is a terminal now, so that a progress bar may be drawn.</summary>
    public required Func<bool> ErrorIsTerminal { get; init; }

    /// <summary>The arguments byte for byte, as many as there are; null when they are not to be had.</summary>
    public IReadOnlyList<byte[]>? ArgumentBytes { get; init; }

    /// <summary>Where relative paths begin and default outputs go.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The native library that enters the program; looked for before anything is started.</summary>
    public required string ProfilerLibrary { get; init; }

    /// <summary>Starts and records programs.</summary>
    public required ICommandRecorder Recorder { get; init; }

    /// <summary>Reads capture directories.</summary>
    public required ICaptureSource Captures { get; init; }

    /// <summary>Those of a process that a user started. <c>VIZTRACE_PROFILER_LIBRARY</c> names another library, for development.</summary>
    public static Surroundings OfThisProcess()
    {
        StandardDescriptors.Occupy();
        string? library = Environment.GetEnvironmentVariable("VIZTRACE_PROFILER_LIBRARY");
        return new Surroundings
        {
            Output = Writer(StandardDescriptors.Output),
            Error = Writer(StandardDescriptors.Error),
            ErrorIsTerminal = () => StandardDescriptors.IsTerminal(StandardDescriptors.Error),
            ArgumentBytes = ReadArguments(),
            WorkingDirectory = Environment.CurrentDirectory,
            ProfilerLibrary = string.IsNullOrEmpty(library) ? Path.Combine(AppContext.BaseDirectory, "libVizTrace.Profiler.so") : Path.GetFullPath(library),
            Recorder = new CommandRecorder(releasesStreams: true),
            Captures = new CaptureSource(),
        };
    }

    private static StreamWriter Writer(int descriptor) => new(new DescriptorStream(descriptor)) { AutoFlush = true };

    private static List<byte[]>? ReadArguments()
    {
        try
        {
            byte[] text = File.ReadAllBytes("/proc/self/cmdline");
            var arguments = new List<byte[]>();
            for (int end, at = 0; (end = Array.IndexOf(text, (byte)0, at)) >= 0; at = end + 1)
                arguments.Add(text[at..end]);
            return arguments[1..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The full path of what the user wrote.</summary>
    public string FullPath(string path) => Path.GetFullPath(path, WorkingDirectory);
}
