using VizTrace.Model;

namespace VizTrace.Cli;

/// <summary>How a failure is told, the same wherever it ends a command.</summary>
internal static class Failure
{
    /// <summary>Exit code of a bug of ours.</summary>
    public const int BugExitCode = 70;

    /// <summary>
    /// Writes an expected failure as one line <c>error VZ00NN: …</c>, anything else as a bug of ours; <paramref name="verbose"/> adds the
    /// stack. Returns the exit code of the README's table that stands for it.
    /// </summary>
    public static int Tell(TextWriter error, Exception failure, bool verbose)
    {
        if (failure is TraceException expected)
        {
            error.WriteLine($"error VZ{(int)expected.Id:D4}: {expected.Message}");
            if (verbose && expected.InnerException is { } inner)
                error.WriteLine(inner);
            return expected.ExitCode;
        }

        error.WriteLine($"viztrace has a bug: {failure.GetType().Name}: {failure.Message}" + (verbose ? "" : " (--verbose tells where)"));
        if (verbose)
            error.WriteLine(failure);
        return BugExitCode;
    }
}
