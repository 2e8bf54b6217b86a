using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Threads;

/// <summary>
/// Threads of every kind. Prints <c>thread KIND TID MANAGED-ID FIRST LAST COMM</c> for each (CLOCK_MONOTONIC ns at its first and last line,
/// and what the system calls it), and <c>renamed NAME BEFORE AFTER</c>, so that the trace's rows can be compared. Arguments: how many short
/// threads come and go at the end (0: none); <c>roles</c>: waits until the runtime has its own threads, and two seconds more.
/// </summary>
internal static partial class Program
{
    private static readonly ManualResetEventSlim s_ended = new(false);

    private static int Main(string[] args)
    {
        int shortThreads = int.Parse(args[0], CultureInfo.InvariantCulture);
        long first = Stopwatch.GetTimestamp();
        if (args.Length > 1)
            Roles();
        Say("main", first);

        Run(new Thread(NamedBefore) { Name = "named-before" });
        Run(new Thread(NamedAfter));
        Run(new Thread(Renamed) { Name = "first-name" });
        Run(new Thread(Unnamed));
        Run(new Thread(LongName) { Name = "a name that is longer than fifteen bytes ✓" });
        RenamedFromOutside();
        Silent();
        Tasks().GetAwaiter().GetResult();
        using (new Timer(OnTimer, null, 1, Timeout.Infinite))
            s_ended.Wait();
        for (int i = 0; i < shortThreads; i++)
            Run(new Thread(Short));
        Console.WriteLine("done");
        return 0;
    }

    private static void Run(Thread thread)
    {
        thread.Start();
        thread.Join();
    }

    private static void NamedBefore() => Say("named-before", Stopwatch.GetTimestamp());

    private static void NamedAfter()
    {
        long first = Stopwatch.GetTimestamp();
        Work.Do(3);
        Thread.CurrentThread.Name = "named-after";
        Say("named-after", first);
    }

    private static void Renamed()
    {
        long first = Stopwatch.GetTimestamp();
        Work.Do(1);
        Rename(Thread.CurrentThread, "second-name");
        Work.Do(2);
        Rename(Thread.CurrentThread, "last-name");
        Say("renamed", first);
    }

    private static void Rename(Thread thread, string name)
    {
        long before = Stopwatch.GetTimestamp();
        thread.Name = name;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"renamed {name} {before} {Stopwatch.GetTimestamp()}"));
    }

    private static void Unnamed() => Say("unnamed", Stopwatch.GetTimestamp());

    private static void LongName() => Say("long", Stopwatch.GetTimestamp());

    /// <summary>The new name comes from another thread than the one that bears it.</summary>
    private static void RenamedFromOutside()
    {
        using var started = new ManualResetEventSlim(false);
        using var renamed = new ManualResetEventSlim(false);
        var bearer = new Bearer(started, renamed);
        var thread = new Thread(bearer.Go) { Name = "outside-1" };
        thread.Start();
        started.Wait();
        Rename(thread, "outside-2");
        renamed.Set();
        thread.Join();
    }

    /// <summary>A thread that is there and runs nothing that is recorded: its start is a method of the framework.</summary>
    private static void Silent()
    {
        using var wait = new SemaphoreSlim(0);
        var thread = new Thread(wait.Wait) { Name = "silent" };
        thread.Start();
        Thread.Sleep(60);
        wait.Release();
        thread.Join();
    }

    private static async Task Tasks()
    {
        for (int i = 0; i < 4; i++)
            await Task.Run(OnPool);
    }

    private static void OnPool() => Say("pool", Stopwatch.GetTimestamp());

    private static void OnTimer(object? state)
    {
        Say("timer", Stopwatch.GetTimestamp());
        s_ended.Set();
    }

    private static void Short() => Work.Do(2);

    /// <summary>Makes the runtime start its own threads: timer, background collection, compilation, signals.</summary>
    private static void Roles()
    {
        using PosixSignalRegistration signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => { });
        using var timer = new Timer(_ => { }, null, 1, Timeout.Infinite);
        string[] wanted = [".NET SigHandler", ".NET Timer", ".NET BGC", ".NET Tiered Com"];
        // A small heap is not collected in the background.
        byte[][] kept = [.. Enumerable.Range(0, 1000).Select(_ => new byte[50_000])];
        long start = Environment.TickCount64;
        for (int i = 0; wanted.Except(Comms()).Any() && Environment.TickCount64 - start < 60_000; i++)
        {
            GC.Collect(2, GCCollectionMode.Forced, blocking: false);
            Work.Do(i % 100);
            Thread.Sleep(10);
        }

        foreach (string missing in wanted.Except(Comms()))
            Console.WriteLine("missing " + missing);
        Thread.Sleep(2000);
        GC.KeepAlive(kept);
    }

    private static string[] Comms() => [.. Directory.GetDirectories("/proc/self/task").Select(d => Comm(Path.GetFileName(d)))];

    private static string Comm(string tid)
    {
        try
        {
            return File.ReadAllText($"/proc/self/task/{tid}/comm").TrimEnd('\n');
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static void Say(string kind, long first)
    {
        Work.Do(5);
        string comm = Comm(GetTid().ToString(CultureInfo.InvariantCulture));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"thread {kind} {GetTid()} {Environment.CurrentManagedThreadId} {first} {Stopwatch.GetTimestamp()} {comm}"));
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetTid();
}
