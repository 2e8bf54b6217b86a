using System.Globalization;
using System.Runtime.CompilerServices;

namespace IlShapes;

/// <summary>An awaitable that is never complete and goes on when the pump says so: every await suspends, on one thread, in order.</summary>
internal readonly struct Pause : INotifyCompletion
{
    private static readonly Queue<Action> s_waiting = new();

    public bool IsCompleted => false;

    public Pause GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => s_waiting.Enqueue(continuation);

    public static T Pump<T>(Task<T> task)
    {
        while (!task.IsCompleted)
            s_waiting.Dequeue()();
        return task.GetAwaiter().GetResult();
    }
}

/// <summary>Async methods: each resumption is a call of MoveNext, under the method's own name.</summary>
internal static class Asynchronous
{
    public static string Run()
    {
        Func<Task<int>> lambda = async () =>
        {
            await default(Pause);
            return 5;
        };
        int fromLambda = Pause.Pump(lambda());
        Calls.Hit(lambda, 3);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Pause.Pump(AddAsync(2, 3))} {Pause.Pump(GenericAsync("g"))} {Pause.Pump(CatchAsync())} {Pause.Pump(SumAsync())} {Pause.Pump(LocalAsync())} {fromLambda} {Pause.Pump(ValueAsync().AsTask())}");
    }

    private static async Task<int> AddAsync(int a, int b)
    {
        Calls.Hit("IlShapes.Asynchronous.AddAsync", 2);
        await default(Pause);
        Calls.Hit("IlShapes.Asynchronous.AddAsync");
        await default(Pause);
        Calls.Hit("IlShapes.Asynchronous.AddAsync");
        return a + b;
    }

    private static async ValueTask<int> ValueAsync()
    {
        Calls.Hit("IlShapes.Asynchronous.ValueAsync", 2);
        int sum = await AddAsync(1, 1);
        Calls.Hit("IlShapes.Asynchronous.ValueAsync");
        return sum * 10;
    }

    private static async Task<T> GenericAsync<T>(T value)
    {
        Calls.Hit("IlShapes.Asynchronous.GenericAsync<T>", 2);
        await default(Pause);
        Calls.Hit("IlShapes.Asynchronous.GenericAsync<T>");
        return value;
    }

    private static async Task<string> CatchAsync()
    {
        Calls.Hit("IlShapes.Asynchronous.CatchAsync", 2);
        try
        {
            await FailAsync();
            return "not reached";
        }
        catch (InvalidOperationException e) when (e.Message.Length > 3)
        {
            Calls.Hit("IlShapes.Asynchronous.CatchAsync");
            await default(Pause);
            Calls.Hit("IlShapes.Asynchronous.CatchAsync");
            return e.Message;
        }
        finally
        {
            await default(Pause);
            Calls.Hit("IlShapes.Asynchronous.CatchAsync");
        }
    }

    private static async Task FailAsync()
    {
        Calls.Hit("IlShapes.Asynchronous.FailAsync", 2);
        await default(Pause);
        Calls.Hit("IlShapes.Asynchronous.FailAsync");
        throw new InvalidOperationException("failed");
    }

    private static async Task<int> SumAsync()
    {
        Calls.Hit("IlShapes.Asynchronous.SumAsync", 2);
        int sum = 0;
        await foreach (int number in NumbersAsync())
        {
            // Each number comes after a suspension.
            Calls.Hit("IlShapes.Asynchronous.SumAsync");
            sum += number;
        }

        Calls.Hit("IlShapes.Asynchronous.SumAsync");
        return sum;
    }

    private static async IAsyncEnumerable<int> NumbersAsync()
    {
        Calls.Hit("IlShapes.Asynchronous.NumbersAsync", 2);
        for (int i = 1; i <= 3; i++)
        {
            await default(Pause);
            Calls.Hit("IlShapes.Asynchronous.NumbersAsync");
            yield return i;
            Calls.Hit("IlShapes.Asynchronous.NumbersAsync");
        }

        await default(Pause);
        Calls.Hit("IlShapes.Asynchronous.NumbersAsync");
    }

    private static async Task<int> LocalAsync()
    {
        Calls.Hit("IlShapes.Asynchronous.LocalAsync", 2);
        int result = await Later(20);
        Calls.Hit("IlShapes.Asynchronous.LocalAsync");
        return result;

        static async Task<int> Later(int value)
        {
            Calls.Hit("IlShapes.Asynchronous.LocalAsync.Later", 2);
            await default(Pause);
            Calls.Hit("IlShapes.Asynchronous.LocalAsync.Later");
            return value + 1;
        }
    }
}
