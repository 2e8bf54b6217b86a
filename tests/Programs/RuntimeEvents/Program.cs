using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace RuntimeEvents;

/// <summary>Does a counted number of everything that the runtime tells of: what the tests of the .nettrace reader compare with.</summary>
internal static class Program
{
    private static readonly object s_lock = new();
    private static volatile bool s_stop;

    private static void Main(string[] args)
    {
        int busyMs = args.Length > 0 ? int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture) : 300;
        Thread[] busy = [new Thread(BusyOne) { Name = "Busy one" }, new Thread(BusyTwo) { Name = "Busy two" }];
        foreach (Thread thread in busy)
            thread.Start();

        int collections = GC.CollectionCount(0);
        for (int i = 0; i < 3; i++)
            GC.Collect(2, GCCollectionMode.Forced, blocking: true);
        GC.Collect(0);
        Console.WriteLine($"collections {GC.CollectionCount(0) - collections}");

        for (int i = 0; i < 5; i++)
        {
            try
            {
                throw new InvalidOperationException($"number {i}");
            }
            catch (InvalidOperationException)
            {
            }
        }

        for (int i = 0; i < 4; i++)
        {
            ShopEvents.Log.OrderStart(i, $"customer {i}");
            ShopEvents.Log.Looked("shelf", i, -i);
            using (ShopEvents.Source.StartActivity("Pay"))
                Thread.Sleep(2);
            ShopEvents.Log.OrderStop(i);
        }

        Contend();
        Task.WaitAll([.. Enumerable.Range(0, 8).Select(_ => Task.Run(() => Thread.Sleep(5)))]);
        Thread.Sleep(busyMs);
        s_stop = true;
        foreach (Thread thread in busy)
            thread.Join();
        Console.WriteLine($"main {Environment.ProcessId}");
    }

    private static void Contend()
    {
        for (int i = 0; i < 2; i++)
        {
            using var held = new ManualResetEventSlim();
            var owner = new Thread(() =>
            {
                lock (s_lock)
                {
                    held.Set();
                    Thread.Sleep(40);
                }
            });
            owner.Start();
            held.Wait();
            lock (s_lock)
                Thread.SpinWait(1);
            owner.Join();
        }
    }

    private static void BusyOne() => SpinDeep(3);

    private static void BusyTwo() => SpinDeep(1);

    private static long SpinDeep(int depth)
    {
        if (depth > 0)
            return SpinDeep(depth - 1) + 1;
        long sum = 0;
        while (!s_stop)
            sum += sum % 7 + 1;
        return sum;
    }
}

/// <summary>Events of a program's own: a pair with a payload, and one alone.</summary>
[EventSource(Name = "Shop")]
internal sealed class ShopEvents : EventSource
{
    public static readonly ShopEvents Log = new();
    public static readonly ActivitySource Source = new("Shop.Activities");

    [Event(1)]
    public void OrderStart(int id, string customer) => WriteEvent(1, id, customer);

    [Event(2)]
    public void OrderStop(int id) => WriteEvent(2, id);

    [Event(3)]
    public void Looked(string where, int shelf, int place) => WriteEvent(3, where, shelf, place);
}
