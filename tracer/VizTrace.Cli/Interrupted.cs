using VizTrace.Recorder;

namespace VizTrace.Cli;

/// <summary>A signal asked us to end in the middle of a long work. What was made by halves is cleared away on the way up.</summary>
internal sealed class Interrupted(int signal) : Exception($"ended by signal {signal}")
{
    /// <summary>Exit code of a process that a signal ended, as a shell tells it.</summary>
    public int ExitCode => 128 + signal;

    /// <summary>Ends this process as the signal would have ended it, so that a shell which waits for it knows.</summary>
    public void EndThisProcess() => CaughtSignals.Suffer(signal);

    /// <summary>Throws one if a signal that asks to end has come.</summary>
    public static void ThrowIfAsked()
    {
        while (CaughtSignals.TryTake(out CaughtSignal signal))
        {
            if (CaughtSignals.AsksToEnd.Contains(signal.Number))
                throw new Interrupted(signal.Number);
        }
    }
}
