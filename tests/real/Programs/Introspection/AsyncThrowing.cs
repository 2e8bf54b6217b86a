using System.Runtime.CompilerServices;

namespace Introspection;

/// <summary>Traces of exceptions that pass through await.</summary>
internal static class AsyncThrowing
{
    public static async Task RunAsync()
    {
        await TryAsync("immediate", static () => DeepAsync(2, false));
        await TryAsync("after yield", static () => DeepAsync(2, true));
        await TryAsync("value task", static async () => await ValueAsync(1));
        await TryAsync("when all", static () => Task.WhenAll(DeepAsync(0, true), DeepAsync(1, true)));
        await TryAsync("async finally", FinallyAsync);
        await TryAsync("async iterator", EnumerateAsync);
        await TryAsync("cancelled", CancelledAsync);
        await TryAsync("custom awaiter", static async () => await new Awaitable());
        await TryAsync("sync over async", static () => Task.Run(static () => DeepAsync(1, true).GetAwaiter().GetResult()));
        await TryAsync("parallel", static () => Parallel.ForAsync(0, 1, async (i, _) => await DeepAsync(i, false)));
    }

    private static async Task TryAsync(string name, Func<Task> function)
    {
        try
        {
            await function();
            Report.Line(name, "nothing thrown");
        }
#pragma warning disable CA1031 // Whatever comes out is the result.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Report.Line(name, e.ToString());
        }
    }

    private static async Task<int> DeepAsync(int more, bool yields)
    {
        if (yields)
            await Task.Yield();
        if (more > 0)
            return await DeepAsync(more - 1, yields) + 1;
        Throwing.Deep(1);
        return 0;
    }

    private static async ValueTask<int> ValueAsync(int more)
    {
        await Task.CompletedTask;
        return more > 0 ? await ValueAsync(more - 1) : throw new TimeoutException("value");
    }

    private static async Task FinallyAsync()
    {
        try
        {
            await DeepAsync(0, true);
        }
        finally
        {
            await Task.Yield();
            Report.Line("async finally", "cleaning");
        }
    }

    private static async Task EnumerateAsync()
    {
        await foreach (int value in ValuesAsync())
            Report.Line("async iterator", value + "");
    }

    private static async IAsyncEnumerable<int> ValuesAsync()
    {
        yield return 1;
        await Task.Yield();
        yield return 2;
        Throwing.Deep(0);
    }

    private static async Task CancelledAsync()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Task.Run(static () => { }, source.Token);
    }

    private sealed class Awaitable : INotifyCompletion
    {
        public bool IsCompleted => true;

        public Awaitable GetAwaiter() => this;

        public void OnCompleted(Action continuation) => continuation();

        public void GetResult() => Throwing.Deep(0);
    }
}
