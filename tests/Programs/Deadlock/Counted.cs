namespace Deadlock;

/// <summary>All that is recorded: calls that count themselves.</summary>
internal static class Counted
{
    private static long s_steps, s_loaded, s_gone, s_native, s_lives;

    /// <summary>The ordinary call.</summary>
    public static int Step(int value)
    {
        Interlocked.Increment(ref s_steps);
        return (value * 1103515245) + 12345;
    }

    /// <summary>From a library's constructor: the loader holds its lock.</summary>
    public static void Loaded() => Interlocked.Increment(ref s_loaded);

    /// <summary>From its destructor.</summary>
    public static void Gone() => Interlocked.Increment(ref s_gone);

    /// <summary>From a thread that the runtime did not make.</summary>
    public static void OnNativeThread() => Interlocked.Increment(ref s_native);

    /// <summary>All that a short thread does.</summary>
    public static void Life()
    {
        Interlocked.Increment(ref s_lives);
        for (int i = 0; i < 20; i++)
            Step(i);
    }

    /// <summary>One line for each function: <c>call [name] [times]</c>.</summary>
    public static void Report()
    {
        Console.WriteLine($"call Deadlock.Counted.Step {s_steps}");
        Console.WriteLine($"call Deadlock.Counted.Loaded {s_loaded}");
        Console.WriteLine($"call Deadlock.Counted.Gone {s_gone}");
        Console.WriteLine($"call Deadlock.Counted.OnNativeThread {s_native}");
        Console.WriteLine($"call Deadlock.Counted.Life {s_lives}");
    }
}
