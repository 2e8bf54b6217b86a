using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Kill;

/// <summary>
/// Runs until it is killed. After every 500 calls of <see cref="Step"/> a line <c>[calls so far] [CLOCK_MONOTONIC ns]</c> goes to standard
/// output in one write; so whoever kills it knows how many calls were made by then.
/// </summary>
internal static class Program
{
    private const int StepsPerMarker = 500;

    private static void Main()
    {
        using Stream output = Console.OpenStandardOutput();
        Write(output, $"pid {Environment.ProcessId}\n");
        long steps = 0;
        int state = 1;
        while (true)
        {
            for (int i = 0; i < StepsPerMarker; i++)
                state = Step(state);
            steps += StepsPerMarker;
            Write(output, $"{steps} {Stopwatch.GetTimestamp()}\n");
            if (steps % (StepsPerMarker * 4) == 0)
                Thread.Sleep(1);
        }
    }

    private static int Step(int state) => (state * 1103515245) + 12345;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Write(Stream output, string line) => output.Write(Encoding.ASCII.GetBytes(line));
}
