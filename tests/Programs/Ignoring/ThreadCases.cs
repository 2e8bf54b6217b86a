using System.Globalization;
using System.Runtime.CompilerServices;
using VizTrace;

namespace Ignoring;

/// <summary>Threads that are asked for by name before they start, later, by others, by themselves; and two that are not.</summary>
internal static class ThreadCases
{
    /// <summary>More than a chunk holds.</summary>
    private const int Many = 20_000;

    public static void Run()
    {
        Start("Kept", () => Work(100));
        Start("Monitor", () => Work(Many));
        Start(null, NamesItself);
        RenamedByAnother();
        Start("Self at once", () =>
        {
            Tracer.IgnoreThisThread();
            Work(100);
        });
        Start("Self later", () =>
        {
            Work(Many);
            Deep(3);
            Work(100);
        });
        Start("Self in a scope", () =>
        {
            using (Tracer.Ignore())
            {
                Work(10);
                Tracer.IgnoreThisThread();
            }

            Work(10);
        });
        Start("Self in an ignored function", () =>
        {
            Work(10);
            Ignored();
            Work(10);
        });
        Work(7);
    }

    private static void Start(string? name, Action body)
    {
        var thread = new Thread(() => body());
        if (name is not null)
            thread.Name = name;
        thread.Start();
        thread.Join();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name ?? "(none)"} {thread.ManagedThreadId}"));
    }

    private static void NamesItself()
    {
        Work(100);
        Thread.CurrentThread.Name = "Monitor that names itself";
        Work(100);
    }

    private static void RenamedByAnother()
    {
        using var begun = new ManualResetEventSlim();
        using var named = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            Work(100);
            begun.Set();
            named.Wait();
            Work(Many);
            Work(Many);
        })
        { Name = "Worker" };
        thread.Start();
        begun.Wait();
        thread.Name = "Monitor by another's will";
        named.Set();
        thread.Join();
    }

    private static void Deep(int levels)
    {
        if (levels == 0)
            Tracer.IgnoreThisThread();
        else
            Deep(levels - 1);
        Work(1);
    }

    [IgnoreFunction]
    private static void Ignored()
    {
        Work(10);
        Tracer.IgnoreThisThread();
        Work(10);
    }

    private static void Work(int times)
    {
        for (int i = 0; i < times; i++)
            Step();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Step()
    {
    }
}
