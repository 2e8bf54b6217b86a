using System.Collections;
using System.Globalization;

namespace IlShapes;

/// <summary>Iterators: MoveNext and the finally blocks of an abandoned one.</summary>
internal static class Iterators
{
    private sealed class Pair(int a, int b) : IEnumerable<int>
    {
        IEnumerator<int> IEnumerable<int>.GetEnumerator()
        {
            Calls.Hit("IlShapes.Iterators.Pair.IEnumerable<System.Int32>.GetEnumerator", 2);
            yield return a;
            Calls.Hit("IlShapes.Iterators.Pair.IEnumerable<System.Int32>.GetEnumerator");
            yield return b;
            Calls.Hit("IlShapes.Iterators.Pair.IEnumerable<System.Int32>.GetEnumerator");
        }

        IEnumerator IEnumerable.GetEnumerator() => throw new NotSupportedException();
    }

    public static string Run()
    {
        int sum = 0, abandoned = 0;
        foreach (int number in Numbers(4))
            sum += number;
        foreach (int number in Guarded())
        {
            abandoned = number;
            break;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{sum} {abandoned} {s_closed} {string.Join('+', new Pair(3, 4))} {string.Join("", Each("xyz"))}");
    }

    private static int s_closed;

    private static IEnumerable<int> Numbers(int count)
    {
        Calls.Hit("IlShapes.Iterators.Numbers", 2);
        for (int i = 0; i < count; i++)
        {
            yield return i;
            Calls.Hit("IlShapes.Iterators.Numbers");
        }
    }

    private static IEnumerable<int> Guarded()
    {
        Calls.Hit("IlShapes.Iterators.Guarded", 2);
        try
        {
            yield return 9;
            yield return 10;
        }
        finally
        {
            // Dispose runs this in a method of its own.
            Calls.Hit("IlShapes.Iterators.Guarded.finally#1");
            s_closed++;
        }
    }

    private static IEnumerable<T> Each<T>(IEnumerable<T> items)
    {
        Calls.Hit("IlShapes.Iterators.Each<T>", 2);
        foreach (T item in items)
        {
            yield return item;
            Calls.Hit("IlShapes.Iterators.Each<T>");
        }
    }
}

/// <summary>Lambdas, with and without captures, nested, in static and instance methods.</summary>
internal static class Lambdas
{
    public static string Run()
    {
        int captured = 10;
        Func<int, int> plain = x => x + 1;
        Func<int, int> closed = x => x + captured;
        Func<int, Func<int>> nested = x => () => x * captured;
        Func<int> innermost = nested(3);
        string result = string.Create(CultureInfo.InvariantCulture, $"{plain(1)} {plain(2)} {closed(5)} {innermost()} {Apply(static s => s.Length, "four")}");
        Calls.Hit(plain, 2);
        Calls.Hit(closed, 1);
        Calls.Hit(nested, 1);
        Calls.Hit(innermost, 1);
        return result;
    }

    private static int Apply(Func<string, int> function, string text)
    {
        Calls.Hit("IlShapes.Lambdas.Apply");
        Calls.Hit(function, 1);
        return function(text);
    }
}

/// <summary>Local functions: static, capturing, generic, recursive, iterators.</summary>
internal static class LocalFunctions
{
    public static string Run()
    {
        int calls = 0;
        string result = string.Create(CultureInfo.InvariantCulture, $"{Square(7)} {Count()} {Fib(10)} {Same("s")} {string.Join(',', Down(3))} {calls}");
        return result;

        static int Square(int x)
        {
            Calls.Hit("IlShapes.LocalFunctions.Run.Square");
            return x * x;
        }

        int Count()
        {
            Calls.Hit("IlShapes.LocalFunctions.Run.Count");
            return ++calls;
        }

        static int Fib(int n)
        {
            Calls.Hit("IlShapes.LocalFunctions.Run.Fib");
            return n < 2 ? n : Fib(n - 1) + Fib(n - 2);
        }

        static T Same<T>(T value)
        {
            Calls.Hit("IlShapes.LocalFunctions.Run.Same<T>");
            return value;
        }

        static IEnumerable<int> Down(int from)
        {
            Calls.Hit("IlShapes.LocalFunctions.Run.Down", 2);
            while (from > 0)
            {
                yield return from--;
                Calls.Hit("IlShapes.LocalFunctions.Run.Down");
            }
        }
    }
}

/// <summary>Explicit implementations, default interface methods, records, operators, indexers.</summary>
internal static class Interfaces
{
    private interface IGreeter
    {
        string Name { get; }

        string Greet()
        {
            Calls.Hit("IlShapes.Interfaces.IGreeter.Greet");
            return $"hello {Name}";
        }
    }

    private sealed class Ada : IGreeter, IComparable<Ada>
    {
        string IGreeter.Name
        {
            get
            {
                Calls.Hit("IlShapes.Interfaces.Ada.IGreeter.get_Name");
                return "Ada";
            }
        }

        int IComparable<Ada>.CompareTo(Ada? other)
        {
            Calls.Hit("IlShapes.Interfaces.Ada.IComparable<IlShapes.Interfaces.Ada>.CompareTo");
            return 42;
        }

        public static Ada operator +(Ada a, int b)
        {
            Calls.Hit("IlShapes.Interfaces.Ada.op_Addition");
            return b > 0 ? a : new Ada();
        }
    }

    public static string Run()
    {
        var ada = new Ada();
        IComparable<Ada> comparable = ada + 1;
        return string.Create(CultureInfo.InvariantCulture, $"{((IGreeter)ada).Greet()} {comparable.CompareTo(null)}");
    }
}
