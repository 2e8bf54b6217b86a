using System.Globalization;
using System.Runtime.InteropServices;

namespace Threads;

/// <summary>
/// Threads of every kind. Prints <c>thread KIND TID MANAGED-ID</c> for each, so that the trace's rows can be compared. Arguments: how many
/// short threads come and go at the end (0: none).
/// </summary>
internal static partial class Program
{
    private static readonly ManualResetEventSlim s_ended = new(false);

    private static int Main(string[] args)
    {
        int shortThreads = int.Parse(args[0], CultureInfo.InvariantCulture);
        Say("main");

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

    private static void NamedBefore() => Say("named-before");

    private static void NamedAfter()
    {
        Work.Do(3);
        Thread.CurrentThread.Name = "named-after";
        Say("named-after");
    }

    private static void Renamed()
    {
        Work.Do(1);
        Thread.CurrentThread.Name = "second-name";
        Work.Do(2);
        Thread.CurrentThread.Name = "last-name";
        Say("renamed");
    }

    private static void Unnamed() => Say("unnamed");

    private static void LongName() => Say("long");

    /// <summary>The new name comes from another thread than the one that bears it.</summary>
    private static void RenamedFromOutside()
    {
        using var started = new ManualResetEventSlim(false);
        using var renamed = new ManualResetEventSlim(false);
        var bearer = new Bearer(started, renamed);
        var thread = new Thread(bearer.Go) { Name = "outside-1" };
        thread.Start();
        started.Wait();
        thread.Name = "outside-2";
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

    private static void OnPool() => Say("pool");

    private static void OnTimer(object? state)
    {
        Say("timer");
        s_ended.Set();
    }

    private static void Short() => Work.Do(2);

    private static void Say(string kind)
    {
        Work.Do(5);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"thread {kind} {GetTid()} {Environment.CurrentManagedThreadId}"));
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetTid();
}
