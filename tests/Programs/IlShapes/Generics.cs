using System.Globalization;

namespace IlShapes;

/// <summary>Generic types and methods, shared and unshared code, generic virtual methods, statics per instantiation.</summary>
internal static class Generics
{
    private abstract class Shape
    {
        public abstract string Draw<T>(T with);
    }

    private sealed class Circle : Shape
    {
        public override string Draw<T>(T with)
        {
            Calls.Hit("IlShapes.Generics.Circle.Draw<T>");
            return $"{typeof(T).Name}:{with}";
        }
    }

    private sealed class Box<T>
    {
        private static readonly string s_name;

        private readonly T[] _items;

#pragma warning disable CA1810 // The static constructor is the shape.
        static Box()
        {
            Calls.Hit("IlShapes.Generics.Box<T>..cctor");
            s_name = typeof(T).Name;
        }
#pragma warning restore CA1810

        public Box(params T[] items)
        {
            Calls.Hit("IlShapes.Generics.Box<T>..ctor");
            _items = items;
        }

        public T Last()
        {
            Calls.Hit("IlShapes.Generics.Box<T>.Last");
            return _items[^1];
        }

        public ref T At(int index)
        {
            Calls.Hit("IlShapes.Generics.Box<T>.At");
            return ref _items[index];
        }

        public Dictionary<TKey, List<T>> By<TKey>(Func<T, TKey> key)
            where TKey : notnull
        {
            Calls.Hit("IlShapes.Generics.Box<T>.By<TKey>");
            return _items.GroupBy(key).ToDictionary(g => g.Key, g => g.ToList());
        }

        public sealed class Inner<TOther>
        {
            public string Name(TOther other)
            {
                Calls.Hit("IlShapes.Generics.Box<T>.Inner<TOther>.Name");
                return $"{s_name}/{other}";
            }
        }
    }

    private interface IMonoid<TSelf>
        where TSelf : IMonoid<TSelf>
    {
        static abstract TSelf Zero { get; }

        static abstract TSelf Plus(TSelf a, TSelf b);
    }

    private readonly record struct Money(int Cents) : IMonoid<Money>
    {
        public static Money Zero
        {
            get
            {
                Calls.Hit("IlShapes.Generics.Money.get_Zero");
                return new Money(0);
            }
        }

        public static Money Plus(Money a, Money b)
        {
            Calls.Hit("IlShapes.Generics.Money.Plus");
            return new Money(a.Cents + b.Cents);
        }
    }

    public static string Run()
    {
        var words = new Box<string>("a", "bb", "cc");
        var objects = new Box<object>("x", 5);
        var numbers = new Box<int>(1, 2, 3);
        numbers.At(2) += 40;
        Shape shape = new Circle();
        string inner = new Box<Uri>.Inner<int>().Name(5) + new Box<string>.Inner<string>().Name("n");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{words.Last()} {objects.Last()} {numbers.Last()} {words.By(w => w.Length)[2].Count} {shape.Draw(5)} {shape.Draw("s")} {inner} {Identity(3)} {Identity("t")} {Total(new Money(3), new Money(4)).Cents} {Make<List<int>>().Count}");
    }

    private static T Identity<T>(T value)
    {
        Calls.Hit("IlShapes.Generics.Identity<T>");
        return value;
    }

    private static T Total<T>(params T[] values)
        where T : IMonoid<T>
    {
        Calls.Hit("IlShapes.Generics.Total<T>");
        T total = T.Zero;
        foreach (T value in values)
            total = T.Plus(total, value);
        return total;
    }

    private static T Make<T>()
        where T : new()
    {
        Calls.Hit("IlShapes.Generics.Make<T>");
        return new T();
    }
}
