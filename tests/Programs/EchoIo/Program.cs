using System.Collections;
using System.Diagnostics;

namespace EchoIo;

/// <summary>
/// Says everything that a program can see of how it was started: arguments, working directory, standard input, environment (its own and
/// that of a child it starts). Returns the exit code given as first argument.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        int exitCode = int.Parse(args[0]);
        foreach (string argument in args)
            Console.WriteLine("arg " + argument);
        Console.WriteLine("cwd " + Environment.CurrentDirectory);
        Console.WriteLine("given " + Environment.GetEnvironmentVariable("ECHO_GIVEN"));
        PrintOurs();
        PrintOursOfChild();
        Echo();
        return exitCode;
    }

    private static bool IsOurs(string name) =>
        name.StartsWith("CORECLR_", StringComparison.Ordinal) || name.StartsWith("COR_", StringComparison.Ordinal)
        || name.StartsWith("VIZTRACE_", StringComparison.Ordinal) || name.StartsWith("DOTNET_Diag", StringComparison.Ordinal);

    private static void PrintOurs()
    {
        int seen = 0;
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            seen++;
            if (IsOurs((string)variable.Key))
                Console.WriteLine($"ours {variable.Key}");
        }

        Console.WriteLine(seen > 0 ? "environment seen" : "environment empty");
    }

    private static void PrintOursOfChild()
    {
        var start = new ProcessStartInfo("/usr/bin/env") { RedirectStandardOutput = true };
        using Process child = Process.Start(start)!;
        string text = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        foreach (string line in text.Split('\n'))
        {
            if (IsOurs(line))
                Console.WriteLine("ours of child " + line);
        }

        Console.WriteLine("child " + child.ExitCode);
    }

    private static void Echo()
    {
        while (Console.In.ReadLine() is { } line)
        {
            Console.WriteLine("out " + line);
            Console.Error.WriteLine("err " + line);
        }
    }
}
