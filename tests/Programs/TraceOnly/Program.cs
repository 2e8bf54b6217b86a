using System.Runtime.CompilerServices;
using VizTrace;

namespace TraceOnly;

/// <summary>Only what is marked [TraceOnly], and what it calls, is to be recorded: on every thread, through exceptions, beside what is ignored.</summary>
internal static class Program
{
    private static void Main()
    {
        Inner();
        for (int i = 0; i < 2; i++)
            Around();
        On("Outside", () => Times(20_000));
        On("Inside", () => Wanted(2));
        On("Both", () =>
        {
            Times(3);
            Wanted(1);
            Times(20_000);
            Wanted(0);
        });
    }

    private static void On(string name, Action body)
    {
        var thread = new Thread(() => body()) { Name = name };
        thread.Start();
        thread.Join();
    }

    private static void Times(int times)
    {
        for (int i = 0; i < times; i++)
            Inner();
    }

    private static void Around()
    {
        Inner();
        Wanted(2);
        try
        {
            Throws(2);
        }
        catch (InvalidOperationException)
        {
            Inner();
        }

        Ignored();
        using (Tracer.Ignore())
            Wanted(1);
        Inner();
    }

    [TraceOnly]
    private static void Wanted(int levels)
    {
        Inner();
        Ignored();
        using (Tracer.Ignore())
            Inner();
        if (levels > 0)
            Wanted(levels - 1);
        Below();
    }

    private static void Below() => Inner();

    [TraceOnly]
    private static void Throws(int levels)
    {
        if (levels == 0)
            throw new InvalidOperationException();
        Throws(levels - 1);
    }

    /// <summary>What is ignored stays so, also where it calls what is wanted.</summary>
    [IgnoreFunction]
    private static void Ignored()
    {
        Inner();
        Throw();
    }

    private static void Throw()
    {
        try
        {
            Throws(1);
        }
        catch (InvalidOperationException)
        {
            Inner();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Inner()
    {
    }
}
