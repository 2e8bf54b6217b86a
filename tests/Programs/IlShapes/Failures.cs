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
