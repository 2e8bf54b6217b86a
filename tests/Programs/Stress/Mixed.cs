using System.Runtime.CompilerServices;

namespace Stress;

/// <summary>Threads, exceptions, locks, collections and finalizers, several at once.</summary>
internal static class Mixed
{
    private static readonly object s_gate = new();
    private static object? s_kept;

    /// <summary>Short threads by the thousand, while others allocate, throw, lock and force collections.</summary>
    public static void Threads() => Clock.Together(
        ("starts", StartSome), ("allocates", Allocate), ("throws", ThrowOnce), ("locks", LockAndStep), ("locks too", LockAndStep), ("collects", Collect));

    /// <summary>Null references on several threads, while others force collections.</summary>
    public static void Nulls() => Clock.Together(("null", NullOnce), ("null too", NullOnce), ("allocates", Allocate), ("collects", Collect));

    /// <summary>Deep stacks, left by return and by exception, while others force collections, which walk them.</summary>
    public static void Recursion() => Clock.Together(
        ("deep", Deep), ("deep too", DeepAndOut), ("allocates", Allocate), ("collects", Collect));

    /// <summary>Threads that are interrupted as soon as they sleep or wait for a lock.</summary>
    public static void Interrupts()
    {
        Thread[] sleepers = [.. Enumerable.Range(0, 3).Select(i => new Thread(SleepAgainAndAgain) { Name = $"sleeps {i}" })];
        foreach (Thread sleeper in sleepers)
            sleeper.Start();
        while (sleepers.Any(s => s.IsAlive))
        {
            foreach (Thread sleeper in sleepers)
                sleeper.Interrupt();
            lock (s_gate)
                Counted.Steps(5);
            Thread.Sleep(1);
        }
    }

    /// <summary>Objects whose finalizers call; all of them have run at the end.</summary>
    public static void Finalizers()
    {
        Clock.Together(("makes", MakeSome), ("makes too", MakeSome), ("collects", Collect));
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static void StartSome()
    {
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(i => new Thread(Counted.Life) { Name = i % 2 == 0 ? $"short {i}" : null })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
    }

    private static void Allocate()
    {
        Counted.Steps(10);
        var all = new object[100];
        for (int i = 0; i < all.Length; i++)
            all[i] = new byte[i * 50];
        s_kept = all;
    }

    private static void ThrowOnce()
    {
        try
        {
            Counted.Throw();
        }
        catch (InvalidOperationException)
        {
            Counted.Steps(5);
        }
    }

    private static void NullOnce()
    {
        try
        {
            Counted.Null(null);
        }
        catch (NullReferenceException)
        {
            Counted.Steps(2);
        }
    }

    private static void Deep()
    {
        Counted.Down(2000);
        Thread.Sleep(20);
    }

    private static void DeepAndOut()
    {
        try
        {
            Deeper(200);
        }
        catch (InvalidOperationException)
        {
            Counted.Steps(2);
        }
    }

    private static int Deeper(int depth) => depth == 0 ? Counted.Throw() : Deeper(depth - 1) + 1;

    private static void LockAndStep()
    {
        lock (s_gate)
            Counted.Steps(10);
        Thread.Yield();
    }

    private static void Collect()
    {
        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
            GC.Collect(generation, generation == 2 ? GCCollectionMode.Optimized : GCCollectionMode.Forced, blocking: generation < 2);
        Counted.Step(1);
    }

    private static void SleepAgainAndAgain()
    {
        while (Clock.IsRunning)
        {
            try
            {
                lock (s_gate)
                    Counted.Step(1);
                Counted.Sleep();
            }
            catch (ThreadInterruptedException)
            {
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeSome()
    {
        for (int i = 0; i < 20; i++)
            _ = new Finalized();
        Counted.Step(1);
        Thread.Sleep(1);
    }

    /// <summary>Calls from the finalizer thread; every tenth comes back to life once.</summary>
    private sealed class Finalized
    {
        private static int s_made;
        private bool _again = Interlocked.Increment(ref s_made) % 10 == 0;

        ~Finalized()
        {
            Counted.Steps(3);
            if (_again)
                GC.ReRegisterForFinalize(this);
            _again = false;
        }
    }
}
