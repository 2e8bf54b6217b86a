using System.Globalization;

namespace Counting;

/// <summary>
/// Named threads that each call a known set of methods a known number of times; CountingExpectation in the end-to-end tests holds the same
/// numbers as formulas. Arguments: threads, rounds. Thread k (from 0) does (k + 1) x rounds rounds. No lambdas and no static constructors:
/// every function here is in the table.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        int threads = int.Parse(args[0], CultureInfo.InvariantCulture);
        int rounds = int.Parse(args[1], CultureInfo.InvariantCulture);
        var workers = new Worker[threads];
        for (int i = 0; i < threads; i++)
        {
            workers[i] = new Worker($"counter-{i}", (i + 1) * rounds);
            workers[i].Start();
        }

        long sum = 0;
        for (int i = 0; i < threads; i++)
            sum += workers[i].Join();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sum {sum}"));
        return 0;
    }
}
