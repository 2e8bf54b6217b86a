namespace Stress;

/// <summary>The thread pool under load.</summary>
internal static class Pool
{
    /// <summary>Work that waits for work behind it, more of it than there are threads: the pool has to make threads, a few a second.</summary>
    public static void Starve()
    {
        ThreadPool.SetMinThreads(2, 2);
        do
        {
            Task[] all = [.. Enumerable.Range(0, 6).Select(_ => Task.Run(WaitForAnother))];
            Task.WaitAll(all);
        }
        while (Clock.IsRunning);
    }

    /// <summary>Trees of async calls that leave their thread and come back on another.</summary>
    public static void Storm()
    {
        do
            Task.WaitAll(Enumerable.Range(0, 8).Select(_ => Node(6)).ToArray());
        while (Clock.IsRunning);
    }

    private static void WaitForAnother()
    {
        using var done = new ManualResetEventSlim();
        Counted.Step(1);
        ThreadPool.QueueUserWorkItem(_ =>
        {
            Counted.Steps(5);
            done.Set();
        });
        done.Wait();
        Counted.Step(2);
    }

    private static async Task<int> Node(int depth)
    {
        int value = Counted.Step(depth);
        if (depth == 0)
            return value;
        await Task.Yield();
        int[] both = await Task.WhenAll(Node(depth - 1), Node(depth - 1));
        if (depth % 3 == 0)
            await Task.Delay(1);
        return Counted.Step(both[0] + both[1]);
    }
}
