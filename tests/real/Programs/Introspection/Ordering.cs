using System.Runtime.CompilerServices;

namespace Introspection;

/// <summary>When static constructors and module initializers run, and in which order.</summary>
internal static class Ordering
{
    private static readonly List<string> s_events = [];

    public static void Say(string what) => s_events.Add(what);

    [ModuleInitializer]
    internal static void First() => Say("module initializer");

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run()
    {
        Say("run");
        Conditional(false);
        Say("before precise");
        Precise.Touch();
        Say("before relaxed");
        Say("value " + Relaxed.Value);
        Say("before loop");
        Loop(0);
        Loop(2);
        Say("before generic");
        Say(Generic<int>.Name);
        Say(Generic<string>.Name);
        Say("before instance");
        _ = new WithInstance();
        Say("before derived");
        _ = new Derived();
        Say("before cycle");
        Say("cycle " + CycleA.Value + " " + CycleB.Value);
        RuntimeHelpers.RunClassConstructor(typeof(Forced).TypeHandle);
        Say("forced");
        RuntimeHelpers.PrepareMethod(typeof(Prepared).GetMethod(nameof(Prepared.Touch))!.MethodHandle);
        Say("prepared");
        Prepared.Touch();
        Optimized(false);
        Optimized(true);
        Report.Line("ordering", string.Join(", ", s_events));
    }

    private static void Conditional(bool take)
    {
        if (take)
            Say(NeverTouched.Value);
        Say("conditional done");
    }

    private static void Loop(int times)
    {
        for (int i = 0; i < times; i++)
            Say("in loop " + InLoop.Value);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Optimized(bool take)
    {
        Say("optimized");
        for (int i = 0; i < 2; i++)
        {
            if (take)
                Say(InOptimized.Value + InOptimizedPrecise.Value);
        }
    }

    private static string Told(string what)
    {
        Say(".cctor " + what);
        return what;
    }

    private static class NeverTouched
    {
        public static readonly string Value = Told("never");
    }

    private static class Precise
    {
        static Precise() => Told("precise");

        public static void Touch() => Say("precise touched");
    }

    private static class Relaxed
    {
        public static readonly string Value = Told("relaxed");
    }

    private static class InLoop
    {
        public static readonly string Value = Told("loop");
    }

    private static class InOptimized
    {
        public static readonly string Value = Told("optimized");
    }

    private static class InOptimizedPrecise
    {
        public static readonly string Value;

        static InOptimizedPrecise() => Value = Told("optimized precise");
    }

    private static class Generic<T>
    {
        public static readonly string Name = Told("generic " + typeof(T).Name);
    }

    private sealed class WithInstance
    {
        private static readonly string s_told = Told("with instance");
        private readonly string _own = Told("field initializer");

        public WithInstance() => Say("constructor " + s_told + _own.Length);
    }

    private class Base
    {
        static Base() => Told("base");

        public Base() => Say("base constructor");
    }

    private sealed class Derived : Base
    {
        static Derived() => Told("derived");

        public Derived() => Say("derived constructor");
    }

    private static class CycleA
    {
        public static readonly int Value = CycleB.Value + 1;

        static CycleA() => Told("cycle a");
    }

    private static class CycleB
    {
        public static readonly int Value = CycleA.Value + 10;

        static CycleB() => Told("cycle b");
    }

    private static class Forced
    {
        static Forced() => Told("forced");
    }

    private static class Prepared
    {
        static Prepared() => Told("prepared");

        public static void Touch() => Say("prepared touched");
    }
}
