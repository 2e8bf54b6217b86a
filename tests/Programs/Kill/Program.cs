using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Kill;

/// <summary>
/// Runs until it is killed, or for a minute. One thread ends at once; then three make calls of <see cref="Step"/>. After every 100 of its own
/// a thread says <c>[its calls so far] [CLOCK_MONOTONIC ns] [its name]</c> on standard output in one write; so whoever kills the program
/// knows how many calls each thread had made by then. They pause after each line: when nobody drains any more, what they record in several
/// seconds still finds room.
/// </summary>
internal static class Program
{
    private const int StepsPerMarker = 100;

    private static readonly Stream s_output = Console.OpenStandardOutput();

    private static void Main()
    {
        Write($"pid {Environment.ProcessId}\n");
        var ended = new Thread(RunAndEnd) { Name = "ended" };
        ended.Start();
        ended.Join();
        for (int i = 0; i < 3; i++)
            new Thread(Run) { Name = $"stepping-{i}", IsBackground = true }.Start();
        Thread.Sleep(TimeSpan.FromSeconds(60));
    }

    private static void RunAndEnd()
    {
        int state = 1;
        for (int i = 0; i < 10 * StepsPerMarker; i++)
            state = Step(state);
    }

    private static void Run()
    {
        string name = Thread.CurrentThread.Name!;
        int state = 1;
        for (long steps = StepsPerMarker; ; steps += StepsPerMarker)
        {
            for (int i = 0; i < StepsPerMarker; i++)
                state = Step(state);
            Write($"{steps} {Stopwatch.GetTimestamp()} {name}\n");
            Thread.Sleep(1);
        }
    }

    private static int Step(int state) => (state * 1103515245) + 12345;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Write(string line) => s_output.Write(Encoding.ASCII.GetBytes(line));
}
