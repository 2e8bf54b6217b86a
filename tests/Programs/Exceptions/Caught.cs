using System.Runtime.CompilerServices;

namespace Exceptions;

/// <summary>
/// Each method shows one way; <see cref="All"/> calls each once. The number of calls each makes stands in ExceptionTests of the end-to-end
/// project.
/// </summary>
internal static class Caught
{
    public static int All(int i)
    {
        int sum = ThroughFrames(i);
        sum += CaughtAndThrownAgain(i);
        sum += Wrapped(i);
        sum += Filtered(i);
        sum += WithFinally(i);
        sum += OutOfInlined(i);
        sum += FromFramework();
        sum += Hardware(null, i - i);
        sum += InFinally(i);
        sum += ThrownInHandler(i);
        return sum + StaticConstructor();
    }

    private static int ThroughFrames(int i)
    {
        try
        {
            return Frames.One(i);
        }
        catch (InvalidOperationException)
        {
            return After(1);
        }
    }

    private static int CaughtAndThrownAgain(int i)
    {
        try
        {
            return Frames.Again(i);
        }
        catch (InvalidOperationException)
        {
            return After(2);
        }
    }

    private static int Wrapped(int i)
    {
        try
        {
            return Frames.Wrap(i);
        }
        catch (ArgumentException e) when (e.InnerException is InvalidOperationException)
        {
            return After(3);
        }
    }

    private static int Filtered(int i)
    {
        try
        {
            return Frames.FilterNo(i);
        }
        catch (InvalidOperationException) when (Frames.Matches(true))
        {
            return After(4);
        }
    }

    private static int WithFinally(int i)
    {
        try
        {
            return Frames.Finally(i);
        }
        catch (InvalidOperationException)
        {
            return After(5);
        }
    }

    private static int OutOfInlined(int i)
    {
        int sum = 0;
        for (int k = 0; k < 3; k++)
        {
            try
            {
                sum += Check(k == 1 ? -1 : i);
            }
            catch (ArgumentOutOfRangeException)
            {
                sum += After(6);
            }
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Check(int value)
    {
        if (value < 0)
            throw new ArgumentOutOfRangeException(nameof(value));
        return value & 1;
    }

    private static int FromFramework()
    {
        try
        {
            return Frames.Parse("no number");
        }
        catch (FormatException)
        {
            return After(7);
        }
    }

    private static int Hardware(string? text, int zero)
    {
        int sum = 0;
        try
        {
            sum += Frames.Length(text!);
        }
        catch (NullReferenceException)
        {
            sum += After(8);
        }

        try
        {
            sum += Frames.Divide(zero);
        }
        catch (DivideByZeroException)
        {
            sum += After(9);
        }

        return sum;
    }

    private static int InFinally(int i)
    {
        try
        {
            return Frames.ThrowInFinally(i);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return After(10);
        }
    }

    private static int ThrownInHandler(int i)
    {
        try
        {
            return Frames.ThrowInCatch(i);
        }
        catch (ArgumentException)
        {
            return After(11);
        }
    }

    private static int StaticConstructor()
    {
        try
        {
            return Broken.Value();
        }
        catch (TypeInitializationException)
        {
            return After(12);
        }
    }

    private static int After(int value) => value;
}

/// <summary>A type whose static constructor throws: it runs once, every use throws.</summary>
internal static class Broken
{
    private static readonly int s_value;

    static Broken()
    {
        s_value = Frames.Throw(1);
    }

    public static int Value() => s_value;
}
