using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Ignoring;

/// <summary>A great many short calls, and a few that last some milliseconds at least, at several depths.</summary>
internal static class ShortCases
{
    public const int LongCalls = 5;

    public static void Run(int tiny)
    {
        var thread = new Thread(() => Outer(tiny)) { Name = "Short" };
        thread.Start();
        thread.Join();
    }

    private static void Outer(int tiny)
    {
        for (int i = 0; i < LongCalls; i++)
        {
            for (int j = 0; j < tiny / LongCalls; j++)
                Tiny(j & 3);
            Long();
        }
    }

    private static void Long()
    {
        Tiny(2);
        Waits();
        Tiny(2);
    }

    private static void Waits()
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromMilliseconds(4))
            Tiny(1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Tiny(int levels)
    {
        if (levels > 0)
            Tiny(levels - 1);
    }
}
