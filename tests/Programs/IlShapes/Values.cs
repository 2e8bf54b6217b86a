using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlShapes;

/// <summary>Results of every size and kind go through the rewriter's local; the smallest bodies get no try block.</summary>
internal static class Values
{
    internal readonly record struct Large(long A, long B, long C, long D, double E);

    private sealed class Holder(int value)
    {
        public int Value { get; set; } = value;

        public string Text => "constant";

        public void Nothing()
        {
        }
    }

    public static string Run()
    {
        var holder = new Holder(7);
        holder.Value = holder.Value + 1;
        holder.Nothing();
        Calls.Hit("IlShapes.Values.Holder.get_Value", 1);
        Calls.Hit("IlShapes.Values.Holder.set_Value", 1);
        Calls.Hit("IlShapes.Values.Holder.Nothing");
        Calls.Hit("IlShapes.Values.Holder..ctor");
        string text = holder.Text;
        Calls.Hit("IlShapes.Values.Holder.get_Text");
        int value = holder.Value;
        Calls.Hit("IlShapes.Values.Holder.get_Value");
        int sum = Sum(2, 3);
        Calls.Hit("IlShapes.Values.Sum");
        string sign = $"{Sign(-5)}{Sign(0)}{Sign(9)}";
        Calls.Hit("IlShapes.Values.Sign", 3);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{value} {text} {sum} {sign} {Flag(3)} {Byte(300)} {Short(-70000)} {Character(66)} {Single(3)} {Double(3)} {Long(3)} {Decimal(3)} {Big(3)} {Larges(3)} {Pair(3)} {Maybe(0) is null} {Vector(3).GetElement(2)} {Native(3)}");
    }

    /// <summary>Cannot throw: no try.</summary>
    private static int Sum(int a, int b) => (a + b) * 2;

    /// <summary>Cannot throw, several returns.</summary>
    private static char Sign(int value)
    {
        if (value < 0)
            return '-';
        if (value > 0)
            return '+';
        return '0';
    }

    private static bool Flag(int value)
    {
        Calls.Hit("IlShapes.Values.Flag");
        return value > 2;
    }

    private static byte Byte(int value)
    {
        Calls.Hit("IlShapes.Values.Byte");
        return unchecked((byte)value);
    }

    private static short Short(int value)
    {
        Calls.Hit("IlShapes.Values.Short");
        return unchecked((short)value);
    }

    private static char Character(int value)
    {
        Calls.Hit("IlShapes.Values.Character");
        return (char)value;
    }

    private static float Single(int value)
    {
        Calls.Hit("IlShapes.Values.Single");
        return value / 7f;
    }

    private static double Double(int value)
    {
        Calls.Hit("IlShapes.Values.Double");
        return value / 7d;
    }

    private static long Long(int value)
    {
        Calls.Hit("IlShapes.Values.Long");
        return value * 10_000_000_000L;
    }

    private static decimal Decimal(int value)
    {
        Calls.Hit("IlShapes.Values.Decimal");
        return value / 8m;
    }

    private static Int128 Big(int value)
    {
        Calls.Hit("IlShapes.Values.Big");
        return (Int128)value << 70;
    }

    private static Large Larges(int value)
    {
        Calls.Hit("IlShapes.Values.Larges");
        return new Large(value, value + 1, value + 2, value + 3, value / 2d);
    }

    private static (string Name, int Size) Pair(int value)
    {
        Calls.Hit("IlShapes.Values.Pair");
        return (value.ToString(CultureInfo.InvariantCulture), value);
    }

    private static int? Maybe(int value)
    {
        Calls.Hit("IlShapes.Values.Maybe");
        return value == 0 ? null : value;
    }

    private static Vector128<int> Vector(int value)
    {
        Calls.Hit("IlShapes.Values.Vector");
        return Vector128.Create(value) + Vector128.Create(1, 2, 3, 4);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe nint Native(int value)
    {
        Calls.Hit("IlShapes.Values.Native");
        delegate*<int, int> twice = Twice();
        return twice(value);
    }

    private static unsafe delegate*<int, int> Twice()
    {
        Calls.Hit("IlShapes.Values.Twice");
        return &Double2;
    }

    private static int Double2(int value)
    {
        Calls.Hit("IlShapes.Values.Double2");
        return value * 2;
    }
}
