namespace Stress;

/// <summary>
/// Calls that count themselves, so that the program can say at its end how many of each it made. What is counted has been entered: the
/// counting is the first thing that a call does.
/// </summary>
internal static class Counted
{
    private static long s_steps, s_throws, s_nulls, s_downs, s_lives, s_sleeps, s_plugins;

    /// <summary>The ordinary call.</summary>
    public static int Step(int value)
    {
        Interlocked.Increment(ref s_steps);
        return (value * 1103515245) + 12345;
    }

    /// <summary>Left by an exception.</summary>
    public static int Throw()
    {
        Interlocked.Increment(ref s_throws);
        throw new InvalidOperationException("on purpose");
    }

    /// <summary>Left by an exception that the processor raises.</summary>
    public static int Null(string? text)
    {
        Interlocked.Increment(ref s_nulls);
        return text!.Length;
    }

    /// <summary>Calls itself until <paramref name="depth"/> is 0; from below 0, until the stack ends.</summary>
    public static int Down(int depth)
    {
        Interlocked.Increment(ref s_downs);
        return depth == 0 ? 0 : Down(depth - 1) + 1;
    }

    /// <summary>All that a short thread does: called once by each.</summary>
    public static void Life()
    {
        Interlocked.Increment(ref s_lives);
        Down(Steps(20) & 31);
    }

    /// <summary>Sleeps until it is interrupted.</summary>
    public static void Sleep()
    {
        Interlocked.Increment(ref s_sleeps);
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>The plugin of collectible contexts was run, and called its part so many times.</summary>
    public static void PluginRan(int parts) => s_plugins += parts;

    /// <summary>So many calls of <see cref="Step"/>.</summary>
    public static int Steps(int times)
    {
        int value = 1;
        for (int i = 0; i < times; i++)
            value = Step(value);
        return value;
    }

    /// <summary>One line for each function: <c>call [name] [times]</c>.</summary>
    public static void Report()
    {
        (string Name, long Times)[] all =
        [
            ("Stress.Counted.Step", s_steps), ("Stress.Counted.Throw", s_throws), ("Stress.Counted.Null", s_nulls),
            ("Stress.Counted.Down", s_downs), ("Stress.Counted.Life", s_lives), ("Stress.Counted.Sleep", s_sleeps), ("Plugin.Work.Part", s_plugins),
        ];
        foreach ((string name, long times) in all)
        {
            if (times > 0)
                Console.WriteLine($"call {name} {times}");
        }
    }
}
