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

    /// <summary>Whether <see cref="Error"/> is a terminal, so that a progress bar may be drawn.</summary>
    public required bool ErrorIsTerminal { get; init; }

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
        string? library = Environment.GetEnvironmentVariable("VIZTRACE_PROFILER_LIBRARY");
        return new Surroundings
        {
            Output = Writer(Console.OpenStandardOutput()),
            Error = Writer(Console.OpenStandardError()),
            ErrorIsTerminal = !Console.IsErrorRedirected,
            WorkingDirectory = Environment.CurrentDirectory,
            ProfilerLibrary = string.IsNullOrEmpty(library) ? Path.Combine(AppContext.BaseDirectory, "libVizTrace.Profiler.so") : Path.GetFullPath(library),
            Recorder = new CommandRecorder(),
            Captures = new CaptureSource(),
        };
    }

    /// <summary>
    /// Console.Out and Console.Error set the terminal up for an application of their own (keypad mode, SIGCHLD, SIGCONT) when they are first
    /// asked for; the terminal is the program's until it has ended. The bare streams only write.
    /// </summary>
    private static StreamWriter Writer(Stream stream) => new(stream) { AutoFlush = true };

    /// <summary>The full path of what the user wrote.</summary>
    public string FullPath(string path) => Path.GetFullPath(path, WorkingDirectory);
}
