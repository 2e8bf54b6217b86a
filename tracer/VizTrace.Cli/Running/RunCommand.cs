using VizTrace.Cli.Converting;
using VizTrace.Model;
using VizTrace.Recorder;

namespace VizTrace.Cli.Running;

/// <summary><c>viztrace run … -- COMMAND</c>: checks, records, converts.</summary>
internal sealed class RunCommand(Surroundings around)
{
    /// <summary>
    /// Runs. Once the program was started the exit code is its own, 128 + n when signal n ended it, whatever becomes of the recording: that
    /// is told on stderr. What fails before is thrown.
    /// </summary>
    public int Run(RunOptions options)
    {
        string output = around.FullPath(options.Output ?? ProgramName.Of(options.Command, around.WorkingDirectory) + ".pftrace");
        string capture = around.FullPath(options.CaptureDirectory ?? output + ".capture");
        if (options.CaptureDirectory is "")
            throw new TraceException(ErrorId.BadOption, "--capture-dir needs a directory");
        Check(output, capture);

        string? firstMade = CaptureDirectory.FirstMissing(capture);
        using var signals = CaughtSignals.Begin(CaughtSignals.Deadly);
        RecordingResult result = around.Recorder.Run(
            new RecordingOptions
            {
                Command = options.Command,
                CommandBytes = options.CommandBytes,
                CaptureDirectory = capture,
                Include = options.Include,
                Exclude = options.Exclude,
                IgnoreFunction = options.IgnoreFunction,
                IgnoreThread = options.IgnoreThread,
                OnlyThread = options.OnlyThread,
                MinDurationNs = options.MinDurationNs,
                MaxDepth = options.MaxDepth,
                MaxCaptureBytes = options.MaxCaptureBytes,
                ProfilerLibrary = around.ProfilerLibrary,
            },
            options.Verbose && !options.Quiet ? around.Error : TextWriter.Null);
        if (!options.Quiet)
        {
            foreach (string problem in result.Problems)
                around.Error.WriteLine($"viztrace: {problem}");
        }

        try
        {
            if (!result.AnyProcessRecorded)
            {
                if (!options.KeepCapture)
                    Remove(capture, firstMade);
                throw new TraceException(ErrorId.NothingRecorded, $"nothing was recorded: {result.WhyNothingRecorded}");
            }

            Convert(options, capture, output);
            if (!options.KeepCapture)
                Remove(capture, firstMade);
        }
        catch (Interrupted)
        {
            // Said already, and the program's own exit code is what is left to tell.
        }
        catch (Exception e)
        {
            _ = Failure.Tell(around.Error, e, options.Verbose);
        }

        return result.ExitCode;
    }

    /// <summary>What can be known to fail before the program is started, fails before.</summary>
    private void Check(string output, string capture)
    {
        Formats.OfTrace(output);
        OutputFile.Check(output);
        if (!File.Exists(around.ProfilerLibrary))
            throw new TraceException(ErrorId.BrokenInstallation, $"{around.ProfilerLibrary}: the profiler library is missing beside the command");
        if (Path.GetRelativePath(capture, output).Split('/')[0] != "..")
            throw new TraceException(ErrorId.BadOutput, $"{output}: lies inside the capture directory {capture}");
        if (File.Exists(capture))
            throw new TraceException(ErrorId.BadOutput, $"{capture}: the capture directory cannot be made, a file is there");
        CheckEmpty(capture);
    }

    private void CheckEmpty(string capture)
    {
        try
        {
            if (!Directory.Exists(capture) || !Directory.EnumerateFileSystemEntries(capture).Any())
                return;
            throw new TraceException(
                ErrorId.BadOutput,
                around.Captures.IsCapture(capture)
                    ? $"{capture}: a capture is there already; convert it (viztrace convert {Quoted(capture)} -o FILE) or remove it"
                    : $"{capture}: the capture directory is there already, and not empty");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TraceException(ErrorId.NoPermission, $"{capture}: no permission to read the capture directory", e);
        }
    }

    private void Convert(RunOptions options, string capture, string output)
    {
        try
        {
            new Conversion(around, options.Quiet).Run(capture, output, options.Compress);
        }
        catch (Exception e)
        {
            // Whatever failed, a bug of ours too: nothing that was recorded is lost, and this is how to get at it.
            Keep(capture, output, e);
            throw;
        }

        if (options.KeepCapture)
            Settle(capture);
        if (options.KeepCapture && !options.Quiet)
            around.Error.WriteLine($"viztrace: the capture is kept in {capture}");
    }

    private void Keep(string capture, string output, Exception why)
    {
        // Onto a disk that has just turned out to be full, nothing is copied.
        bool full = why is TraceException { Id: ErrorId.DiskFull };
        if (!full)
            Settle(capture);
        string again = $"viztrace convert {Quoted(capture)} -o {Quoted(output)}";
        if (why is Interrupted)
        {
            around.Error.WriteLine($"viztrace: interrupted; the recording is kept, to convert it: {again}");
            return;
        }

        around.Error.WriteLine($"viztrace: the recording is kept in {capture}");
        if (full && CaptureDirectory.IsPartlyInMemory(capture))
            around.Error.WriteLine("viztrace: a part of it is in memory (/dev/shm) and lost when the machine restarts; convert it before");
        around.Error.WriteLine($"viztrace: to try again: {again}");
    }

    /// <summary>Pools come out of memory, so that what is kept outlives a restart of the machine.</summary>
    private void Settle(string capture)
    {
        try
        {
            CaptureDirectory.Settle(capture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not lost, but in memory still.
            around.Error.WriteLine($"viztrace: {capture}: a part of it stays in /dev/shm: {e.Message}");
        }
    }

    private void Remove(string capture, string? firstMade)
    {
        try
        {
            CaptureDirectory.Delete(capture, firstMade);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The trace is complete; that its capture lies about is worth a line, not a failure.
            around.Error.WriteLine($"viztrace: {capture}: cannot be removed: {e.Message}");
        }
    }

    /// <summary>A path as a shell takes it.</summary>
    private static string Quoted(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+:@%".Contains(c, StringComparison.Ordinal))
            ? path
            : "'" + path.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
