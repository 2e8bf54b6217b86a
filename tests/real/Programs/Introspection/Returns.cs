using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Introspection;

/// <summary>Every way in which a value can be returned, and passed on its way in.</summary>
internal static class Returns
{
    private static int s_cell = 5;
    private static readonly int[] s_array = [1, 2, 3];

    public static unsafe void Run()
    {
        // Often enough to come through every tier.
        string last = "";
        for (int i = 0; i < 200; i++)
        {
            string now = All();
            if (i > 0 && now != last)
                Report.Line("returns", "round " + i + " differs");
            last = now;
        }

        Report.Line("returns", last);
    }

    private static unsafe string All()
    {
        ref int cell = ref Cell();
        cell = 9;
        ref readonly int element = ref Element(2);
        int local = 3;
        Span<int> span = Slice(s_array, 1);
        delegate*<int, int, long> pointer = Pointer();
        delegate* managed<ref int, void> byRef = &Bump;
        byRef(ref local);
        Union union = MakeUnion(0x3F800000);
        Wide wide = MakeWide(1, 2, 3, 4);
        (int a, string b, double c) = Tuple(4);
        Vector128<float> v128 = V128(1.5f) + Vector128.Create(1f);
        Vector256<int> v256 = V256(2, V256(3, Vector256<int>.Zero));
        Vector512<long> v512 = V512(7);
        Vector4 v4 = V4(1, 2) + new Vector4(1);
        Inline inline = MakeInline(3);
        int? nothing = Maybe(0), something = Maybe(1);
        return FormattableString.Invariant(
            $"{s_cell} {element} {local} {span[0]} {pointer(3, 4)} {union.Float} {wide.A + wide.D} {a}{b}{c} {v128} {v256} {v512} {v4} {inline[2]} {nothing} {something} {*Address(&local)} {Big(3)} {Narrow(300)} {Half(3)} {Char(65)} {Flag(2)} {Native(-1)} {Money(3)} {Generic<byte>(7)} {Generic("g")} {Generic(wide).C} {Fixed(5)} {Two(3).Item2} {Doubles(2).Y} {Mixed(1).B} {Three(4).C} {Many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10.5, 11.5, new Wide { A = 1 }, "x")} {Recursive(10)} {Token()} {Enumeration(3)} {Task(2).Result} {ReadOnly().Length} {Ref(ref local).Value} {Vectors<int>(3)[0]} {Boxed(4)} {Nan(0)} {Default<DateTime>().Ticks}");
    }

    private static ref int Cell() => ref s_cell;

    private static ref readonly int Element(int index) => ref s_array[index];

    private static Span<int> Slice(int[] values, int from) => values.AsSpan(from);

    private static ReadOnlySpan<byte> ReadOnly() => "bytes"u8;

    private static unsafe delegate*<int, int, long> Pointer() => &Multiply;

    private static unsafe int* Address(int* of) => of;

    private static long Multiply(int a, int b) => (long)a * b;

    private static void Bump(ref int value) => value++;

    private static Union MakeUnion(int bits) => new() { Int = bits };

    private static Wide MakeWide(long a, long b, long c, long d) => new() { A = a, B = b, C = c, D = d };

    private static (int, string, double) Tuple(int value) => (value, "t", value / 2.0);

    private static Vector128<float> V128(float value) => Vector128.Create(value, value * 2, value * 3, value * 4);

    private static Vector256<int> V256(int value, Vector256<int> more) => Vector256.Create(value) + more;

    private static Vector512<long> V512(long value) => Vector512.Create(value);

    private static Vector4 V4(float a, float b) => new(a, b, a, b);

    private static Vector<T> Vectors<T>(T value) => new(value);

    private static Inline MakeInline(int value)
    {
        Inline made = default;
        for (int i = 0; i < 4; i++)
            made[i] = value + i;
        return made;
    }

    private static int? Maybe(int value) => value > 0 ? value : null;

    private static Int128 Big(int value) => (Int128)value << 100;

    private static byte Narrow(int value) => unchecked((byte)value);

    private static Half Half(int value) => (Half)value;

    private static char Char(int value) => (char)value;

    private static bool Flag(int value) => value == 2;

    private static nuint Native(int value) => unchecked((nuint)value);

    private static decimal Money(int value) => value * 1.10m;

    private static T Generic<T>(T value) => value;

    private static T? Default<T>() => default;

    private static unsafe int Fixed(int value)
    {
        Buffered made = default;
        made.Bytes[3] = (byte)value;
        return Sum(made);
    }

    private static unsafe int Sum(Buffered buffered) => buffered.Bytes[3] + buffered.Bytes[2];

    private static (object, string) Two(int value) => (value, "s" + value);

    private static DoublePair Doubles(int value) => new() { X = value, Y = value * 1.5 };

    private static MixedPair Mixed(int value) => new() { A = value, B = value + 0.25 };

    private static Odd Three(byte value) => new() { A = value, B = value, C = value };

    private static double Many(int a, int b, int c, int d, int e, int f, int g, int h, int i, double j, double k, Wide wide, string text) =>
        a + b + c + d + e + f + g + h + i + j + k + wide.A + text.Length;

    private static int Recursive(int value) => value < 2 ? value : Recursive(value - 1) + Recursive(value - 2);

    private static RuntimeTypeHandle Handle() => typeof(int).TypeHandle;

    private static string Token() => Type.GetTypeFromHandle(Handle())!.Name;

    private static DayOfWeek Enumeration(int value) => (DayOfWeek)value;

    private static async ValueTask<int> Task(int value)
    {
        await System.Threading.Tasks.Task.CompletedTask;
        return value;
    }

    private static ByRef Ref(ref int value) => new(ref value);

    private static object Boxed(int value) => value;

    private static double Nan(double value) => value / value;

    [StructLayout(LayoutKind.Explicit)]
    private struct Union
    {
        [FieldOffset(0)]
        public int Int;

        [FieldOffset(0)]
        public float Float;
    }

    private struct Wide
    {
        public long A, B, C, D;
    }

    private struct DoublePair
    {
        public double X, Y;
    }

    private struct MixedPair
    {
        public long A;
        public double B;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Odd
    {
        public byte A, B, C;
    }

    private unsafe struct Buffered
    {
        public fixed byte Bytes[8];
    }

    [InlineArray(4)]
    private struct Inline
    {
        private int _first;
    }

    private readonly ref struct ByRef(ref int value)
    {
        private readonly ref int _value = ref value;

        public int Value => _value;
    }
}
