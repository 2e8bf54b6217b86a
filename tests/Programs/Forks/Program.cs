using System.Globalization;
using System.Runtime.InteropServices;

namespace Forks;

/// <summary>
/// Calls <see cref="Step"/> N times, forks as a native daemoniser does, without exec; the child calls it 100,000 times, more than a chunk
/// holds, and ends; then the parent calls it N times more.
/// </summary>
internal static partial class Program
{
    private static int Main(string[] args)
    {
        int times = int.Parse(args[0], CultureInfo.InvariantCulture);
        int sum = Steps(times);
        int child = Fork();
        if (child == 0)
            Exit(Steps(100_000) == 0 ? 1 : 7);
        Wait(child, out int status, 0);
        sum += Steps(times);
        Console.WriteLine($"sum {sum} child {status >> 8}");
        return 0;
    }

    private static int Steps(int times)
    {
        int sum = 0;
        for (int i = 0; i < times; i++)
            sum += Step(i);
        return sum;
    }

    private static int Step(int i) => i & 3;

    [LibraryImport("libc", EntryPoint = "fork")]
    private static partial int Fork();

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int Wait(int pid, out int status, int options);
}
