using System.Runtime.InteropServices;
using System.Text;
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

    private static readonly byte[] s_shell = "/bin/sh"u8.ToArray();

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
    /// Starts the command of <paramref name="options"/>, looked up in PATH; <paramref name="environment"/> holds <c>NAME=value</c> strings as
    /// pointers. Throws <see cref="ErrorId.CannotStart"/>.
    /// </summary>
    public static ChildProcess Start(RecordingOptions options, SpawnEnvironment environment)
    {
        // A parent that ignores SIGCHLD would make the exit code vanish.
        if (SignalState.IsIgnored(Libc.SignalChild))
            Libc.Signal(Libc.SignalChild, 0);
        Span<byte> attributes = stackalloc byte[AttributeBytes];
        Span<byte> mask = stackalloc byte[SignalSetBytes];
        Span<byte> defaults = stackalloc byte[SignalSetBytes];
        defaults.Clear();
        // The last two are libc's own, which it would leave ignored in the program, and in all that it starts (sysdeps/unix/sysv/linux/spawni.c).
        foreach (int signal in (ReadOnlySpan<int>)[Libc.SignalPipe, Libc.SignalCancel, Libc.SignalSetId])
            defaults[(signal - 1) / 8] |= (byte)(1 << ((signal - 1) % 8));
        Libc.SignalMask(0, 0, ref mask[0]);
        Libc.SpawnAttributesInit(ref attributes[0]);
        Libc.SpawnAttributesSetDefault(ref attributes[0], ref defaults[0]);
        Libc.SpawnAttributesSetMask(ref attributes[0], ref mask[0]);
        Libc.SpawnAttributesSetFlags(ref attributes[0], SetSignalMask | SetSignalDefaults);

        nint[] arguments = Strings(options.CommandBytes ?? [.. options.Command.Select(Encoding.UTF8.GetBytes)]);
        nint[] script = [];
        try
        {
            int error = Libc.Spawn(out int pid, arguments[0], 0, ref attributes[0], ref arguments[0], ref environment.Pointers[0]);
            if (error == Libc.ErrorNotExecutable && ExecutableFile.Find(options.Command[0]) is { } file)
            {
                // A script without #!: what execvp does, and a shell.
                script = [.. Strings([s_shell, Encoding.UTF8.GetBytes(file)])[..2], .. arguments[1..]];
                error = Libc.Spawn(out pid, script[0], 0, ref attributes[0], ref script[0], ref environment.Pointers[0]);
            }

            if (error != 0)
                throw new TraceException(ErrorId.CannotStart, $"{options.Command[0]}: cannot be started: {Libc.ErrorText(error)}");
            return new ChildProcess(pid);
        }
        finally
        {
            Array.ForEach(arguments, Marshal.FreeCoTaskMem);
            Array.ForEach(script[..Math.Min(2, script.Length)], Marshal.FreeCoTaskMem);
            Libc.SpawnAttributesDestroy(ref attributes[0]);
        }
    }

    /// <summary>Whether it is stopped, as of the last <see cref="TryGetEnding"/>.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>How often it was stopped.</summary>
    public int Stops { get; private set; }

    /// <summary>What stopped it last.</summary>
    public int StopSignal { get; private set; }

    /// <summary>How it ended; null while it runs or is stopped. Never waits.</summary>
    public ProcessEnding? TryGetEnding()
    {
        lock (_gate)
        {
            if (_ending is null)
            {
                int pid;
                while (_ending is null && (pid = Libc.WaitPid(Pid, out int status, Libc.WaitNoHang | Libc.WaitStopped | Libc.WaitContinued)) != 0)
                {
                    if (pid == Pid)
                        Take(status);
                    else if (Marshal.GetLastPInvokeError() != Libc.ErrorInterrupted)
                        throw new InvalidOperationException($"Another part of this process has reaped child {Pid}.");
                }
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

    /// <summary>A status of waitpid: 0x…7F for a stop, 0xFFFF for its end, else the process's own end.</summary>
    private void Take(int status)
    {
        if (status == 0xFFFF)
        {
            IsStopped = false;
        }
        else if ((status & 0xFF) == 0x7F)
        {
            IsStopped = true;
            StopSignal = (status >> 8) & 0xFF;
            Stops++;
        }
        else
        {
            IsStopped = false;
            _ending = ProcessEnding.Of(status);
        }
    }

    /// <summary>C strings and the null pointer that ends them.</summary>
    private static nint[] Strings(IReadOnlyList<byte[]> texts)
    {
        var pointers = new nint[texts.Count + 1];
        for (int i = 0; i < texts.Count; i++)
        {
            pointers[i] = Marshal.AllocCoTaskMem(texts[i].Length + 1);
            Marshal.Copy(texts[i], 0, pointers[i], texts[i].Length);
            Marshal.WriteByte(pointers[i], texts[i].Length, 0);
        }

        return pointers;
    }
}
