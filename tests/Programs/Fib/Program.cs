using System.Diagnostics;
using System.Globalization;

namespace Fib;

/// <summary>
/// fib(30) five times over on 1..n threads at once: the program the overhead is measured on. Prints, for the slowest thread, nanoseconds
/// per call by the clock on the wall and by the thread's own CPU time, and the cost of two rdtsc in this same process: the unit the overhead is told in.
/// Arguments: threads, fib's argument, rounds.
/// </summary>
internal static class Program
{
    private static void Main(string[] args)
    {
        int threads = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1;
        int n = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 30;
        int rounds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 5;
        double floorNs = Rdtsc.TwoNs();
        Warm();

        var runs = new Run[threads];
        for (int i = 0; i < threads; i++)
            runs[i] = new Run(n, rounds);
        foreach (Run run in runs)
            run.Thread.Start();
        double slowestNs = 0, slowestCpuNs = 0;
        long calls = 0;
        foreach (Run run in runs)
        {
            run.Thread.Join();
            slowestNs = Math.Max(slowestNs, run.ElapsedNs / run.Calls);
            slowestCpuNs = Math.Max(slowestCpuNs, run.CpuNs / run.Calls);
            calls += run.Calls;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"threads {threads} calls {calls} ns_per_call {slowestNs:F3} cpu_ns_per_call {slowestCpuNs:F3} two_rdtsc {floorNs:F3}"));
    }

    /// <summary>Lets the JIT reach its last tier before anything is measured.</summary>
    private static void Warm()
    {
        for (int i = 0; i < 3; i++)
        {
            Calculator.Fib(20);
            Thread.Sleep(150);
        }
    }

    private sealed class Run
    {
        private readonly int _n;
        private readonly int _rounds;

        public Run(int n, int rounds)
        {
            _n = n;
            _rounds = rounds;
            Thread = new Thread(Go);
        }

        public Thread Thread { get; }

        public double ElapsedNs { get; private set; }

        public double CpuNs { get; private set; }

        public long Calls { get; private set; }

        private void Go()
        {
            long start = Stopwatch.GetTimestamp();
            double startCpuNs = Rdtsc.ThreadCpuNs();
            long sum = 0;
            for (int i = 0; i < _rounds; i++)
                sum += Calculator.Fib(_n);
            ElapsedNs = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
            CpuNs = Rdtsc.ThreadCpuNs() - startCpuNs;
            // fib(n) takes 2 fib(n+1) - 1 calls; with fib(0) = 0, fib(1) = 1 the sum of two neighbours tells it without another recursion.
            Calls = _rounds * CallsOf(_n);
            if (sum < 0)
                Console.WriteLine(sum);
        }

        private static long CallsOf(int n)
        {
            long current = 1, next = 1;
            for (int i = 1; i <= n; i++)
                (current, next) = (next, current + next);
            return (2 * current) - 1;
        }
    }
}
