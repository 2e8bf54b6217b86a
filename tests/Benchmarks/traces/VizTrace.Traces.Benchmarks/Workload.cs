namespace VizTrace.Traces.Benchmarks;

/// <summary>
/// What a made-up program did, the same for a seed: eight threads that call functions within functions, one of them a monitor that polls.
/// Steps go round the threads, so that a file of any size is made in order and in no memory.
/// </summary>
internal sealed class Workload(int seed)
{
    public const int Threads = 8;
    public const int Functions = 2000;
    public const int Pid = 4000;

    private readonly Random _random = new(seed);
    private readonly Stack<(int Function, long BeginNs)>[] _open = [.. Enumerable.Range(0, Threads).Select(_ => new Stack<(int, long)>())];
    private readonly long[] _nowNs = new long[Threads];
    private int _thread;
    private ulong _flow;

    public static string ThreadName(int thread) => thread == 0 ? "Monitor" : "Worker " + thread;

    public static string FunctionName(int function) =>
        function < 4
            ? new[] { "Shop.Monitor.Poll", "Shop.Monitor.ReadState", "Shop.Monitor.Compare", "Shop.Monitor.Sleep" }[function]
            : $"Shop.Part{function % 61}.{(function % 7 == 0 ? "Service" : "Order")}{function % 113}.Method{function}";

    public static string Module(int function) => function < 4 ? "Shop.Monitor.dll" : $"Shop.Part{function % 61}.dll";

    /// <summary>The next thing that happens.</summary>
    public Step Next()
    {
        _thread = (_thread + 1) % Threads;
        Stack<(int Function, long BeginNs)> open = _open[_thread];
        _nowNs[_thread] += _random.Next(50, 3000);
        bool ends = open.Count > 0 && (open.Count > 12 || _random.Next(100) < 50);
        if (!ends)
        {
            int function = _thread == 0 ? Math.Min(3, open.Count) : 4 + (int)(Math.Pow(_random.NextDouble(), 3) * (Functions - 4));
            open.Push((function, _nowNs[_thread]));
            return new Step(_thread, true, function, _nowNs[_thread], 0, 0, -1);
        }

        (int done, long beginNs) = open.Pop();
        int dice = _random.Next(100);
        return new Step(_thread, false, done, beginNs, _nowNs[_thread] - beginNs, dice < 2 ? ++_flow : 0, dice is >= 2 and < 27 ? _random.Next(100_000) : -1);
    }
}

/// <summary>A call's begin, or its end with the whole call: <paramref name="TimeNs"/> is the begin's either way.</summary>
internal readonly record struct Step(int Thread, bool IsBegin, int Function, long TimeNs, long DurationNs, ulong Flow, int Argument);
