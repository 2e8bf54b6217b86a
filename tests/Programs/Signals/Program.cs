using System.Runtime.InteropServices;

namespace Signals;

/// <summary>
/// Handles SIGINT and SIGTERM itself, as a server does that ends in good order. Half a second after the first it says how many of each came,
/// and whether it has a terminal, and ends with code 9. When none comes within a minute it ends with code 1: whoever started it is gone.
/// </summary>
internal static class Program
{
    private static readonly ManualResetEventSlim s_first = new(false);
    private static int s_interrupts;
    private static int s_terminations;

    private static int Main()
    {
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        Console.WriteLine("ready");
        if (!s_first.Wait(TimeSpan.FromSeconds(60)))
            return 1;
        Thread.Sleep(500);
        Console.WriteLine($"SIGINT {s_interrupts} SIGTERM {s_terminations} terminal {!Console.IsOutputRedirected && !Console.IsInputRedirected}");
        return 9;
    }

    private static void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Interlocked.Increment(ref context.Signal == PosixSignal.SIGINT ? ref s_interrupts : ref s_terminations);
        s_first.Set();
    }
}
