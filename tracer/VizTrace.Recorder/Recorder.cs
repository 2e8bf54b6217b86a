using VizTrace.Model;
using VizTrace.Recorder.Draining;
using VizTrace.Recorder.Interop;
using VizTrace.Recorder.Launching;
using VizTrace.Records;

namespace VizTrace.Recorder;

/// <summary>
/// Runs a command under the tracer. In: a command and what to record of it; out: a capture directory (FORMAT.md in Records/) and how the
/// command ended. The hard rule: whatever happens to the recording, the command runs as it would without us, and everything that was
/// recorded is on disk at every instant.
/// </summary>
public static class Recorder
{
    /// <summary>
    /// Runs <paramref name="options"/>'s command to its end, recording. Its streams, terminal, working directory, signals and exit code
    /// are its own; SIGINT, SIGQUIT, SIGTERM and SIGHUP do not end us while it runs. <paramref name="log"/> takes a few lines for
    /// people who asked for more; <paramref name="cancellation"/> asks the command to end (SIGTERM), and recording goes on until it has.
    /// One at a time in a process. Throws <see cref="TraceException"/> before anything was started: bad option, capture directory
    /// (<see cref="ErrorId.BadOutput"/>, <see cref="ErrorId.NoPermission"/>), command (<see cref="ErrorId.CannotStart"/>), or profiler
    /// library missing (<see cref="ErrorId.BrokenInstallation"/>).
    /// </summary>
    public static RecordingResult Run(RecordingOptions options, TextWriter log, CancellationToken cancellation = default)
    {
        Check(options);
        options = options with { CaptureDirectory = Path.GetFullPath(options.CaptureDirectory) };
        CaptureDirectory.DeleteOrphans();
        TickClock.Prepare();
        CaptureSettings settings = RecordingSession.Prepare(options, DotnetCommand.IsThroughSdk(options.Command));
        using var environment = new SpawnEnvironment(options.ProfilerLibrary, options.CaptureDirectory);
        if (environment.Replaced)
            log.WriteLine("CORECLR_ENABLE_PROFILING was set: that profiler is not loaded, ours is");
        using var loop = new DrainLoop(options.CaptureDirectory, options.MaxCaptureBytes, settings.MaxChunks);
        using var signals = new SignalForwarding();
        using ChildProcess child = Start(options, environment);
        signals.SendTo(child);
        using CancellationTokenRegistration cancelled = cancellation.Register(() => child.Send(Libc.SignalTerminate));
        log.WriteLine($"recording process {child.Pid} into {options.CaptureDirectory}");
        ProcessEnding ending = loop.Run(child);
        return Summarize(options, loop, ending);
    }

    private static void Check(RecordingOptions options)
    {
        if (options.Command.Count == 0 || options.Command[0].Length == 0)
            throw new TraceException(ErrorId.BadOption, "no command to run");
        foreach (string pattern in options.Include.Concat(options.Exclude))
        {
            if (NamePattern.TryParse(pattern, out string problem) is null)
                throw new TraceException(ErrorId.BadOption, $"pattern {pattern}: {problem}");
        }

        if (options.MaxDepth < 0)
            throw new TraceException(ErrorId.BadOption, $"a depth of {options.MaxDepth} is not possible");
        if (options.MaxCaptureBytes < RecordingOptions.LeastCaptureBytes)
            throw new TraceException(ErrorId.BadOption, $"a capture needs at least {RecordingOptions.LeastCaptureBytes} bytes");
        if (!Path.IsPathRooted(options.ProfilerLibrary) || !File.Exists(options.ProfilerLibrary))
            throw new TraceException(ErrorId.BrokenInstallation, $"{options.ProfilerLibrary}: the profiler library is missing");
    }

    private static ChildProcess Start(RecordingOptions options, SpawnEnvironment environment)
    {
        try
        {
            return ChildProcess.Start(options.Command, environment);
        }
        catch (TraceException)
        {
            RecordingSession.Discard(options.CaptureDirectory);
            throw;
        }
    }

    private static RecordingResult Summarize(RecordingOptions options, DrainLoop loop, ProcessEnding ending)
    {
        var problems = new List<string>(loop.Problems);
        var processes = new List<RecordedProcess>();
        foreach (ProcessRecording recording in loop.Recordings)
        {
            ProcessEnding? own = recording.Ending;
            processes.Add(new RecordedProcess(
                recording.Pid,
                recording.Directory,
                own is { BySignal: false } exited ? exited.Number : null,
                own is { BySignal: true } killed ? killed.Number : null,
                recording.DrainedRecords,
                recording.StoppedEarly));
            if (recording.LedgerFailures > 0)
                problems.Add($"{recording.LedgerFailures} ledger entries of process {recording.Pid} could not be written");
        }

        bool any = processes.Count > 0 || RecordingSession.HoldsRecords(options.CaptureDirectory);
        return new RecordingResult
        {
            ExitCode = ending.BySignal ? 128 + ending.Number : ending.Number,
            Signal = ending.BySignal ? ending.Number : null,
            Processes = processes,
            AnyProcessRecorded = any,
            WhyNothingRecorded = any ? null : ProgramKind.WhyNotRecorded(options.Command),
            BytesWritten = loop.Bytes,
            Problems = problems,
        };
    }
}
