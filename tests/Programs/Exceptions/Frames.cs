using System.Globalization;
using System.Runtime.CompilerServices;

namespace Exceptions;

/// <summary>Frames between a throw and its catch.</summary>
internal static class Frames
{
    public static int One(int i) => Two(i) + 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Throw(int i) => i >= 0 ? throw new InvalidOperationException("on purpose") : i;

    public static int Again(int i)
    {
        try
        {
            return Throw(i);
        }
        catch (InvalidOperationException)
        {
            Handling();
            throw;
        }
    }

    public static int Wrap(int i)
    {
        try
        {
            return Throw(i);
        }
        catch (InvalidOperationException e)
        {
            throw new ArgumentException("wrapped", e);
        }
    }

    public static int FilterNo(int i)
    {
        try
        {
            return Throw(i);
        }
        catch (InvalidOperationException) when (Matches(false))
        {
            return 0;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool Matches(bool answer) => answer;

    public static int Finally(int i)
    {
        try
        {
            return FinallyInner(i);
        }
        finally
        {
            CleanOuter();
        }
    }

    public static int Parse(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    public static int Length(string text) => text.Length;

    public static int Divide(int by) => 1 / by;

    public static int ThrowInFinally(int i)
    {
        try
        {
            return Throw(i);
        }
        finally
        {
            Replace();
        }
    }

    public static int ThrowInCatch(int i)
    {
        try
        {
            return Throw(i);
        }
        catch (InvalidOperationException)
        {
            Replace();
            return 0;
        }
    }

    private static int Two(int i) => Three(i) + 1;

    private static int Three(int i) => Throw(i) + 1;

    private static int FinallyInner(int i)
    {
        try
        {
            return Throw(i);
        }
        finally
        {
            CleanInner();
        }
    }

    private static void Replace() => throw new ArgumentException("instead");

    private static void CleanInner()
    {
    }

    private static void CleanOuter()
    {
    }

    private static void Handling()
    {
    }
}
