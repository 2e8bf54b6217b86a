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
    /// are its own; no signal ends us while it runs. <paramref name="log"/> takes a few lines for people who asked for more.
    /// One at a time in a process. Throws <see cref="TraceException"/> before anything was started: bad option, capture directory
    /// (<see cref="ErrorId.BadOutput"/>, <see cref="ErrorId.NoPermission"/>), command (<see cref="ErrorId.CannotStart"/>), or profiler
    /// library missing (<see cref="ErrorId.BrokenInstallation"/>); nothing is left behind then.
    /// </summary>
    public static RecordingResult Run(RecordingOptions options, TextWriter log)
    {
        Check(options);
        options = options with { CaptureDirectory = Path.GetFullPath(options.CaptureDirectory) };
        CaptureDirectory.DeleteOrphans();
        TickClock.Prepare();
        string? firstMade = CaptureDirectory.FirstMissing(options.CaptureDirectory);
        CaptureSettings settings = RecordingSession.Prepare(options, DotnetCommand.IsThroughSdk(options.Command));
        bool started = false;
        try
        {
            using var environment = new SpawnEnvironment(options.ProfilerLibrary, options.CaptureDirectory);
            using var loop = new DrainLoop(options.CaptureDirectory, options.MaxCaptureBytes, settings.MaxChunks);
            using var signals = new SignalForwarding();
            using ChildProcess child = ChildProcess.Start(options, environment);
            started = true;
            SignalForwarding.PassEarly(child);
            if (options.ReleasesStreams)
                ReleaseStreams();
            log.WriteLine($"recording process {child.Pid} into {options.CaptureDirectory}");
            ProcessEnding ending = loop.Run(child, signals);
            return Summarize(options, loop, ending, environment.Replaced);
        }
        finally
        {
            if (!started)
                CaptureDirectory.Delete(options.CaptureDirectory, firstMade);
        }
    }

    private static void Check(RecordingOptions options)
    {
        if (options.Command.Count == 0 || options.Command[0].Length == 0)
            throw new TraceException(ErrorId.BadOption, "no command to run");
        foreach (string pattern in options.Include.Concat(options.Exclude).Concat(options.IgnoreFunction))
        {
            if (NamePattern.TryParse(pattern, out string problem) is null)
                throw new TraceException(ErrorId.BadOption, $"pattern {pattern}: {problem}");
        }

        foreach (string pattern in options.IgnoreThread.Concat(options.OnlyThread))
        {
            if (ThreadPattern.TryParse(pattern, out string problem) is null)
                throw new TraceException(ErrorId.BadOption, $"pattern {pattern}: {problem}");
        }

        if (options.MinDurationNs < 0)
            throw new TraceException(ErrorId.BadOption, $"a duration of {options.MinDurationNs} ns is not possible");

        if (options.MaxDepth < 0)
            throw new TraceException(ErrorId.BadOption, $"a depth of {options.MaxDepth} is not possible");
        if (options.MaxCaptureBytes < RecordingOptions.LeastCaptureBytes)
            throw new TraceException(ErrorId.BadOption, $"a capture needs at least {RecordingOptions.LeastCaptureBytes} bytes");
        if (!Path.IsPathRooted(options.ProfilerLibrary) || !File.Exists(options.ProfilerLibrary))
            throw new TraceException(ErrorId.BrokenInstallation, $"{options.ProfilerLibrary}: the profiler library is missing");
    }

    /// <summary>
    /// A descriptor that closes on exec was not given to us: we were started without one, and it is a file of the runtime's own
    /// (/dev/urandom, from which it would read without end if it became /dev/null).
    /// </summary>
    private static void ReleaseStreams()
    {
        int nothing = Libc.Open("/dev/null", Libc.ReadWrite | Libc.CloseOnExec, 0);
        if (nothing < 0)
            return;
        for (int stream = 0; stream <= 1; stream++)
        {
            if (Libc.DescriptorFlags(stream, Libc.GetDescriptorFlags) == 0)
                _ = Libc.Duplicate(nothing, stream);
        }

        Libc.Close(nothing);
    }

    private static RecordingResult Summarize(RecordingOptions options, DrainLoop loop, ProcessEnding ending, bool otherProfiler)
    {
        var problems = new List<string>(loop.Problems);
        if (otherProfiler)
            problems.Add("the profiler that CORECLR_ENABLE_PROFILING asks for was not loaded: a runtime takes one, and it was this one");
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

        List<string> notStarted = RecordingSession.WhyNotStarted(options.CaptureDirectory);
        bool any = processes.Count > 0 || RecordingSession.HoldsRecords(options.CaptureDirectory);
        if (any)
            problems.AddRange(notStarted.Select(reason => $"a process was not recorded: {reason}"));
        string? why = any ? null : notStarted.Count > 0 ? string.Join("; ", notStarted) : ProgramKind.WhyNotRecorded(options.Command);
        return new RecordingResult
        {
            ExitCode = ending.BySignal ? 128 + ending.Number : ending.Number,
            Signal = ending.BySignal ? ending.Number : null,
            Processes = processes,
            AnyProcessRecorded = any,
            WhyNothingRecorded = why,
            BytesWritten = loop.Bytes,
            Problems = problems,
        };
    }
}
