namespace MonitorThread;

/// <summary>What the program is for.</summary>
internal sealed class Job
{
    private int _done;

    /// <summary>Orders that are done.</summary>
    public int Done => Volatile.Read(ref _done);

    /// <summary>Handles one order.</summary>
    public void Handle(int order)
    {
        Check(order);
        Ship(order);
        Interlocked.Increment(ref _done);
    }

    private static void Check(int order) => Thread.Sleep(10 + (order % 3));

    private static void Ship(int order) => Thread.Sleep(30 + (order % 5));
}
