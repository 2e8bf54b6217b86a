using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IlShapes;

/// <summary>Constructors: chained, of structs, throwing, static, and the module's own.</summary>
internal static class Constructors
{
    private class Animal
    {
        protected int _legs = Start(4);

        public Animal(int more)
        {
            Calls.Hit("IlShapes.Constructors.Animal..ctor");
            _legs += more;
        }
    }

    private sealed class Bird : Animal
    {
        public Bird()
            : this(-2)
        {
            Calls.Hit("IlShapes.Constructors.Bird..ctor");
        }

        private Bird(int more)
            : base(Check(more))
        {
            Calls.Hit("IlShapes.Constructors.Bird..ctor");
        }

        public int Legs => _legs;
    }

    private readonly struct Point
    {
        public readonly int X, Y;

        public Point(int both)
        {
            Calls.Hit("IlShapes.Constructors.Point..ctor");
            X = Y = both;
        }
    }

    private static class Lazy
    {
        public static readonly int Value;

#pragma warning disable CA1810 // The static constructor is the shape.
        static Lazy()
        {
            Calls.Hit("IlShapes.Constructors.Lazy..cctor");
            Value = 11;
        }
#pragma warning restore CA1810
    }

    private static class Broken
    {
#pragma warning disable CA1810, CA1065 // It throws on purpose.
        static Broken()
        {
            Calls.Hit("IlShapes.Constructors.Broken..cctor");
            throw new InvalidOperationException("broken");
        }
#pragma warning restore CA1810, CA1065

        public static void Touch() => Calls.Hit("IlShapes.Constructors.Broken.Touch");
    }

    private static int s_module;

    [ModuleInitializer]
    internal static void AtLoad()
    {
        Calls.Hit("IlShapes.Constructors.AtLoad");
        s_module = 77;
    }

    public static string Run()
    {
        string broken = "no";
        try
        {
            Broken.Touch();
        }
        catch (TypeInitializationException e)
        {
            broken = e.InnerException!.Message;
        }

        var point = new Point(6);
        return string.Create(CultureInfo.InvariantCulture, $"{new Bird().Legs} {point.X + point.Y} {Lazy.Value} {broken} {s_module}");
    }

    private static int Start(int legs)
    {
        Calls.Hit("IlShapes.Constructors.Start");
        return legs;
    }

    private static int Check(int more)
    {
        Calls.Hit("IlShapes.Constructors.Check");
        return more;
    }
}

/// <summary>Finalizers run on a thread of the runtime.</summary>
internal static class Finalizers
{
    private static int s_finalized;

    private sealed class Doomed
    {
        ~Doomed()
        {
            Calls.Hit("IlShapes.Finalizers.Doomed.Finalize");
            Interlocked.Increment(ref s_finalized);
        }
    }

    public static string Run()
    {
        Make(5);
        for (int round = 0; round < 200 && Volatile.Read(ref s_finalized) < 5; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return s_finalized.ToString(CultureInfo.InvariantCulture);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Make(int count)
    {
        Calls.Hit("IlShapes.Finalizers.Make");
        for (int i = 0; i < count; i++)
            GC.KeepAlive(new Doomed());
    }
}

/// <summary>ref and ref readonly results, ref structs, by-ref-like results, pointers.</summary>
internal static class References
{
    private static int s_cell = 3;

    private ref struct Cursor(Span<int> rest)
    {
        private Span<int> _rest = rest;

        public bool Next(out int value)
        {
            Calls.Hit("IlShapes.References.Cursor.Next");
            value = _rest.IsEmpty ? 0 : _rest[0];
            if (_rest.IsEmpty)
                return false;
            _rest = _rest[1..];
            return true;
        }

        public readonly Cursor Skip(int count)
        {
            Calls.Hit("IlShapes.References.Cursor.Skip");
            return new Cursor(_rest[count..]);
        }
    }

    public static unsafe string Run()
    {
        Cell() += 10;
        Span<int> numbers = [1, 2, 3, 4, 5];
        Cursor cursor = new Cursor(numbers).Skip(2);
        int sum = 0;
        while (cursor.Next(out int value))
            sum += value;
        ReadOnlySpan<char> word = Word("two words");
        int local = 5;
        *Pointer(&local) = 8;
        return string.Create(CultureInfo.InvariantCulture, $"{s_cell} {Frozen()} {sum} {word.Length} {local} {Middle(numbers)[0]} {Unsafe.IsNullRef(ref Null())}");
    }

    private static ref int Cell()
    {
        Calls.Hit("IlShapes.References.Cell");
        return ref s_cell;
    }

    private static ref readonly int Frozen()
    {
        Calls.Hit("IlShapes.References.Frozen");
        return ref s_cell;
    }

    private static ref int Null()
    {
        Calls.Hit("IlShapes.References.Null");
        return ref Unsafe.NullRef<int>();
    }

    private static Span<int> Middle(Span<int> numbers)
    {
        Calls.Hit("IlShapes.References.Middle");
        return numbers[(numbers.Length / 2)..];
    }

    private static ReadOnlySpan<char> Word(string text)
    {
        Calls.Hit("IlShapes.References.Word");
        return text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal));
    }

    private static unsafe int* Pointer(int* cell)
    {
        Calls.Hit("IlShapes.References.Pointer");
        return cell;
    }
}

/// <summary>stackalloc of fixed and computed size, in a loop's callee, with and without zeroing.</summary>
internal static class StackAllocation
{
    public static string Run() => string.Create(CultureInfo.InvariantCulture, $"{Fixed()} {Computed(100)} {Computed(5000)} {Unzeroed(64)} {Guarded(16)}");

    private static int Fixed()
    {
        Calls.Hit("IlShapes.StackAllocation.Fixed");
        Span<int> numbers = stackalloc int[16];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] += i;
        return numbers[15];
    }

    private static int Computed(int count)
    {
        Calls.Hit("IlShapes.StackAllocation.Computed");
        Span<byte> bytes = stackalloc byte[count];
        int zeros = bytes.Count((byte)0);
        bytes.Fill(1);
        return zeros + bytes[^1];
    }

    [SkipLocalsInit]
    private static unsafe int Unzeroed(int count)
    {
        Calls.Hit("IlShapes.StackAllocation.Unzeroed");
        int* numbers = stackalloc int[count];
        for (int i = 0; i < count; i++)
            numbers[i] = i;
        return numbers[count - 1];
    }

    private static int Guarded(int count)
    {
        Calls.Hit("IlShapes.StackAllocation.Guarded");
        Span<int> numbers = stackalloc int[count];
        try
        {
            return numbers[count];
        }
        catch (IndexOutOfRangeException)
        {
            return numbers.Length;
        }
    }
}

/// <summary>Methods that the runtime treats differently.</summary>
internal static class Attributes
{
    public static unsafe string Run()
    {
        delegate* unmanaged<int, int> callback = &Callback;
        return string.Create(CultureInfo.InvariantCulture, $"{Locked(1)} {Inlined(2)} {Never(3)} {Plain(4)} {callback(5)} {Marshalled()}");
    }

    [MethodImpl(MethodImplOptions.Synchronized)]
    private static int Locked(int value)
    {
        Calls.Hit("IlShapes.Attributes.Locked");
        return Monitor.IsEntered(typeof(Attributes)) ? value : -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Inlined(int value)
    {
        Calls.Hit("IlShapes.Attributes.Inlined");
        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    private static int Never(int value)
    {
        Calls.Hit("IlShapes.Attributes.Never");
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Plain(int value)
    {
        Calls.Hit("IlShapes.Attributes.Plain");
        return value;
    }

    [UnmanagedCallersOnly]
    private static int Callback(int value)
    {
        Calls.Hit("IlShapes.Attributes.Callback");
        return value + 1;
    }

    private delegate int Compare(int a, int b);

    private static int Marshalled()
    {
        Calls.Hit("IlShapes.Attributes.Marshalled");
        Compare compare = Less;
        var native = Marshal.GetDelegateForFunctionPointer<Compare>(Marshal.GetFunctionPointerForDelegate(compare));
        int result = native(3, 5);
        GC.KeepAlive(compare);
        return result;
    }

    private static int Less(int a, int b)
    {
        Calls.Hit("IlShapes.Attributes.Less");
        return a - b;
    }
}
