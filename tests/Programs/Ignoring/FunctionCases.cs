using System.Runtime.CompilerServices;
using VizTrace;

namespace Ignoring;

/// <summary>Functions that are marked, of every kind, on threads whose first call they are and on one that has called before.</summary>
internal static class FunctionCases
{
    public static void Run()
    {
        On("First is ignored", () => new Noise().Make(3));
        On("Functions", () =>
        {
            for (int i = 0; i < 2; i++)
                All();
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
        Inner();
        new Noise().Make(3);
        Thrown();
        Hidden();
        new HiddenType().Call();
        Generic(1);
        Generic("one");
        foreach (int i in Sequence())
            Inner();
        Asynchronous().GetAwaiter().GetResult();
        Overloaded("not marked").GetAwaiter().GetResult();
        Inner();
    }

    private static void Thrown()
    {
        try
        {
            Throws(3);
        }
        catch (InvalidOperationException)
        {
            Inner();
        }
    }

    [IgnoreFunction]
    private static void Throws(int levels)
    {
        Inner();
        if (levels == 0)
            throw new InvalidOperationException();
        Throws(levels - 1);
    }

    [HideFunction]
    private static void Hidden()
    {
        Inner();
        ((Action)(() => Inner()))();
        Below();
    }

    private static void Below() => Inner();

    [IgnoreFunction]
    private static T Generic<T>(T value)
    {
        Inner();
        return value;
    }

    [IgnoreFunction]
    private static IEnumerable<int> Sequence()
    {
        Inner();
        yield return 1;
        Inner();
        yield return 2;
        Inner();
    }

    /// <summary>Its later parts run on the pool: they are ignored there, too.</summary>
    [IgnoreFunction]
    private static async Task Asynchronous()
    {
        Inner();
        await Task.Yield();
        Inner();
        await Task.Delay(1);
        Inner();
    }

    [IgnoreFunction]
    private static async Task<int> Overloaded(int value)
    {
        Inner();
        await Task.Yield();
        return value;
    }

    /// <summary>The mark is on the other one; the recorded parts run on the pool.</summary>
    private static async Task<int> Overloaded(string text)
    {
        Inner();
        await Task.Yield();
        Inner();
        return Overloaded(1).GetAwaiter().GetResult() + text.Length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Inner()
    {
    }

    /// <summary>All its functions are ignored, and those of what is nested in it.</summary>
    [IgnoreFunction]
    private sealed class Noise
    {
        public void Make(int times)
        {
            Enumerable.Range(0, times).ToList().ForEach(n => Inner());
            Louder.Make();
        }

        private static class Louder
        {
            public static void Make() => Inner();
        }
    }

    /// <summary>All its functions are hidden.</summary>
    [HideFunction]
    private sealed class HiddenType
    {
        public void Call() => CallAgain();

        private static void CallAgain() => Below();
    }
}
