using System.Reflection;
using System.Runtime.CompilerServices;

namespace Introspection;

/// <summary>All ways in which a call finds its method.</summary>
public static class Dispatch
{
    public static void Run()
    {
        Animal cat = new Cat();
        Report.Line("covariant", $"{cat.Make().GetType().Name} {new Cat().Make().Lives}");
        ISpeaks speaks = new Cat(), silent = new Animal();
        Report.Line("default interface methods", $"{speaks.Speak()} {silent.Speak()} {ISpeaks.Count} {((IDeeper)cat).Speak()}");
        Report.Line("static abstract", $"{Total<Metres>([new(1), new(2)]).Value} {Parsed<Metres>("7").Value} {Metres.Unit} {UnitOf<Metres>()}");
        Report.Line("generic virtual", $"{cat.Pick<int>(3)} {cat.Pick("x")} {cat.Pick<List<int>>([])} {((IPicks)cat).PickAny(1.5)}");
        Report.Line("variance", string.Concat(((IEnumerable<object>)["a", "b"]).Select(o => o.ToString())));
        Report.Line("constrained", Constrained(new Counter()) + " " + Constrained(new Metres(4)));
        Report.Line("proxy", DispatchProxy.Create<ISpeaks, Proxy>().Speak());
        Report.Line("dynamic", Dynamically(cat));
        Report.Line("unsafe accessor", Secret(new Hidden()) + " " + HiddenValue(new Hidden()));
        Report.Line("multicast", Multicast());
        Report.Line("closed over null", ((Func<string>)((string?)null).Describe)());
        Report.Line("open instance", typeof(Counter).GetMethod(nameof(Counter.Up))!.CreateDelegate<Func<Counter, int>>()(new Counter()) + "");
        Report.Line("activator", Activator.CreateInstance<Counter>().Up() + " " + ((Cat)Activator.CreateInstance(typeof(Cat))!).Speak());
        Report.Line("shared generics", string.Join(' ', Shared<string>.Describe(), Shared<object>.Describe(), Shared<int>.Describe(), new Shared<Version>().Instance<Uri>()));
        Report.Line("extension", new[] { 3, 1, 2 }.Sorted());
        Report.Line("synchronized", new Counter().Both() + "");
    }

    private static T Total<T>(T[] values)
        where T : IUnit<T>
    {
        T total = T.Zero;
        foreach (T value in values)
            total += value;
        return total;
    }

    private static T Parsed<T>(string text)
        where T : IUnit<T> => T.Parse(text);

    private static string UnitOf<T>()
        where T : IUnit<T> => T.Unit;

    private static string Constrained<T>(T value)
        where T : IUp
    {
        value.Up();
        value.Up();
        return value.Up() + value.ToString();
    }

    private static string Dynamically(dynamic animal)
    {
        string first = animal.Speak();
        try
        {
            return first + animal.Fly();
        }
        catch (Microsoft.CSharp.RuntimeBinder.RuntimeBinderException e)
        {
            return first + " " + e.Message;
        }
    }

    private static string Multicast()
    {
        var said = new List<string>();
        Action<string> all = said.Add;
        all += static _ => { };
        all += s => said.Add(s + s);
        all("m");
        return string.Join(' ', said) + all.GetInvocationList().Length;
    }

    public static string Describe(this string? text) => text is null ? "null" : "not null";

    private static string Sorted<T>(this IEnumerable<T> values)
        where T : IComparable<T> => string.Join(' ', values.Order());

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "Tell")]
    private static extern string Secret(Hidden hidden);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_value")]
    private static extern ref int HiddenValue(Hidden hidden);

    public interface ISpeaks
    {
        static int Count => 2;

        string Speak() => "default " + GetType().Name;
    }

    private interface IDeeper : ISpeaks
    {
        string ISpeaks.Speak() => "deeper";
    }

    private interface IPicks
    {
        string PickAny<T>(T value) => "any " + typeof(T).Name + value;
    }

    private interface IUp
    {
        int Up();
    }

    private interface IUnit<T>
        where T : IUnit<T>
    {
        static abstract T Zero { get; }

        static virtual string Unit => "unit";

        static abstract T operator +(T a, T b);

        static abstract T Parse(string text);
    }

    private class Animal : ISpeaks, IPicks
    {
        public int Lives { get; set; } = 1;

        public virtual Animal Make() => new();

        public virtual string Pick<T>(T value) => "animal " + typeof(T).Name + value;
    }

    private sealed class Cat : Animal, IDeeper
    {
        public Cat() => Lives = 9;

        public override Cat Make() => new();

        public override string Pick<T>(T value) => "cat " + base.Pick(value);

        public string Speak() => "meow";
    }

    private sealed class Hidden
    {
        private int _value = 31;

        private string Tell() => "told " + _value++;
    }

    private struct Metres(int value) : IUnit<Metres>, IUp
    {
        public static Metres Zero => new(0);

        public static string Unit => "m";

        public int Value { get; private set; } = value;

        public static Metres operator +(Metres a, Metres b) => new(a.Value + b.Value);

        public static Metres Parse(string text) => new(int.Parse(text, System.Globalization.CultureInfo.InvariantCulture));

        public int Up() => ++Value;

        public override string ToString() => Value + "m";
    }

    private sealed class Counter : IUp
    {
        private int _count;

        [MethodImpl(MethodImplOptions.Synchronized)]
        public int Up() => ++_count;

        [MethodImpl(MethodImplOptions.Synchronized)]
        public int Both() => Up() + Up() + (Monitor.IsEntered(this) ? 100 : 0);

        public override string ToString() => "c";
    }

    private sealed class Shared<T>
    {
        public static string Describe() => typeof(T).Name + typeof(Shared<T>).GetGenericArguments()[0].Name;

        public string Instance<TOther>() => typeof(T).Name + typeof(TOther).Name + GetType().Name;
    }

    public class Proxy : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => "proxied " + targetMethod!.Name;
    }
}
