using System.Diagnostics;

namespace Stress;

/// <summary>Until when the program goes on, and threads that go on until then.</summary>
internal static class Clock
{
    private static long s_end;

    /// <summary>Whether there is time left.</summary>
    public static bool IsRunning => Stopwatch.GetTimestamp() < Volatile.Read(ref s_end);

    /// <summary>Starts the clock.</summary>
    public static void Start(double seconds) => s_end = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);

    /// <summary>Runs each action again and again on a thread of its own, until the time is over and all have ended.</summary>
    public static void Together(params (string Name, Action Round)[] all)
    {
        Thread[] threads = [.. all.Select(a => new Thread(() => Repeat(a.Round)) { Name = a.Name })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
    }

    private static void Repeat(Action round)
    {
        do
            round();
        while (IsRunning);
    }
}
