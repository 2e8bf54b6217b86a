using System.Globalization;

namespace Stress;

/// <summary>
/// <c>Stress MODE SECONDS</c> does one hard thing for so long, then says what it counted and ends with 0. <c>Stress MODE</c> says what it
/// counted, and then dies as the mode says, while other threads are busy.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args.Length == 1)
        {
            Deaths.Die(args[0]);
            return 2;
        }

        Clock.Start(double.Parse(args[1], CultureInfo.InvariantCulture));
        switch (args[0])
        {
            case "threads": Mixed.Threads(); break;
            case "nulls": Mixed.Nulls(); break;
            case "recursion": Mixed.Recursion(); break;
            case "interrupts": Mixed.Interrupts(); break;
            case "finalizers": Mixed.Finalizers(); break;
            case "contexts": Contexts.LoadAndUnload(); break;
            case "foreign": Native.ForeignThreads(); break;
            case "processes": Native.Processes(); break;
            case "signals": Native.Signals(); break;
            case "starvation": Pool.Starve(); break;
            case "tasks": Pool.Storm(); break;
            default: return 2;
        }

        Counted.Report();
        return 0;
    }
}
