using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Introspection;

/// <summary>Exceptions and their traces.</summary>
internal static class Throwing
{
    private static int s_firstChances;

    public static void Run()
    {
        AppDomain.CurrentDomain.FirstChanceException += Count;
        Report.Try("plain", static () => Deep(3));
        Report.Try("rethrow", Rethrow);
        Report.Try("throw again", ThrowAgain);
        Report.Try("dispatch info", Dispatched);
        Report.Try("inner", Wrapped);
        Report.Try("aggregate", Aggregated);
        Report.Try("by reflection", ByReflection);
        Report.Try("type initializer", static () => Broken.Value + "");
        Report.Try("type initializer again", static () => Broken.Value + "");
        Report.Try("null reference", static () => Length(null!));
        Report.Try("divide", static () => Divide(0));
        Report.Try("cast", static () => Cast("text"));
        Report.Try("array", static () => At([1], 5));
        Report.Try("overflow", static () => Multiply(int.MaxValue));
        Report.Try("framework", static () => int.Parse("x", System.Globalization.CultureInfo.InvariantCulture) + "");
        Report.Try("generic", static () => Generic<string>.Fail<int>());
        Report.Try("local function", Local);
        Report.Try("finally replaces", Replaces);
        Report.Try("nested filters", Filtered);
        Report.Try("constructor", static () => new Failing(1).ToString()!);
        Report.Try("out of iterator", static () => string.Concat(Iterate(2)));
        Report.Try("from linq", static () => string.Concat(Enumerable.Range(0, 3).Select(i => 10 / (i - 2))));
        Report.Try("many lines", static () => Lines(4));
        Report.Try("joined", static () => Joined([4], 4));
        Report.Try("joined last", static () => JoinedLast([4], 4));
        Report.Try("joined calls", static () => JoinedCalls([4], 4));
        Report.Try("joined above another", static () => JoinedAbove([0, 0], 1));
        Report.Try("coalesced", static () => Coalesced([0], null));
        Report.Try("anded", static () => Anded([0], true, true));
        Report.Try("struct method", static () => default(Point).Fail(7));
        Report.Try("using", Using);
        Report.Try("switch", static () => Switch(3));
        AppDomain.CurrentDomain.FirstChanceException -= Count;
        Report.Line("first chances", s_firstChances + "");
    }

    private static void Count(object? sender, FirstChanceExceptionEventArgs e) => s_firstChances++;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string Deep(int more)
    {
        if (more > 0)
            return Deep(more - 1) + more;
        throw new InvalidOperationException("deep");
    }

    private static string Rethrow()
    {
        try
        {
            return Deep(1);
        }
        catch (InvalidOperationException)
        {
            Report.Line("rethrow", "handling");
            throw;
        }
    }

    private static string ThrowAgain()
    {
        try
        {
            return Deep(1);
        }
        catch (InvalidOperationException e)
        {
#pragma warning disable CA2200 // The trace begins anew here: that is what is looked at.
            throw e;
#pragma warning restore CA2200
        }
    }

    private static string Dispatched()
    {
        ExceptionDispatchInfo? info = null;
        try
        {
            Deep(1);
        }
        catch (InvalidOperationException e)
        {
            info = ExceptionDispatchInfo.Capture(e);
        }

        info!.Throw();
        return "";
    }

    private static string Wrapped()
    {
        try
        {
            return Deep(2);
        }
        catch (InvalidOperationException e)
        {
            throw new ArgumentException("outer", e);
        }
    }

    private static string Aggregated()
    {
        Task[] tasks = [Task.Run(static () => Deep(0)), Task.Run(static () => Divide(0))];
        try
        {
            Task.WaitAll(tasks);
        }
        catch (AggregateException e)
        {
            throw new AggregateException("flat", e.Flatten().InnerExceptions);
        }

        return "";
    }

    private static string ByReflection() =>
        (string)typeof(Throwing).GetMethod(nameof(Deep), BindingFlags.Static | BindingFlags.Public)!.Invoke(null, [1])!;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Length(string text) => text.Length + "";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Divide(int by) => 1 / by + "";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Cast(object value) => ((Version)value).Major + "";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string At(int[] values, int index) =>
        values[
            index] + "";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Multiply(int value) => checked(value * 2) + "";

    private static string Local()
    {
        int captured = 5;
        return Inside(1);

        string Inside(int value) => value > 0 ? Inside(value - 1) : throw new NotSupportedException("local " + captured);
    }

    private static string Replaces()
    {
        try
        {
            return Deep(0);
        }
        finally
        {
            Length(null!);
        }
    }

    private static string Filtered()
    {
        try
        {
            try
            {
                return Deep(0);
            }
            catch (InvalidOperationException e) when (Ask("inner", e.StackTrace, false))
            {
                return "inner";
            }
            finally
            {
                Report.Line("filters", "finally");
            }
        }
        catch (InvalidOperationException e) when (Ask("outer", e.StackTrace, true))
        {
            return "outer " + e;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Ask(string which, string? trace, bool answer)
    {
        Report.Line("filter " + which, trace ?? "");
        return answer;
    }

    private static IEnumerable<string> Iterate(int good)
    {
        for (int i = 0; i < good; i++)
            yield return "good";
        throw new FormatException("iterator");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Lines(int which)
    {
        string result = "";
        if (which > 1)
            result += Length("one");

        result += Length("two");
        foreach (char c in result)
        {
            if (c == '4')
                break;
        }

        result += Length(
            which == 4
                ? null!
                : "three");
        return result;
    }

    // The failing line begins where branches meet with something on the stack, behind a check that can fail.
    [MethodImpl(MethodImplOptions.NoOptimization)]
    private static string Joined(int[] values, int which)
    {
        int first = values[0];
        return Length(
            which == first
                ? null!
                : "one");
    }

    [MethodImpl(MethodImplOptions.NoOptimization)]
    private static string JoinedLast(int[] values, int which)
    {
        int first = values[0];
        return Sum(
            null!,
            which == 4
                ? 1
                : 2) + first;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Sum(string text, int value) => text.Length + value + "";

    [MethodImpl(MethodImplOptions.NoOptimization)]
    private static string JoinedCalls(int[] values, int which)
    {
        int first = values[0];
        return Length(
            which == first
                ? Null()
                : Deep(0));
    }

    [MethodImpl(MethodImplOptions.NoOptimization)]
    private static string JoinedAbove(int[] values, int which)
    {
        int first = values[0];
        return Second(
            Two(),
            which > 0 && which < values.Length
                ? Null()
                : values[first] > 0
                    ? Deep(0)
                    : "one");
    }

    [MethodImpl(MethodImplOptions.NoOptimization)]
    private static string Coalesced(int[] values, string? text)
    {
        int first = values[0];
        return Length(
            text
                ?? Null()) + first;
    }

    [MethodImpl(MethodImplOptions.NoOptimization)]
    private static string Anded(int[] values, bool one, bool other)
    {
        int first = values[0];
        return Throw(
            one
                && other) + first;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Null() => null!;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Two() => "two";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Second(string first, string second) => first + second.Length;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Throw(bool value) => throw new NotSupportedException(value + "");

    private static string Using()
    {
        using var first = new Closing("first");
        using (new Closing("second"))
            return Deep(0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Switch(int value) => value switch
    {
        0 => "zero",
        1 => "one",
        2 => "two",
        3 => Deep(0),
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };

    private static class Broken
    {
        public static readonly string Value = Deep(0);
    }

    private static class Generic<T>
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        public static string Fail<TOther>() => throw new InvalidCastException(typeof(T).Name + typeof(TOther).Name);
    }

    private sealed class Failing
    {
        private readonly string _value = Deep(0);

        public Failing(int value) => _value += value;

        public override string ToString() => _value;
    }

    private struct Point
    {
        public int X { get; set; }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public string Fail(int value)
        {
            X = value;
            throw new InvalidOperationException("x is " + X);
        }
    }

    private sealed class Closing(string name) : IDisposable
    {
        public void Dispose() => Report.Line("closing", name);
    }
}
