using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Deadlock;

/// <summary>
/// <c>Deadlock FOLDER SECONDS</c>: holds every lock that a careless recorder could wait for, from several threads at once. The folder holds
/// libhost.so and libpart0.so to libpart3.so, made of <c>native/</c>: they are loaded and unloaded, and call into managed code while the
/// loader holds its lock; that code calls, allocates and collects. Threads start and end, the heap of malloc and the managed one are busy.
/// </summary>
internal static unsafe partial class Program
{
    private const int Now = 2, Parts = 4;

    private static string s_folder = "";
    private static long s_end;
    private static int s_called;
    private static object? s_kept;

    private static int Main(string[] args)
    {
        Console.WriteLine($"activation handled by {ActivationHandler()}");
        s_folder = args[0];
        nint host = Open(Path.Combine(s_folder, "libhost.so"), Now | 0x100 /* RTLD_GLOBAL */);
        if (host == 0)
            return 3;
        ((delegate* unmanaged<delegate* unmanaged<int, void>, void>)NativeLibrary.GetExport(host, "host_set_callback"))(&OnCallback);
        var runThreads = (delegate* unmanaged<int, long, int>)NativeLibrary.GetExport(host, "host_run_threads");
        s_end = Stopwatch.GetTimestamp() + (long)(double.Parse(args[1], CultureInfo.InvariantCulture) * Stopwatch.Frequency);
        (string Name, Action Round)[] all =
        [
            ("loads", () => LoadAndFree(0)), ("loads too", () => LoadAndFree(1)), ("loads as .NET does", LoadAsNet), ("starts", StartSome),
            ("makes native", () => Check(runThreads(4, 5) == 0)), ("allocates", Allocate), ("fills the heap", FillHeap),
            ("calls", Call), ("calls too", Call), ("collects", Collect),
        ];
        Thread[] threads = [.. all.Select(a => new Thread(() => Repeat(a.Round)) { Name = a.Name })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Counted.Report();
        return 0;
    }

    private static void Repeat(Action round)
    {
        do
            round();
        while (Stopwatch.GetTimestamp() < s_end);
    }

    private static void LoadAndFree(int part)
    {
        nint library = Open(Path.Combine(s_folder, $"libpart{part}.so"), Now);
        Check(library != 0);
        ((delegate* unmanaged<int>)NativeLibrary.GetExport(library, "part_touch"))();
        Counted.Step(1);
        Check(Close(library) == 0);
    }

    private static void LoadAsNet()
    {
        for (int part = 2; part < Parts; part++)
        {
            nint library = NativeLibrary.Load(Path.Combine(s_folder, $"libpart{part}.so"));
            Counted.Step(part);
            NativeLibrary.Free(library);
        }
    }

    /// <summary>1: a library is being loaded; 2: it goes; 3: a native thread calls.</summary>
    [UnmanagedCallersOnly]
    private static void OnCallback(int what)
    {
        if (what == 1)
            Counted.Loaded();
        else if (what == 2)
            Counted.Gone();
        else
            Counted.OnNativeThread();
        s_kept = new byte[2000];
        for (int i = 0; i < 40; i++)
            Counted.Step(i);
        if (Interlocked.Increment(ref s_called) % 16 == 0)
            GC.Collect(0);
    }

    private static void StartSome()
    {
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(i => new Thread(Counted.Life) { Name = $"short {i}" })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
    }

    private static void Allocate()
    {
        void** blocks = stackalloc void*[50];
        for (int i = 0; i < 50; i++)
        {
            blocks[i] = NativeMemory.Alloc((nuint)(i * 300) + 1);
            s_kept = new byte[i * 100];
            Counted.Step(i);
        }

        for (int i = 0; i < 50; i++)
            NativeMemory.Free(blocks[i]);
        Thread.Sleep(0);
    }

    /// <summary>Nothing but objects: the helper that makes one looks at thread-local storage, and so is interrupted there by collections.</summary>
    private static void FillHeap()
    {
        for (int i = 0; i < 20_000; i++)
            s_kept = new object();
        Counted.Step(1);
    }

    private static void Call()
    {
        for (int i = 0; i < 100; i++)
            Counted.Step(i);
        Thread.Yield();
    }

    private static void Collect()
    {
        GC.Collect(Counted.Step(1) & 1);
        Thread.Yield();
    }

    /// <summary>File name of the library that handles the signal by which the runtime stops threads.</summary>
    private static string ActivationHandler()
    {
        const int Activation = 34; // SIGRTMIN
        nint* action = stackalloc nint[32];
        nint* library = stackalloc nint[4];
        Check(SignalAction(Activation, 0, action) == 0 && Address(action[0], library) != 0);
        return Path.GetFileName(Marshal.PtrToStringUTF8(library[0])!);
    }

    private static void Check(bool right)
    {
        if (!right)
            throw new InvalidOperationException("a native call failed: " + Marshal.PtrToStringUTF8(Error()));
    }

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dlclose")]
    private static partial int Close(nint library);

    /// <summary>struct sigaction is 152 bytes, the handler first.</summary>
    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SignalAction(int signal, nint action, nint* before);

    /// <summary>Dl_info is four pointers, the file's name first.</summary>
    [LibraryImport("libc", EntryPoint = "dladdr")]
    private static partial int Address(nint address, nint* library);

    [LibraryImport("libc", EntryPoint = "dlerror")]
    private static partial nint Error();
}
