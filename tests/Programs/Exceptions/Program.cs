using System.Globalization;

namespace Exceptions;

/// <summary>
/// First argument: <c>caught TIMES</c> runs every way an exception can leave a frame and go on, a known number of times; the others end
/// the program: <c>unhandled</c>, <c>thread</c> (unhandled on a second thread), <c>failfast</c>, <c>overflow</c>, <c>exit</c>.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        switch (args[0])
        {
            case "caught":
                int times = int.Parse(args[1], CultureInfo.InvariantCulture);
                int sum = 0;
                for (int i = 0; i < times; i++)
                    sum += Caught.All(i);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sum {sum}"));
                return 0;
            case "unhandled":
                Console.WriteLine("before");
                Fatal.Outer();
                return 0;
            case "thread":
                Console.WriteLine("before");
                var thread = new Thread(Fatal.Outer) { Name = "doomed" };
                thread.Start();
                thread.Join();
                return 0;
            case "failfast":
                Console.WriteLine("before");
                Fatal.Fast();
                return 0;
            case "overflow":
                Console.WriteLine("before");
                return Fatal.Deeper(1);
            case "exit":
                Console.WriteLine("before");
                Fatal.Exit(17);
                return 0;
            default:
                return 2;
        }
    }
}
