using System.Runtime.InteropServices;
using VizTrace.Model;
using VizTrace.Recorder.Draining;
using VizTrace.Recorder.Interop;

namespace VizTrace.Recorder.Launching;

/// <summary>
/// The launched command. System.Diagnostics.Process is not used: it changes the terminal's settings and signal handling. posix_spawn gives
/// the child our descriptors, working directory, terminal and process group as they are; the environment is the caller's list. The runtime
/// ignores SIGPIPE, so that is set back to its default; other signals that we catch are set back by exec itself. Thread-safe.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    // Of spawn.h; the attributes take 336 bytes in glibc and musl, a signal set 128.
    private const short SetSignalMask = 8;
    private const short SetSignalDefaults = 4;
    private const int AttributeBytes = 512;
    private const int SignalSetBytes = 128;

    private readonly Lock _gate = new();
    private ProcessEnding? _ending;

    private ChildProcess(int pid)
    {
        Pid = pid;
        PidFd = Libc.OpenPidFd(pid);
    }

    /// <summary>Its process id.</summary>
    public int Pid { get; }

    /// <summary>Becomes readable when it ends; -1 on kernels before 5.3.</summary>
    public int PidFd { get; }

    /// <summary>
    /// Starts <paramref name="command"/>, looked up in PATH; <paramref name="environment"/> holds <c>NAME=value</c> strings as pointers.
    /// Throws <see cref="ErrorId.CannotStart"/>.
    /// </summary>
    public static ChildProcess Start(IReadOnlyList<string> command, SpawnEnvironment environment)
    {
        // A parent that ignores SIGCHLD would make the exit code vanish.
        if (SignalState.IsIgnored(Libc.SignalChild))
            Libc.Signal(Libc.SignalChild, 0);
        Span<byte> attributes = stackalloc byte[AttributeBytes];
        Span<byte> mask = stackalloc byte[SignalSetBytes];
        Span<byte> defaults = stackalloc byte[SignalSetBytes];
        defaults.Clear();
        defaults[(Libc.SignalPipe - 1) / 8] = 1 << ((Libc.SignalPipe - 1) % 8);
        Libc.SignalMask(0, 0, ref mask[0]);
        Libc.SpawnAttributesInit(ref attributes[0]);
        Libc.SpawnAttributesSetDefault(ref attributes[0], ref defaults[0]);
        Libc.SpawnAttributesSetMask(ref attributes[0], ref mask[0]);
        Libc.SpawnAttributesSetFlags(ref attributes[0], SetSignalMask | SetSignalDefaults);

        var arguments = new nint[command.Count + 1];
        try
        {
            for (int i = 0; i < command.Count; i++)
                arguments[i] = Marshal.StringToCoTaskMemUTF8(command[i]);
            int error = Libc.Spawn(out int pid, command[0], 0, ref attributes[0], ref arguments[0], ref environment.Pointers[0]);
            if (error != 0)
                throw new TraceException(ErrorId.CannotStart, $"{command[0]}: cannot be started: {Libc.ErrorText(error)}");
            return new ChildProcess(pid);
        }
        finally
        {
            foreach (nint argument in arguments)
                Marshal.FreeCoTaskMem(argument);
            Libc.SpawnAttributesDestroy(ref attributes[0]);
        }
    }

    /// <summary>How it ended; null while it runs. Never waits.</summary>
    public ProcessEnding? TryGetEnding()
    {
        lock (_gate)
        {
            if (_ending is null)
            {
                int pid = Libc.WaitPid(Pid, out int status, Libc.WaitNoHang);
                if (pid == Pid)
                    _ending = ProcessEnding.Of(status);
                else if (pid < 0 && Marshal.GetLastPInvokeError() != Libc.ErrorInterrupted)
                    throw new InvalidOperationException($"Another part of this process has reaped child {Pid}.");
            }

            return _ending;
        }
    }

    /// <summary>Sends it a signal, unless it has ended.</summary>
    public void Send(int signal)
    {
        // Under the lock: once reaped, the number could be another's.
        lock (_gate)
        {
            if (_ending is null)
                _ = Libc.Kill(Pid, signal);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (PidFd >= 0)
            Libc.Close(PidFd);
    }
}
