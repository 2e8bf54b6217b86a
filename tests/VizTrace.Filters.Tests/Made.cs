using VizTrace.Filters.Parsing;
using VizTrace.Model.Events;

namespace VizTrace.Filters.Tests;

/// <summary>Short ways to make items and chains.</summary>
internal static class Made
{
    public static Item B(int track, long ns, string name, string category = "") => new(EventKind.Begin, track, ns, -1, name, category);

    public static Item E(int track, long ns, string name = "") => new(EventKind.End, track, ns, -1, name);

    public static Item X(int track, long ns, long duration, string name, string category = "") => new(EventKind.Complete, track, ns, duration, name, category);

    public static Item I(int track, long ns, string name, string category = "") => new(EventKind.Instant, track, ns, -1, name, category);

    public static Item C(int track, long ns) => new(EventKind.Counter, track, ns);

    public static Item Flow(EventKind kind, int track, long ns, ulong id, bool enclosing = true) => new(kind, track, ns) { FlowId = id, BindsEnclosing = enclosing };

    /// <summary>A chain from a command line without blanks in values: <c>--max-depth 2 --drop-flows</c>.</summary>
    public static FilterChain Chain(string command, int rowsInMemory = 1 << 19)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var options = new List<(string, string?)>();
        foreach (string word in words)
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
                options.Add((word, null));
            else
                options[^1] = (options[^1].Item1, options[^1].Item2 is { } before ? before + " " + word : word);
        }

        return new FilterChain(FilterParser.Parse(options).Filters) { RowsInMemory = rowsInMemory };
    }

    public static FilterPlan Plan(this MemoryTrace trace, string command, int rowsInMemory = 1 << 19) =>
        Chain(command, rowsInMemory).Decide(trace, Path.GetTempPath());

    /// <summary>Lines that are left.</summary>
    public static string[] Left(this MemoryTrace trace, string command) => [.. trace.After(trace.Plan(command)).Lines];

    /// <summary>A process with two threads, main (1) and worker (2), and a counter of the worker (3).</summary>
    public static MemoryTrace Two()
    {
        var trace = new MemoryTrace();
        int process = trace.Process(100, "shop");
        trace.Row(TrackKind.Thread, process, "main", 100);
        int worker = trace.Row(TrackKind.Thread, process, "worker 1", 101);
        trace.Row(TrackKind.Counter, worker, "queue");
        return trace;
    }
}
