using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Introspection;

/// <summary>The stack as memory: stackalloc, pinning, uninitialised locals, large frames, deep recursion.</summary>
internal static class Memory
{
    public static void Run()
    {
        Report.Line("stackalloc in try", InTry(16) + "");
        Report.Line("stackalloc in loop", InLoop(50) + "");
        Report.Line("stackalloc computed", Computed(1000) + " " + Computed(0));
        Report.Line("skip locals init", Skipped(8) + "");
        Report.Line("zeroed", Zeroed(64) + "");
        Report.Line("large frame", Large().ToString(CultureInfo.InvariantCulture));
        Report.Line("pinned", Pinned("pinned text") + "");
        Report.Line("references", References());
        Report.Line("span of local", SpanOfLocal());
        Report.Line("allocated", Allocated());
        Report.Line("depth", string.Join(' ', Deep(9000), OnSmallStack(), Checked()));
        Report.Try("arglist", static () => Arglist());
    }

    private static unsafe int InTry(int count)
    {
        int sum = 0;
        try
        {
            int* values = stackalloc int[count];
            for (int i = 0; i < count; i++)
                values[i] = i;
            for (int i = 0; i < count; i++)
                sum += values[i];
            if (sum > 100)
                throw new InvalidOperationException();
        }
        catch (InvalidOperationException)
        {
            sum++;
        }

        return sum;
    }

#pragma warning disable CA2014 // That is what is looked at.
    private static int InLoop(int times)
    {
        int sum = 0;
        for (int i = 0; i < times; i++)
        {
            Span<int> values = stackalloc int[10];
            values.Fill(i);
            sum += values[9];
        }

        return sum;
    }
#pragma warning restore CA2014

    private static int Computed(int count)
    {
        Span<byte> bytes = count < 2000 ? stackalloc byte[count] : new byte[count];
        bytes.Fill(1);
        int sum = 0;
        foreach (byte b in bytes)
            sum += b;
        return sum;
    }

    [SkipLocalsInit]
    private static int Skipped(int count)
    {
        Span<int> values = stackalloc int[64];
        for (int i = 0; i < count; i++)
            values[i] = i;
        return values[count - 1];
    }

    private static int Zeroed(int count)
    {
        Span<long> values = stackalloc long[count];
        foreach (long value in values)
        {
            if (value != 0)
                return -1;
        }

        return 0;
    }

    private static double Large()
    {
        Page a = default, b = default;
        a[4000] = 1;
        b[1] = a[4000];
        Page c = Copy(b);
        return c[1] + a[4000] + b[1];
    }

    private static Page Copy(Page page) => page;

    private static unsafe int Pinned(string text)
    {
        fixed (char* start = text)
        {
            GC.Collect();
            int sum = 0;
            for (int i = 0; i < text.Length; i++)
                sum += start[i];
            return sum;
        }
    }

    private static string References()
    {
        int[] values = [3, 1, 2];
        ref int smallest = ref Smallest(values);
        smallest = 100;
        GC.Collect();
        ref int again = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(values), 2);
        again++;
        return string.Join(' ', values);
    }

    private static ref int Smallest(int[] values)
    {
        ref int smallest = ref values[0];
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] < smallest)
                smallest = ref values[i];
        }

        return ref smallest;
    }

    private static string SpanOfLocal()
    {
        int local = 0x01020304;
        return Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in local)));
    }

    /// <summary>The tracer allocates nothing in the program's heap.</summary>
    private static string Allocated()
    {
        Allocate(10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Allocate(100);
        return (GC.GetAllocatedBytesForCurrentThread() - before).ToString(CultureInfo.InvariantCulture);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Allocate(int times)
    {
        int length = 0;
        for (int i = 0; i < times; i++)
            length += Make(i).Length;
        return length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte[] Make(int length) => new byte[length];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Deep(int more) => more == 0 ? 0 : Deep(more - 1) + 1;

    private static int OnSmallStack()
    {
        int result = 0;
        var thread = new Thread(() => result = Deep(1500), 256 * 1024);
        thread.Start();
        thread.Join();
        return result;
    }

    private static bool Checked()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return RuntimeHelpers.TryEnsureSufficientExecutionStack();
    }

    /// <summary>Not supported on Linux: it must fail in the same way.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Arglist() => Variable(__arglist(1, "two", 3.0)) + "";

    private static int Variable(__arglist)
    {
        var arguments = new ArgIterator(__arglist);
        return arguments.GetRemainingCount();
    }

    [InlineArray(4096)]
    private struct Page
    {
        private double _first;
    }
}
