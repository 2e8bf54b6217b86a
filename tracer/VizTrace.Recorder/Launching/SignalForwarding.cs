using VizTrace.Recorder.Interop;

namespace VizTrace.Recorder.Launching;

/// <summary>
/// Keeps the recorder alive through every signal until the command has ended, and hands the command what was meant for it:
/// <list type="bullet">
/// <item>What the terminal sends (Ctrl-C, Ctrl-\, Ctrl-Z, the hang-up) goes to the whole foreground group: the command has it already. Only
/// the hang-up of a session's leader comes to the leader alone; as that we send it on.</item>
/// <item>What a process sends to us is sent on, once. Whether it was sent to our whole group (<c>kill -TERM -GROUP</c>) cannot be seen; it is
/// sent on all the same, and a command that handles it may see it twice: twice is better than never, for what asks a program to end.
/// What the command itself sent to its group is not sent back.</item>
/// <item>When the command stops, whoever stopped it, we stop likewise, so that a shell takes the terminal back; continued, we see to it that
/// the command goes on too.</item>
/// </list>
/// Not thread-safe.
/// </summary>
internal sealed class SignalForwarding : IDisposable
{
    /// <summary>A shell continues the whole group, one process after the other: so long we wait before the command gets a SIGCONT from us.</summary>
    private const ulong ContinuePatienceNs = 50_000_000;

    private readonly CaughtSignals _caught =
        CaughtSignals.Begin([.. CaughtSignals.Deadly, Libc.SignalTerminalStop, Libc.SignalContinue]);

    private int _stopsSeen;
    private ulong _continueAtNs;

    /// <summary>Readable when <see cref="Pass"/> has something to do.</summary>
    public static int Descriptor => CaughtSignals.Descriptor;

    /// <summary>The command was just started: it gets what came before it was there, the terminal's too.</summary>
    public static void PassEarly(ChildProcess child)
    {
        while (CaughtSignals.TryTake(out CaughtSignal signal))
        {
            bool ofCommand = signal.FromProcess && signal.Sender == child.Pid;
            if (!ofCommand && signal.Number is not (Libc.SignalContinue or Libc.SignalTerminalStop or Libc.SignalFileSizeLimit))
                child.Send(signal.Number);
        }
    }

    /// <summary>
    /// Hands on what has come, and follows the command into a stop: then it returns when we were continued. To be called after each
    /// <see cref="ChildProcess.TryGetEnding"/>, the one that told of the end included: what came until then was not for us.
    /// </summary>
    public void Pass(ChildProcess child, ulong nowNs)
    {
        while (CaughtSignals.TryTake(out CaughtSignal signal))
        {
            if (signal.Number == Libc.SignalContinue)
                _continueAtNs = nowNs + ContinuePatienceNs;
            else if (IsForCommand(signal, child.Pid))
                child.Send(signal.Number);
        }

        if (_continueAtNs != 0 && nowNs >= _continueAtNs)
        {
            _continueAtNs = 0;
            if (child.IsStopped)
                child.Send(Libc.SignalContinue);
        }
        else if (child.IsStopped && child.Stops != _stopsSeen)
        {
            _stopsSeen = child.Stops;
            if (ParentControlsJobs())
                CaughtSignals.Suffer(child.StopSignal);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _caught.Dispose();

    private static bool IsForCommand(CaughtSignal signal, int command) => signal.Number switch
    {
        // Of our own files.
        Libc.SignalFileSizeLimit => false,
        Libc.SignalHangUp when !signal.FromProcess => Libc.SessionOf(0) == Environment.ProcessId,
        _ => signal.FromProcess && signal.Sender != command,
    };

    /// <summary>
    /// Whether our parent is a shell that gave us a process group of our own: it is told of our stop and will continue us. Stopped
    /// under anything else (a script, a service) we could stay so for ever, while the command was continued on its own.
    /// </summary>
    private static bool ParentControlsJobs()
    {
        int parent = Libc.Parent();
        return Libc.ProcessGroupOf(parent) != Libc.ProcessGroup() && Libc.SessionOf(parent) == Libc.SessionOf(0);
    }
}
