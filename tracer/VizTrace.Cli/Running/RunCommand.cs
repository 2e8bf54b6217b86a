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
        Check(output, capture);

        bool isNew = !Directory.Exists(capture);
        RecordingResult result = around.Recorder.Run(
            new RecordingOptions
            {
                Command = options.Command,
                CaptureDirectory = capture,
                Include = options.Include,
                Exclude = options.Exclude,
                MaxDepth = options.MaxDepth,
                MaxCaptureBytes = options.MaxCaptureBytes,
                ProfilerLibrary = around.ProfilerLibrary,
            },
            options.Verbose && !options.Quiet ? around.Error : TextWriter.Null,
            CancellationToken.None);
        if (!options.Quiet)
        {
            foreach (string problem in result.Problems)
                around.Error.WriteLine($"viztrace: {problem}");
        }

        try
        {
            if (!result.AnyProcessRecorded)
            {
                if (isNew && !options.KeepCapture)
                    Remove(capture);
                throw new TraceException(ErrorId.NothingRecorded, $"nothing was recorded: {result.WhyNothingRecorded}");
            }

            Convert(options, capture, output);
            if (!options.KeepCapture)
                Remove(capture);
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
        Formats.OfOutput(output);
        OutputFile.Check(output);
        if (!File.Exists(around.ProfilerLibrary))
            throw new TraceException(ErrorId.BrokenInstallation, $"{around.ProfilerLibrary}: the profiler library is missing beside the command");
        if (File.Exists(capture))
            throw new TraceException(ErrorId.BadOutput, $"{capture}: the capture directory cannot be made, a file is there");
        if (Directory.Exists(capture) && Directory.EnumerateFileSystemEntries(capture).Any())
        {
            throw new TraceException(
                ErrorId.BadOutput,
                $"{capture}: a capture is there already; convert it (viztrace convert {Quoted(capture)} -o FILE) or remove it");
        }
    }

    private void Convert(RunOptions options, string capture, string output)
    {
        try
        {
            new Conversion(around, options.Quiet).Run(capture, output, options.Compress);
        }
        catch
        {
            // Whatever failed, a bug of ours too: nothing that was recorded is lost, and this is how to get at it.
            Settle(capture);
            around.Error.WriteLine($"viztrace: the recording is kept in {capture}");
            around.Error.WriteLine($"viztrace: to try again: viztrace convert {Quoted(capture)} -o {Quoted(output)}");
            throw;
        }

        if (options.KeepCapture)
            Settle(capture);
        if (options.KeepCapture && !options.Quiet)
            around.Error.WriteLine($"viztrace: the capture is kept in {capture}");
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

    private void Remove(string capture)
    {
        try
        {
            if (Directory.Exists(capture))
                CaptureDirectory.Delete(capture);
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
