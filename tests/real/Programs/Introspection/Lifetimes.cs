using System.Runtime.CompilerServices;

namespace Introspection;

/// <summary>When the collector may take what a method holds, and when finalizers run.</summary>
internal static class Lifetimes
{
    private static readonly List<string> s_finalized = [];

    public static void Run()
    {
        Report.Line("after its method", Collected(Make()) + "");
        Report.Line("local after last use", Optimized());
        Report.Line("argument after last use", Argument(new Tracked("argument")));
        Report.Line("this after last use", new Tracked("this").Inside());
        Report.Line("returned", Returned());
        Report.Line("in finally", InFinally());
        Report.Line("captured", Captured());
        Report.Line("conditional weak table", Attached());
        Report.Line("kept alive", KeptAlive());
        Report.Line("resurrected", Resurrected());
        lock (s_finalized)
            Report.Line("finalized", string.Join(' ', s_finalized.Order(StringComparer.Ordinal)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Make() => new(new Tracked("made"));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Collected(WeakReference weak)
    {
        Collect();
        return !weak.IsAlive;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    /// <summary>Optimized code lets go of a local after its last use, though the method goes on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static string Optimized()
    {
        var tracked = new Tracked("local");
        var weak = new WeakReference(tracked);
        string name = tracked.Name;
        Collect();
        return name + " " + (weak.IsAlive ? "alive" : "gone");
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static string Argument(Tracked tracked)
    {
        var weak = new WeakReference(tracked);
        string name = tracked.Name;
        Collect();
        return name + " " + (weak.IsAlive ? "alive" : "gone");
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static string Returned()
    {
        WeakReference weak = Weak(out string name);
        Collect();
        return name + " " + (weak.IsAlive ? "alive" : "gone");
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static WeakReference Weak(out string name)
    {
        Tracked tracked = Pass(new Tracked("returned"));
        name = tracked.Name;
        return new WeakReference(tracked);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Tracked Pass(Tracked tracked) => tracked;

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static string InFinally()
    {
        WeakReference? weak = null;
        try
        {
            var tracked = new Tracked("finally");
            weak = new WeakReference(tracked);
            GC.KeepAlive(tracked);
        }
        finally
        {
            Collect();
        }

        return weak.IsAlive ? "alive" : "gone";
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static string Captured()
    {
        var tracked = new Tracked("captured");
        Func<string> lambda = () => tracked.Name;
        var weak = new WeakReference(tracked);
        Collect();
        bool before = weak.IsAlive;
        return lambda() + " " + before;
    }

    private static string Attached()
    {
        var table = new ConditionalWeakTable<Tracked, object>();
        Attach(table);
        Collect();
        return table.Count() + "";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Attach(ConditionalWeakTable<Tracked, object> table) => table.Add(new Tracked("attached"), new object());

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static string KeptAlive()
    {
        var tracked = new Tracked("kept");
        var weak = new WeakReference(tracked);
        Collect();
        bool alive = weak.IsAlive;
        GC.KeepAlive(tracked);
        return alive + "";
    }

    private static string Resurrected()
    {
        MakePhoenix();
        Collect();
        return Phoenix.Risen?.Text ?? "gone";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakePhoenix() => _ = new Phoenix();

    private sealed class Tracked(string name)
    {
        ~Tracked()
        {
            lock (s_finalized)
                s_finalized.Add(Name);
        }

        public string Name => name;

        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
        public string Inside()
        {
            var weak = new WeakReference(this);
            string own = Name;
            Collect();
            return own + " " + (weak.IsAlive ? "alive" : "gone");
        }
    }

    private sealed class Phoenix
    {
        public static Phoenix? Risen { get; private set; }

        public string Text { get; } = "risen";

        ~Phoenix() => Risen = this;
    }
}
