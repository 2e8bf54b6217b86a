using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using VizTrace.Records;

namespace IlShapes;

/// <summary>The program's own count of its calls, by the names that a trace should show. Thread-safe.</summary>
public static class Calls
{
    private static readonly ConcurrentDictionary<string, int> s_counts = new();

    /// <summary>Called first thing in every method that counts itself.</summary>
    public static void Hit(string name) => Hit(name, 1);

    /// <summary>
    /// <paramref name="times"/> calls at once: of methods that are too small to count themselves; and 2 at the start of an async method or
    /// iterator: the call of the method, and of MoveNext, which bears the same name.
    /// </summary>
    public static void Hit(string name, int times) => s_counts.AddOrUpdate(name, times, (_, before) => before + times);

    /// <summary>Of a lambda: its name holds numbers that only the compiler knows.</summary>
    public static void Hit(Delegate lambda, int times)
    {
        MethodInfo method = lambda.Method;
        Type type = method.DeclaringType!;
        Hit(ReadableName.Of(type.FullName!, method.Name, string.Join(',', type.GetGenericArguments().Select(a => a.Name)), ""), times);
    }

    public static void Print()
    {
        foreach ((string name, int count) in s_counts.OrderBy(c => c.Key, StringComparer.Ordinal))
            Report.Write(string.Create(CultureInfo.InvariantCulture, $"count {name} {count}"));
    }
}

/// <summary>The program's output.</summary>
public static class Report
{
    public static TextWriter Output { get; set; } = Console.Out;

    public static void Line(string name, string result) => Write($"{name} {result}");

    public static void Write(string line) => Output.Write(line + "\n");
}
