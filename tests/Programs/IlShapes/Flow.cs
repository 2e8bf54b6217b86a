using System.Diagnostics;
using System.Globalization;

namespace IlShapes;

/// <summary>Exceptions on every way out, filters, nested and rethrown ones.</summary>
internal static class Exceptions
{
    public static string Run() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Catch(0)} {Catch(3)} {Filtered("a")} {Filtered("b")} {Nested()} {Rethrown()} {Replaced()} {Returning(1)} {Returning(2)} {NullReference(null)} {Unwinding()}");

    private static int Catch(int depth)
    {
        Calls.Hit("IlShapes.Exceptions.Catch");
        try
        {
            return Deep(depth);
        }
        catch (InvalidOperationException e)
        {
            return e.Message.Length;
        }
    }

    private static int Deep(int depth)
    {
        Calls.Hit("IlShapes.Exceptions.Deep");
        if (depth == 0)
            throw new InvalidOperationException("deep");
        return Deep(depth - 1) + 1;
    }

    private static string Filtered(string message)
    {
        Calls.Hit("IlShapes.Exceptions.Filtered");
        try
        {
            Throw(message);
            return "none";
        }
        catch (InvalidOperationException e) when (IsA(e))
        {
            return "first";
        }
        catch (InvalidOperationException) when (message is "b")
        {
            return "second";
        }
    }

    private static bool IsA(Exception e)
    {
        Calls.Hit("IlShapes.Exceptions.IsA");
        return e.Message == "a";
    }

    private static void Throw(string message)
    {
        Calls.Hit("IlShapes.Exceptions.Throw");
        throw new InvalidOperationException(message);
    }

    private static string Nested()
    {
        Calls.Hit("IlShapes.Exceptions.Nested");
        string trail = "";
        try
        {
            try
            {
                Throw("inner");
            }
            finally
            {
                trail += "finally ";
                try
                {
                    Throw("in finally");
                }
                catch (InvalidOperationException e)
                {
                    trail += e.Message + " ";
                }
            }
        }
        catch (InvalidOperationException e)
        {
            trail += e.Message;
        }

        return trail;
    }

    private static string Rethrown()
    {
        Calls.Hit("IlShapes.Exceptions.Rethrown");
        try
        {
            try
            {
                Throw("again");
            }
            catch (InvalidOperationException)
            {
                throw;
            }
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }

        return "none";
    }

    private static string Replaced()
    {
        Calls.Hit("IlShapes.Exceptions.Replaced");
        try
        {
            try
            {
                Throw("old");
            }
            finally
            {
                Throw("new");
            }
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }

        return "none";
    }

    private static int Returning(int way)
    {
        Calls.Hit("IlShapes.Exceptions.Returning");
        for (int i = 0; ; i++)
        {
            try
            {
                if (way == 1)
                    return 100;
                if (i == 2)
                    break;
                continue;
            }
            finally
            {
                way += 10;
            }
        }

        return way;
    }

    private static string NullReference(string? text)
    {
        Calls.Hit("IlShapes.Exceptions.NullReference");
        try
        {
            return Length(text!).ToString(CultureInfo.InvariantCulture);
        }
        catch (NullReferenceException)
        {
            return "null";
        }
    }

    private static int Length(string text)
    {
        Calls.Hit("IlShapes.Exceptions.Length");
        return text.Length;
    }

    /// <summary>An exception of the runtime through frames with finally blocks, many times over.</summary>
    private static int Unwinding()
    {
        Calls.Hit("IlShapes.Exceptions.Unwinding");
        int caught = 0;
        for (int i = 0; i < 100; i++)
        {
            try
            {
                Divide(i, 0);
            }
            catch (DivideByZeroException)
            {
                caught++;
            }
        }

        return caught;
    }

    private static int Divide(int a, int b)
    {
        Calls.Hit("IlShapes.Exceptions.Divide");
        try
        {
            return a / b;
        }
        finally
        {
            Calls.Hit("IlShapes.Exceptions.Closing");
            Closing();
        }
    }

    private static void Closing()
    {
    }
}

/// <summary>Line numbers in stack traces must stay those of the source.</summary>
internal static class Lines
{
    public static string Run()
    {
        try
        {
            First(1);
            return "none";
        }
        catch (InvalidOperationException e)
        {
            IEnumerable<int> lines = new StackTrace(e, fNeedFileInfo: true).GetFrames().Select(f => f.GetFileLineNumber());
            return string.Join(' ', lines.Select(l => l.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static int First(int value)
    {
        Calls.Hit("IlShapes.Lines.First");
        int twice = value * 2;
        if (twice > 100)
            return 0;
        int result =
            Second(twice);
        return result + 1;
    }

    private static int Second(int value)
    {
        Calls.Hit("IlShapes.Lines.Second");
        for (int i = 0; i < 10; i++)
        {
            if (i == 5)
            {
                Third(
                    value,
                    i);
            }
        }

        return value;
    }

    private static void Third(int value, int at)
    {
        Calls.Hit("IlShapes.Lines.Third");
        if (value + at > 3)
            throw new InvalidOperationException("here");
    }
}

/// <summary>Jump tables, and text switches that hash.</summary>
internal static class Switches
{
    public static string Run() => string.Create(
        CultureInfo.InvariantCulture, $"{string.Join("", Enumerable.Range(-1, 12).Select(Digit))} {Text("seven")} {Text("none")} {Pattern(5)} {Pattern("ab")} {Pattern(null)} {Widened(true, 60)} {Widened(true, 6)} {Widened(false, 6)}");

    private static string Digit(int value)
    {
        Calls.Hit("IlShapes.Switches.Digit");
        switch (value)
        {
            case 0: return "a";
            case 1: return "b";
            case 2: return "c";
            case 3: return "d";
            case 4: return "e";
            case 5: return "f";
            case 6: return "g";
            case 7: return "h";
            case 8: return Text("eight").ToString(CultureInfo.InvariantCulture);
            default: return "-";
        }
    }

    private static int Text(string word)
    {
        Calls.Hit("IlShapes.Switches.Text");
        return word switch
        {
            "one" => 1,
            "two" => 2,
            "three" => 3,
            "four" => 4,
            "five" => 5,
            "six" => 6,
            "seven" => 7,
            "eight" => 8,
            _ => 0,
        };
    }

    /// <summary>The branch round these returns is a short one as long as the returns are one byte each.</summary>
    private static int Widened(bool inside, int value)
    {
        Calls.Hit("IlShapes.Switches.Widened");
        if (inside)
        {
            if (value == 10)
                return 1;
            if (value == 20)
                return 2;
            if (value == 30)
                return 3;
            if (value == 40)
                return 4;
            if (value == 50)
                return 5;
            if (value == 60)
                return 6;
            if (value == 70)
                return 7;
            if (value == 80)
                return 8;
            if (value == 90)
                return 9;
            if (value == 100)
                return 10;
            if (value == 110)
                return 11;
            if (value == 120)
                return 12;
            value *= 3;
        }

        return value;
    }

    private static string Pattern(object? value)
    {
        Calls.Hit("IlShapes.Switches.Pattern");
        return value switch
        {
            int and > 3 => "large",
            int => "small",
            string { Length: 2 } s => s + "!",
            null => "null",
            _ => "other",
        };
    }
}

/// <summary>Hot code: tiers, on-stack replacement, recursion, a loop that only an exception ends.</summary>
internal static class Loops
{
    private sealed class Stop : Exception;

    public static string Run()
    {
        long sum = 0;
        for (int i = 0; i < 60_000; i++)
            sum += Tiered(i);
        return string.Create(CultureInfo.InvariantCulture, $"{sum} {OnStack(300_000)} {Fib(18)} {Endless()} {Small(200_000)}");
    }

    private static int Tiered(int i)
    {
        Calls.Hit("IlShapes.Loops.Tiered");
        return i & 3;
    }

    private static long OnStack(int rounds)
    {
        Calls.Hit("IlShapes.Loops.OnStack");
        long sum = 0;
        for (int i = 0; i < rounds; i++)
        {
            sum += i % 7;
            if (i % 1000 == 0)
                sum += Tiered(i);
        }

        return sum;
    }

    /// <summary>Calls something that is small enough to be inlined, which must be recorded all the same.</summary>
    private static int Small(int rounds)
    {
        Calls.Hit("IlShapes.Loops.Small");
        int sum = 0;
        for (int i = 0; i < rounds; i++)
            sum = Next(sum);
        Calls.Hit("IlShapes.Loops.Next", rounds);
        return sum;
    }

    private static int Next(int value) => value + 1;

    private static int Fib(int n)
    {
        Calls.Hit("IlShapes.Loops.Fib");
        return n < 2 ? n : Fib(n - 1) + Fib(n - 2);
    }

    private static int Endless()
    {
        Calls.Hit("IlShapes.Loops.Endless");
        int rounds = 0;
        try
        {
            Forever(ref rounds);
        }
        catch (Stop)
        {
            return rounds;
        }

        return -1;
    }

    private static void Forever(ref int rounds)
    {
        Calls.Hit("IlShapes.Loops.Forever");
        while (true)
            Step(ref rounds);
    }

    private static void Step(ref int rounds)
    {
        Calls.Hit("IlShapes.Loops.Step");
        if (++rounds == 1000)
            throw new Stop();
    }
}

/// <summary>The same methods on several threads at once.</summary>
internal static class Threads
{
    private static int s_total;

    public static string Run()
    {
        var threads = new Thread[4];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(Work) { Name = $"shapes-{i}" };
            threads[i].Start();
        }

        foreach (Thread thread in threads)
            thread.Join();
        return s_total.ToString(CultureInfo.InvariantCulture);
    }

    private static void Work()
    {
        Calls.Hit("IlShapes.Threads.Work");
        for (int i = 0; i < 2500; i++)
            Add();
    }

    private static void Add()
    {
        Calls.Hit("IlShapes.Threads.Add");
        Interlocked.Increment(ref s_total);
    }
}
