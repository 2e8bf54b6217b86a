using System.Runtime.InteropServices;
using VizTrace.Model;
using VizTrace.Recorder.Interop;

namespace VizTrace.Recorder;

/// <summary>A signal that came to this process.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Code">How it was sent: si_code of sigaction(2).</param>
/// <param name="Sender">Process id of who sent it; means something only when <see cref="FromProcess"/>.</param>
public readonly record struct CaughtSignal(int Number, int Code, int Sender)
{
    /// <summary>Whether a process sent it (SI_USER, SI_QUEUE, SI_TKILL) and not the kernel, for a terminal or a limit.</summary>
    public bool FromProcess => Code is 0 or -1 or -6;
}

/// <summary>
/// Catches signals instead of dying of them, until disposed. They wait in a pipe of the process until someone takes them.
/// PosixSignalRegistration is not used: it starts the base library's terminal code, which sets the terminal's modes under a program that
/// has set its own, whenever we are continued and when we end. A signal that we were started to ignore (nohup) stays ignored. Several may
/// overlap; what was set before comes back with the last of them. Thread-safe.
/// </summary>
public sealed unsafe class CaughtSignals : IDisposable
{
    private const int Highest = 64;
    private const int InfoBytes = 128;
    private const int CodeOffset = 8;
    private const int SenderOffset = 16;

    private static readonly Lock s_gate = new();
    private static readonly int[] s_users = new int[Highest + 1];
    private static readonly Libc.SignalAction[] s_before = new Libc.SignalAction[Highest + 1];
    private static Libc.SignalAction s_ours;

    private readonly List<int> _signals = [];

    private CaughtSignals()
    {
    }

    /// <summary>Those that ask a process to end: SIGHUP, SIGINT, SIGQUIT, SIGTERM.</summary>
    public static IReadOnlyList<int> AsksToEnd { get; } = [Libc.SignalHangUp, Libc.SignalInterrupt, Libc.SignalQuit, Libc.SignalTerminate];

    /// <summary>
    /// Those and all others that end a process which does not handle them, but for crashes (SIGSEGV, …), SIGKILL and what the runtime uses.
    /// </summary>
    public static IReadOnlyList<int> Deadly { get; } =
    [
        .. AsksToEnd, Libc.SignalUser1, Libc.SignalUser2, Libc.SignalAlarm, Libc.SignalStackFault, Libc.SignalCpuLimit, Libc.SignalFileSizeLimit,
        Libc.SignalVirtualAlarm, Libc.SignalProfile, Libc.SignalIo, Libc.SignalPower, .. Enumerable.Range(Libc.SignalRealTime, Highest + 1 - Libc.SignalRealTime),
    ];

    /// <summary>Readable when a signal waits; -1 before the first <see cref="Begin"/>.</summary>
    internal static int Descriptor { get; private set; } = -1;

    /// <summary>Catches <paramref name="signals"/>. Throws <see cref="ErrorId.BrokenInstallation"/> where the system forbids pages of code.</summary>
    public static CaughtSignals Begin(IEnumerable<int> signals)
    {
        var caught = new CaughtSignals();
        lock (s_gate)
        {
            if (Descriptor < 0)
                Prepare();
            foreach (int signal in signals)
            {
                if (s_users[signal] == 0 && !Catch(signal))
                    continue;
                s_users[signal]++;
                caught._signals.Add(signal);
            }
        }

        return caught;
    }

    /// <summary>The next signal that came, in the order of their coming; false when there is none. Never waits.</summary>
    public static bool TryTake(out CaughtSignal signal)
    {
        Span<byte> info = stackalloc byte[InfoBytes];
        signal = default;
        if (Descriptor < 0 || Libc.Read(Descriptor, ref info[0], InfoBytes) != InfoBytes)
            return false;
        signal = new CaughtSignal(MemoryMarshal.Read<int>(info), MemoryMarshal.Read<int>(info[CodeOffset..]), MemoryMarshal.Read<int>(info[SenderOffset..]));
        return true;
    }

    /// <summary>Does to this process what <paramref name="signal"/> does to one that does not handle it. Returns when that is nothing, or when it was continued.</summary>
    public static void Suffer(int signal)
    {
        lock (s_gate)
        {
            var usual = default(Libc.SignalAction);
            _ = Libc.SetSignalAction(signal, in usual, out Libc.SignalAction now);
            _ = Libc.Raise(signal);
            _ = Libc.SetSignalAction(signal, in now, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (s_gate)
        {
            foreach (int signal in _signals)
            {
                if (--s_users[signal] == 0)
                    _ = Libc.SetSignalAction(signal, in s_before[signal], out _);
            }

            _signals.Clear();
        }
    }

    private static bool Catch(int signal)
    {
        if (Libc.GetSignalAction(signal, 0, out Libc.SignalAction before) != 0 || before.Handler == Libc.SignalIgnored)
            return false;

        // The runtime uses one of the real-time signals and its handler stays.
        if (signal >= Libc.SignalRealTime && before.Handler != 0)
            return false;
        s_before[signal] = before;
        return Libc.SetSignalAction(signal, in s_ours, out _) == 0;
    }

    /// <summary>
    /// The pipe, and a handler that writes its siginfo into it. Managed code must not run in a handler (the thread may be anywhere in the
    /// runtime), so the handler is 18 bytes of machine code: one system call, errno untouched. A full pipe (512 signals) drops what comes.
    /// Pipe and page live as long as the process: a handler may run on some thread at any time.
    /// </summary>
    private static void Prepare()
    {
        Span<int> ends = stackalloc int[2];
        if (Libc.Pipe(ref ends[0], Libc.CloseOnExec | Libc.NonBlocking) != 0)
            throw new TraceException(ErrorId.BrokenInstallation, $"cannot make a pipe: {Libc.ErrorText(Marshal.GetLastPInvokeError())}");

        // mov edi, fd; mov edx, 128; mov eax, 1 (write); syscall; ret. rsi is the siginfo already.
        byte[] code = [0xBF, 0, 0, 0, 0, 0xBA, InfoBytes, 0, 0, 0, 0xB8, 1, 0, 0, 0, 0x0F, 0x05, 0xC3];
        MemoryMarshal.Write(code.AsSpan(1), ends[1]);
        s_ours = new Libc.SignalAction { Handler = CodePage.Make(code), Flags = Libc.ActionWithInfo | Libc.ActionRestarts };
        Descriptor = ends[0];
    }
}
