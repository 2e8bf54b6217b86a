using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;

namespace KillMarks;

/// <summary>
/// <c>KillMarks FILE MILLISECONDS MOST</c>: some threads call <see cref="Step"/> and keep a diary of it in a mapped file, which outlives a
/// kill, until the time is over or each has called so often; short threads start and end, collections run. So whoever kills the program, or its
/// recorder, knows what was to be recorded by when.
/// </summary>
/// <remarks>
/// The file: u64, 1 while the threads run, 2 when all has ended; 56 bytes unused; then for each thread <see cref="MarksPerThread"/> marks of two
/// u64: CLOCK_MONOTONIC ns, and how many calls of its own had ended by then. Marks are written in order, the time last; zero: not written.
/// </remarks>
internal static unsafe class Program
{
    private const int Threads = 3, MarksPerThread = 1 << 14, HeadBytes = 64;
    private const int StepsPerTurn = 40;
    private const long MarkEveryNs = 200_000;

    private static long s_endNs;
    private static ulong s_mostSteps;
    private static object? s_kept;

    private static void Main(string[] args)
    {
        using var file = MemoryMappedFile.CreateFromFile(args[0], FileMode.Create, null, HeadBytes + ((long)Threads * MarksPerThread * 16));
        using MemoryMappedViewAccessor view = file.CreateViewAccessor();
        byte* memory = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref memory);
        s_endNs = Stopwatch.GetTimestamp() + (long.Parse(args[1], CultureInfo.InvariantCulture) * 1_000_000);
        s_mostSteps = ulong.Parse(args[2], CultureInfo.InvariantCulture);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(i => Start(i, (ulong*)(memory + HeadBytes) + (i * MarksPerThread * 2)))];
        Volatile.Write(ref *(ulong*)memory, 1);
        while (Stopwatch.GetTimestamp() < s_endNs)
        {
            var brief = new Thread(() => Turn(1)) { Name = "brief" };
            brief.Start();
            brief.Join();
            GC.Collect(0);
            Thread.Sleep(20);
        }

        foreach (Thread thread in threads)
            thread.Join();
        Volatile.Write(ref *(ulong*)memory, 2);
    }

    private static Thread Start(int number, ulong* marks)
    {
        var thread = new Thread(() => KeepDiary(marks)) { Name = $"diary {number}" };
        thread.Start();
        return thread;
    }

    private static void KeepDiary(ulong* marks)
    {
        ulong steps = 0;
        int state = 1;
        long last = 0;
        for (int mark = 0; mark < MarksPerThread;)
        {
            state = Turn(state);
            steps += StepsPerTurn;
            s_kept = new byte[200];
            long now = Stopwatch.GetTimestamp();
            bool over = now >= s_endNs || steps >= s_mostSteps;
            if (now - last >= MarkEveryNs || over)
            {
                marks[(2 * mark) + 1] = steps;
                Volatile.Write(ref marks[2 * mark++], (ulong)now);
                last = now;
            }

            if (over)
                return;
            Thread.SpinWait(800);
        }
    }

    private static int Turn(int state)
    {
        for (int i = 0; i < StepsPerTurn; i++)
            state = Step(state);
        return state;
    }

    private static int Step(int state) => (state * 1103515245) + 12345;
}
