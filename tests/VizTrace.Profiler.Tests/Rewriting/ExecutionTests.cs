using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using Xunit;
using Record = VizTrace.Records.Record;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>IlShapes runs in this process as it was compiled, and rewritten: it must say the same, and the probes what it said.</summary>
public sealed unsafe class ExecutionTests : IDisposable
{
    private static int[] s_enters = [], s_leaves = [];
    private static string[] s_names = [];
    private static string? s_broken;

    [ThreadStatic]
    private static Stack<int>? s_open;

    private readonly string _folder = Directory.CreateTempSubdirectory("viztrace-execution-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void RewrittenProgramDoesTheSameAndTheProbesSeeEveryCall()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "IlShapes.dll");
        string emitted = Path.Combine(_folder, "emitted.dll"), emittedNow = Path.Combine(_folder, "emitted2.dll"), now = Path.Combine(_folder, "IlShapes.dll");
        Assembly plain = Load(program);
        string[] expected = Run(plain, null);
        plain.GetType("IlShapes.Emitted.EmittedAssembly", throwOnError: true)!
            .GetMethod("Save", BindingFlags.Static | BindingFlags.Public)!.Invoke(null, [emitted]);

        delegate*<int, void> probe = &Probe;
        var rewriter = new AssemblyRewriter((nint)probe);
        rewriter.Rewrite(program, now);
        rewriter.Rewrite(emitted, emittedNow);
        s_names = [.. rewriter.Names];
        s_enters = new int[s_names.Length];
        s_leaves = new int[s_names.Length];
        string[] actual = Run(Load(now), emittedNow);

        // Without a profiler, nobody tells the runtime how the IL moved, and Cecil wrote no symbols: the end-to-end test looks at the lines.
        Assert.Equal(expected.Where(NotLines), actual.Where(NotLines));
        Assert.Null(s_broken);
        Assert.Equal(s_enters.Where((_, id) => !NeedsUnwinding(id)), s_leaves.Where((_, id) => !NeedsUnwinding(id)));
        Dictionary<string, int> seen = s_names.Zip(s_enters).GroupBy(p => p.First).ToDictionary(g => g.Key, g => g.Sum(p => p.Second));
        string[][] counts = [.. expected.Where(l => l.StartsWith("count ", StringComparison.Ordinal)).Select(l => l.Split(' '))];
        Assert.True(counts.Length > 130);
        Assert.Equal(
            counts.Select(c => (c[1], int.Parse(c[2], CultureInfo.InvariantCulture))),
            counts.Select(c => (c[1], seen.GetValueOrDefault(c[1]))));
    }

    /// <summary>Methods that exceptions leave before their tail call; without a profiler nobody tells of that. The end-to-end test looks at them.</summary>
    private static bool NeedsUnwinding(int id) => s_names[id].StartsWith("IlShapes.Emitted.Tails.", StringComparison.Ordinal);

    private static bool NotLines(string line) => !line.StartsWith("lines ", StringComparison.Ordinal);

    private static Assembly Load(string path) => new AssemblyLoadContext(path).LoadFromAssemblyPath(path);

    private static string[] Run(Assembly program, string? argument)
    {
        var output = new StringWriter();
        program.GetType("IlShapes.Report", throwOnError: true)!.GetProperty("Output")!.SetValue(null, output);
        // On a thread of its own: the test runner's has a synchronization context, which a program's main thread has not.
        object? exit = null;
        Exception? thrown = null;
        var main = new Thread(() =>
        {
            try
            {
                exit = program.EntryPoint!.Invoke(null, [argument is null ? Array.Empty<string>() : [argument]]);
            }
#pragma warning disable CA1031 // Asserted below.
            catch (Exception e)
#pragma warning restore CA1031
            {
                thrown = e;
            }
        });
        main.Start();
        main.Join();
        Assert.Null(thrown);
        Assert.Equal(0, exit);
        return output.ToString().Split('\n');
    }

    /// <summary>What the machine code does in a traced program: a record; here it also checks that calls nest.</summary>
    private static void Probe(int word)
    {
        int id = (int)Record.FunctionId((uint)word);
        if (NeedsUnwinding(id))
        {
            Interlocked.Increment(ref (Record.IsLeave((uint)word) ? s_leaves : s_enters)[id]);
            return;
        }

        Stack<int> open = s_open ??= new Stack<int>();
        if (!Record.IsLeave((uint)word))
        {
            Interlocked.Increment(ref s_enters[id]);
            open.Push(id);
            return;
        }

        Interlocked.Increment(ref s_leaves[id]);
        if (!open.TryPop(out int last) || last != id)
            s_broken ??= $"left {s_names[id]} in {s_names[last]}";
    }
}
