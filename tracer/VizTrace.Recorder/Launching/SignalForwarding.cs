using System.Runtime.InteropServices;
using VizTrace.Recorder.Interop;

namespace VizTrace.Recorder.Launching;

/// <summary>
/// Keeps the recorder alive through SIGINT, SIGQUIT, SIGTERM and SIGHUP until the command has ended, and hands the command what was meant
/// for it. Ctrl-C and Ctrl-\ go to the terminal's whole foreground group, so the command has them already and they are not sent on;
/// without a terminal they are. A signal that we were started to ignore (nohup) stays ignored, by the command too. Thread-safe.
/// </summary>
internal sealed class SignalForwarding : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Lock _gate = new();
    private ChildProcess? _child;
    private int _early;

    /// <summary>Begins to catch. Signals that come before <see cref="SendTo"/> are kept.</summary>
    public SignalForwarding()
    {
        Catch(PosixSignal.SIGINT, Libc.SignalInterrupt, fromTerminal: true);
        Catch(PosixSignal.SIGQUIT, Libc.SignalQuit, fromTerminal: true);
        Catch(PosixSignal.SIGTERM, Libc.SignalTerminate, fromTerminal: false);
        Catch(PosixSignal.SIGHUP, Libc.SignalHangUp, fromTerminal: false);
    }

    /// <summary>Says who gets the signals.</summary>
    public void SendTo(ChildProcess child)
    {
        lock (_gate)
        {
            _child = child;
            if (_early != 0)
                child.Send(_early);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _registrations.ForEach(static r => r.Dispose());

    private static bool IsInForeground()
    {
        int fd = Libc.Open("/dev/tty", Libc.ReadOnly | Libc.CloseOnExec, 0);
        if (fd < 0)
            return false;
        bool foreground = Libc.ForegroundGroup(fd) == Libc.ProcessGroup();
        Libc.Close(fd);
        return foreground;
    }

    private void Catch(PosixSignal name, int number, bool fromTerminal)
    {
        if (SignalState.IsIgnored(number))
            return;
        _registrations.Add(PosixSignalRegistration.Create(name, context =>
        {
            context.Cancel = true;
            if (fromTerminal && IsInForeground())
                return;
            lock (_gate)
            {
                if (_child is null)
                    _early = number;
                else
                    _child.Send(number);
            }
        }));
    }
}
