using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Introspection;

/// <summary>Native code that calls and is called.</summary>
internal static unsafe partial class Interop
{
    private static readonly List<string> s_seen = [];

    public static void Run()
    {
        int[] values = [5, 3, 4, 1];
        fixed (int* start = values)
            QuickSort(start, 4, sizeof(int), &Compare);
        Report.Line("unmanaged callers only", string.Join(' ', values));
        Comparison byDelegate = (a, b) => *b - *a;
        fixed (int* start = values)
            QuickSortByDelegate(start, 4, sizeof(int), byDelegate);
        GC.KeepAlive(byDelegate);
        Report.Line("delegate to native", string.Join(' ', values));
        fixed (int* start = values)
            QuickSort(start, 2, sizeof(int), &Tracing);
        Report.Line("stack through native", string.Join(" | ", s_seen));
        delegate* unmanaged<int, int> plus = &PlusOne;
        Report.Line("function pointer", $"{plus(41)} {Loop(plus, 1000)}");
        Report.Line("length", Length("four") + " " + GetId());
        Report.Line("errors", Errors() + "");
        Report.Line("last error", LastError() + "");
        Report.Line("exception in callback", InCallback());
        Report.Line("suppressed transition", Absolute(-5) + "");
        Report.Line("marshalled", Marshalled());
        Report.Line("pointer to delegate", FromPointer());
    }

    [UnmanagedCallersOnly]
    private static int Compare(int* a, int* b) => Difference(*a, *b);

    private static int Difference(int a, int b) => a - b;

    [UnmanagedCallersOnly]
    private static int Tracing(int* a, int* b)
    {
        s_seen.Add(Frames.Describe(new StackTrace(true)));
        return *a - *b;
    }

    [UnmanagedCallersOnly]
    private static int PlusOne(int value) => value + 1;

    private static int Loop(delegate* unmanaged<int, int> function, int times)
    {
        int value = 0;
        for (int i = 0; i < times; i++)
            value = function(value);
        return value;
    }

    private static string GetId() => Environment.ProcessId == GetProcessId() ? "same" : "different";

    /// <summary>errno outlives the return of a method that is recorded, however many records that writes.</summary>
    private static int Errors()
    {
        int wrong = 0;
        for (int i = 0; i < 200_000; i++)
        {
            SetError(7);
            if (Marshal.GetLastSystemError() != 7)
                wrong++;
        }

        return wrong;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SetError(int error) => Marshal.SetLastSystemError(error);

    private static int LastError()
    {
        int closed = Close(-1);
        return closed * Marshal.GetLastPInvokeError();
    }

    private static string InCallback()
    {
        int[] values = [2, 1];
        string caught = "";
        Comparison guarded = (a, b) =>
        {
            try
            {
                Throwing.Deep(1);
            }
            catch (InvalidOperationException e)
            {
                caught = e.ToString();
            }

            return *a - *b;
        };
        fixed (int* start = values)
            QuickSortByDelegate(start, 2, sizeof(int), guarded);
        GC.KeepAlive(guarded);
        return caught;
    }

    private static string Marshalled()
    {
        Pair pair = new() { A = 3, B = "b" };
        nint memory = Marshal.AllocHGlobal(Marshal.SizeOf<Pair>());
        Marshal.StructureToPtr(pair, memory, false);
        Pair back = Marshal.PtrToStructure<Pair>(memory);
        Marshal.DestroyStructure<Pair>(memory);
        Marshal.FreeHGlobal(memory);
        return back.A + back.B;
    }

    private static string FromPointer()
    {
        Doubling doubling = static x => x * 2;
        nint pointer = Marshal.GetFunctionPointerForDelegate(doubling);
        Doubling same = Marshal.GetDelegateForFunctionPointer<Doubling>(pointer);
        int raw = ((delegate* unmanaged<int, int>)pointer)(21);
        GC.KeepAlive(doubling);
        return $"{same(4)} {raw} {ReferenceEquals(same, doubling)}";
    }

    private delegate int Comparison(int* a, int* b);

    private delegate int Doubling(int value);

    [LibraryImport("libc", EntryPoint = "qsort")]
    private static partial void QuickSort(int* values, nuint count, nuint size, delegate* unmanaged<int*, int*, int> compare);

    [DllImport("libc", EntryPoint = "qsort")]
    private static extern void QuickSortByDelegate(int* values, nuint count, nuint size, Comparison compare);

    [LibraryImport("libc", EntryPoint = "strlen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nuint Length(string text);

    [LibraryImport("libc", EntryPoint = "getpid")]
    private static partial int GetProcessId();

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "abs")]
    [SuppressGCTransition]
    private static partial int Absolute(int value);

    [StructLayout(LayoutKind.Sequential)]
    private struct Pair
    {
        public int A;

        [MarshalAs(UnmanagedType.LPStr)]
        public string B;
    }
}
