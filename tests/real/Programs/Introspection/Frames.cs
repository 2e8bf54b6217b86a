using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Introspection;

/// <summary>Stacks as the program itself sees them.</summary>
internal static class Frames
{
    public static void Run()
    {
        Report.Line("environment stack", Outer());
        Report.Line("frames", Describe(new StackTrace(true)));
        Report.Line("one frame", Describe(new StackTrace(new StackFrame(0, true))));
        Report.Line("current method", Current());
        Report.Line("current generic", CurrentGeneric<List<int>>());
        Report.Line("current lambda", ((Func<string>)(static () => MethodBase.GetCurrentMethod()!.Name))());
        Report.Line("current in constructor", new Holder().Name);
        Report.Line("current in accessor", Accessor);
        Report.Line("current in operator", new Holder() + 1);
        Report.Line("current in cctor", InStatic.Name);
        Report.Line("calling assembly", Assembly.GetCallingAssembly().GetName().Name + " " + Assembly.GetExecutingAssembly().GetName().Name);
        Report.Line("caller info", Info());
        Report.Line("iterator", string.Join(' ', Iterate()));
        Report.Line("counts", $"{Depth(0)} {Depth(10)} {Depth(100)}");
        Report.Line("hidden", Hidden());
        Report.Line("in finally", InFinally());
        Report.Line("in filter", InFilter());
        Report.Line("in callback", string.Join(" < ", Sorted()));
    }

    /// <summary>Methods, lines and IL offsets of a stack, from the innermost to the program's own entry point.</summary>
    public static string Describe(StackTrace trace) =>
        string.Join(" < ", trace.GetFrames().Select(f => f.GetMethod() is { } m ? $"{m.DeclaringType?.Name}.{m.Name}@{f.GetILOffset()}:{f.GetFileLineNumber()}:{f.GetFileColumnNumber()}" : "?"));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Outer()
    {
        int before = 1;
        string trace = Inner(ref before);
        return trace + before;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Inner(ref int value)
    {
        value++;
        if (value > 100)
            return "";
        return Environment.StackTrace;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Current() => MethodBase.GetCurrentMethod()!.ToString()!;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string CurrentGeneric<T>() => MethodBase.GetCurrentMethod()!.ToString()! + typeof(T).Name;

    private static string Accessor
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        get => MethodBase.GetCurrentMethod()!.Name;
    }

    private static string Info([CallerMemberName] string member = "", [CallerLineNumber] int line = 0, [CallerArgumentExpression(nameof(line))] string expression = "") =>
        $"{member} {line} {expression}";

    private static IEnumerable<string> Iterate()
    {
        yield return Describe(new StackTrace(0, true)).Split(" < ")[0];
        try
        {
            yield return "middle";
        }
        finally
        {
            Report.Line("iterator finally", Describe(new StackTrace(0, true)).Split(" < ")[0]);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Depth(int more) => more == 0 ? new StackTrace().FrameCount : Depth(more - 1) + 0;

    [StackTraceHidden]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Hidden() => Environment.StackTrace;

    private static string InFinally()
    {
        string result = "";
        try
        {
            result += "body ";
        }
        finally
        {
            result += Describe(new StackTrace(true));
        }

        return result;
    }

    private static string InFilter()
    {
        string seen = "";
        try
        {
            Thrower();
        }
        catch (InvalidOperationException e) when ((seen = Describe(new StackTrace(true))).Length > 0)
        {
            return seen + " caught " + Describe(new StackTrace(e, true));
        }

        return "not caught";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Thrower() => throw new InvalidOperationException();

    private static List<string> Sorted()
    {
        var seen = new List<string>();
        int[] values = [2, 1];
        Array.Sort(values, (a, b) =>
        {
            if (seen.Count == 0)
                seen.Add(Environment.StackTrace);
            return a - b;
        });
        return seen;
    }

    private static class InStatic
    {
        public static readonly string Name;

        static InStatic() => Name = MethodBase.GetCurrentMethod()!.Name + " " + Describe(new StackTrace(true));
    }

    private sealed class Holder
    {
        public Holder() => Name = MethodBase.GetCurrentMethod()!.Name + new StackFrame(1).GetMethod()!.Name;

        public string Name { get; }

        public static string operator +(Holder _, int value) => MethodBase.GetCurrentMethod()!.Name + value;
    }
}
