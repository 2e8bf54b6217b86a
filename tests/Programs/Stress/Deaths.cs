using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stress;

/// <summary>Ways to end a process in the middle of everything: other threads call, allocate and collect meanwhile.</summary>
internal static partial class Deaths
{
    private static object? s_kept;

    /// <summary>Counts some calls and says how many, starts busy threads, dies.</summary>
    public static void Die(string mode)
    {
        Counted.Steps(1000);
        Counted.Down(500);
        var ended = new Thread(Counted.Life) { Name = "ended" };
        ended.Start();
        ended.Join();
        Counted.Report();
        Console.Out.Flush();
        for (int i = 0; i < 3; i++)
            new Thread(BeBusy) { Name = $"busy {i}", IsBackground = true }.Start();
        Thread.Sleep(20);
        switch (mode)
        {
            case "overflow": Endless(1); break;
            case "overflow-thread": OnThread(() => Endless(1)); break;
            case "failfast": Environment.FailFast("failed fast on purpose"); break;
            case "exit": Environment.Exit(5); break;
            case "native-exit": Exit(6); break;
            case "native-quick-exit": QuickExit(7); break;
            case "abort": Abort(); break;
            case "unhandled-main": Fail("main"); break;
            case "unhandled-thread": OnThread(() => Fail("thread")); break;
            case "unhandled-pool": Queue(); break;
            case "unhandled-finalizer": CollectDoomed(); break;
        }
    }

    /// <summary>Until the stack ends. Not counted: the runtime says itself how many there were.</summary>
    private static int Endless(int depth) => depth < 0 ? 0 : Endless(depth + 1) + 1;

    private static void Fail(string where) => throw new InvalidOperationException("nobody catches this on " + where);

    private static void OnThread(Action action)
    {
        var thread = new Thread(() => action()) { Name = "doomed" };
        thread.Start();
        thread.Join();
    }

    private static void Queue()
    {
        ThreadPool.QueueUserWorkItem(_ => Fail("pool"));
        Thread.Sleep(Timeout.Infinite);
    }

    private static void CollectDoomed()
    {
        MakeDoomed();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Thread.Sleep(Timeout.Infinite);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeDoomed() => _ = new Doomed();

    private static void BeBusy()
    {
        for (int i = 0; ; i++)
        {
            int value = 0;
            for (int k = 0; k < 50; k++)
                value = Turn(value);
            s_kept = new byte[1000];
            if (i % 1000 == 0)
                GC.Collect(0);
            Thread.Sleep(0);
        }
    }

    private static int Turn(int value) => (value * 1103515245) + 12345;

    [LibraryImport("libc", EntryPoint = "exit")]
    private static partial void Exit(int code);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void QuickExit(int code);

    [LibraryImport("libc", EntryPoint = "abort")]
    private static partial void Abort();

    private sealed class Doomed
    {
        ~Doomed() => Fail("finalizer");
    }
}
