using System.Runtime.CompilerServices;
using VizTrace;

namespace Ignoring;

/// <summary>Scopes of Tracer.Ignore(), each case in a function of its own, called twice. The number of Inner's calls tells where it was called.</summary>
internal static class ScopeCases
{
    public static void Run()
    {
        // The first record of the thread is one inside a scope, and one inside an ignored function.
        On("First in a scope", () =>
        {
            using (Tracer.Ignore())
                Inner();
            Inner();
        });
        On("Scopes", () =>
        {
            for (int i = 0; i < 2; i++)
                All();
        });
        On("Left open", () =>
        {
            Leaks();
            Inner();
        });
    }

    private static void On(string name, Action body)
    {
        var thread = new Thread(() => body()) { Name = name };
        thread.Start();
        thread.Join();
    }

    private static void All()
    {
        Plain();
        Nested();
        OfAHelper();
        Thrown();
        CrossesCalls();
        InIgnored();
        AroundIgnored();
        TwiceEnded();
        Many();
    }

    private static void Plain()
    {
        Inner();
        using (Tracer.Ignore())
        {
            Inner();
            Deep(5);
        }

        Inner();
    }

    private static void Nested()
    {
        using (Tracer.Ignore())
        {
            Inner();
            using (Tracer.Ignore())
                Deep(2);
            Inner();
        }

        Inner();
    }

    /// <summary>The function that begins the scope is left before it ends.</summary>
    private static void OfAHelper()
    {
        using (Quiet())
            Deep(3);
        Inner();
    }

    private static Tracer.IgnoredScope Quiet()
    {
        Inner();
        return Tracer.Ignore();
    }

    private static void Thrown()
    {
        try
        {
            using (Tracer.Ignore())
                Throw(3);
        }
        catch (InvalidOperationException)
        {
            Inner();
        }
    }

    /// <summary>An exception leaves recorded functions that were open when the scope began.</summary>
    private static void CrossesCalls()
    {
        try
        {
            Opens();
        }
        catch (InvalidOperationException)
        {
            Inner();
        }
    }

    private static void Opens()
    {
        Inner();
        Tracer.IgnoredScope scope = Tracer.Ignore();
        try
        {
            Throw(2);
        }
        finally
        {
            scope.Dispose();
            Inner();
        }
    }

    private static void InIgnored()
    {
        Ignored(scope: true);
        Inner();
    }

    private static void AroundIgnored()
    {
        using (Tracer.Ignore())
        {
            Ignored(scope: false);
            Inner();
        }

        Inner();
    }

    private static void TwiceEnded()
    {
        Tracer.IgnoredScope scope = Tracer.Ignore();
        Inner();
        scope.Dispose();
        scope.Dispose();
        Inner();
    }

    /// <summary>More scopes, and more recorded calls between them, than a chunk has records.</summary>
    private static void Many()
    {
        for (int i = 0; i < 10_000; i++)
        {
            Inner();
            using (Tracer.Ignore())
                Inner();
        }
    }

    [IgnoreFunction]
    private static void Ignored(bool scope)
    {
        Inner();
        if (scope)
        {
            using (Tracer.Ignore())
                Inner();
        }

        Inner();
    }

    private static void Leaks()
    {
        Inner();
        _ = Tracer.Ignore();
        Inner();
    }

    private static void Deep(int levels)
    {
        Inner();
        if (levels > 0)
            Deep(levels - 1);
    }

    private static void Throw(int levels)
    {
        if (levels == 0)
            throw new InvalidOperationException();
        Throw(levels - 1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Inner()
    {
    }
}
