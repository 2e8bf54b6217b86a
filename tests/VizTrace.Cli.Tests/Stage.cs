using VizTrace.Cli.Converting;
using VizTrace.Cli.Running;
using VizTrace.Model;
using VizTrace.Recorder;

namespace VizTrace.Cli.Tests;

/// <summary>A working directory of its own, a recorder that only pretends, and what the command printed.</summary>
internal sealed class Stage : IDisposable, ICommandRecorder, ICaptureSource
{
    public Stage()
    {
        Folder = Directory.CreateTempSubdirectory("viztrace-cli-").FullName;
        Library = At("libVizTrace.Profiler.so");
        File.WriteAllText(Library, "");
    }

    /// <summary>The working directory.</summary>
    public string Folder { get; }

    public string Library { get; set; }

    public StringWriter Output { get; } = new();

    public StringWriter Error { get; } = new();

    /// <summary>Another recorder than this pretender: the real one.</summary>
    public ICommandRecorder? Recorder { get; init; }

    /// <summary>What the recorder was asked; null when it was not.</summary>
    public RecordingOptions? Asked { get; private set; }

    /// <summary>What the recorder answers.</summary>
    public RecordingResult Answer { get; set; } = Ended(0);

    /// <summary>What the program does while it is recorded.</summary>
    public Action? Program { get; set; }

    /// <summary>What reading a capture does besides, given the progress.</summary>
    public Action<Action<double>>? Reading { get; set; }

    /// <summary>What reading the capture does; the default is <see cref="HandMade"/>.</summary>
    public Func<ITraceSink, TraceSummary> Capture { get; set; } = HandMade.Feed;

    public string ErrorText => Error.ToString().Replace(Folder, "DIR", StringComparison.Ordinal);

    /// <summary>An ending; with a reason, one of a program of which nothing was recorded.</summary>
    public static RecordingResult Ended(int exitCode, int? signal = null, string? whyNothing = null, params string[] problems) => new()
    {
        ExitCode = exitCode,
        Signal = signal,
        Processes = whyNothing is null ? [new RecordedProcess(500, "p500-1", exitCode, signal, 14, null)] : [],
        AnyProcessRecorded = whyNothing is null,
        WhyNothingRecorded = whyNothing,
        BytesWritten = 112,
        Problems = problems,
    };

    public string At(string path) => Path.Combine(Folder, path);

    public int Run(params string[] args) => new CommandLine(new Surroundings
    {
        Output = Output,
        Error = Error,
        ErrorIsTerminal = () => false,
        WorkingDirectory = Folder,
        ProfilerLibrary = Library,
        Recorder = Recorder ?? this,
        Captures = this,
    }).Run(args);

    public void MakeCapture(string name)
    {
        Directory.CreateDirectory(At(name));
        File.WriteAllText(Path.Combine(At(name), "settings"), "version=1\n");
    }

    /// <summary>Names of all that lies in the working directory, but for the library.</summary>
    public string[] Files() => [.. Directory.EnumerateFileSystemEntries(Folder).Select(f => Path.GetFileName(f)).Where(f => f != "libVizTrace.Profiler.so").Order()];

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    RecordingResult ICommandRecorder.Run(RecordingOptions options, TextWriter log)
    {
        Asked = options;
        MakeCapture(options.CaptureDirectory);
        Program?.Invoke();
        log.WriteLine("the recorder's log");
        return Answer;
    }

    bool ICaptureSource.IsCapture(string directory) => File.Exists(Path.Combine(directory, "settings"));

    TraceSummary ICaptureSource.Read(string directory, ITraceSink sink, Action<double>? progress)
    {
        Reading?.Invoke(progress!);
        return Capture(sink);
    }
}
