using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Stress;

/// <summary>Threads, processes and signals that the runtime did not make.</summary>
internal static unsafe partial class Native
{
    private static readonly PosixSignal[] s_signals = [(PosixSignal)User1, (PosixSignal)User2, (PosixSignal)WindowChanged];

    private const int User1 = 10;
    private const int User2 = 12;
    private const int WindowChanged = 28;

    /// <summary>Native threads that call into managed code, and end; some of them throw and catch there.</summary>
    public static void ForeignThreads() => Clock.Together(("makes", MakeThreads), ("makes too", MakeThreads), ("collects", Collect));

    /// <summary>fork and exec, while other threads call.</summary>
    public static void Processes() => Clock.Together(("starts", StartOne), ("starts too", StartOne), ("steps", Step), ("collects", Collect));

    /// <summary>Signals whose handlers call; each is waited for, so that none melts into the next.</summary>
    public static void Signals()
    {
        using var handled = new SemaphoreSlim(0);
        PosixSignalRegistration[] registrations = [.. s_signals.Select(s => PosixSignalRegistration.Create(s, context =>
        {
            context.Cancel = true;
            Counted.Steps(5);
            handled.Release();
        }))];
        Clock.Together(("sends", () => SendAll(handled)), ("steps", Step), ("collects", Collect));
        foreach (PosixSignalRegistration registration in registrations)
            registration.Dispose();
    }

    private static void SendAll(SemaphoreSlim handled)
    {
        foreach (int signal in (int[])[User1, User2, WindowChanged])
            _ = Kill(Environment.ProcessId, signal);
        for (int i = 0; i < s_signals.Length; i++)
            handled.Wait();
    }

    private static void MakeThreads()
    {
        const int Count = 4;
        nint* threads = stackalloc nint[Count];
        for (int i = 0; i < Count; i++)
            CheckZero(Create(&threads[i], 0, &OnForeignThread, i));
        for (int i = 0; i < Count; i++)
            CheckZero(Join(threads[i], 0));
    }

    [UnmanagedCallersOnly]
    private static nint OnForeignThread(nint number)
    {
        Counted.Life();
        if (number % 2 == 0)
            return 0;
        try
        {
            Counted.Throw();
        }
        catch (InvalidOperationException)
        {
            Counted.Step(1);
        }

        return 0;
    }

    private static void StartOne()
    {
        using Process process = Process.Start("true");
        process.WaitForExit();
        Counted.Step(process.ExitCode);
    }

    private static void Step()
    {
        Counted.Steps(5);
        Thread.Sleep(0);
    }

    private static void Collect()
    {
        GC.Collect(0);
        Counted.Step(1);
    }

    private static void CheckZero(int error)
    {
        if (error != 0)
            throw new InvalidOperationException($"error {error}");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "pthread_create")]
    private static partial int Create(nint* thread, nint attributes, delegate* unmanaged<nint, nint> start, nint argument);

    [LibraryImport("libc", EntryPoint = "pthread_join")]
    private static partial int Join(nint thread, nint result);
}
