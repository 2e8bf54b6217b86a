using VizTrace.Model;

namespace VizTrace.Perfetto.Benchmarks;

/// <summary>A trace made up for measuring: one thread's edges in batches of the size in which a capture delivers them.</summary>
internal sealed record SyntheticTrace(string Name, FunctionInfo[] Functions, SliceEdge[] Edges)
{
    public double Slices => Edges.Length / 2.0;
}

/// <summary>Makes them, always the same.</summary>
internal static class SyntheticTraces
{
    private const long StartNs = 1_000_000_000_000;

    /// <summary>fib(n) by recursion: one function; time stamps some 23 ns apart, a few ns more or less, and now and then far more.</summary>
    public static SyntheticTrace Fib(int n)
    {
        var random = new Random(1);
        var edges = new List<SliceEdge>();
        var time = StartNs;
        Call(n);
        return new SyntheticTrace("fib", [new FunctionInfo(0, "Example.Program.Fib") { Module = "Example.dll" }], edges.ToArray());

        void Call(int k)
        {
            Add(EdgeKind.Begin);
            if (k >= 2)
            {
                Call(k - 1);
                Call(k - 2);
            }
            Add(EdgeKind.End);
        }

        void Add(EdgeKind kind)
        {
            time += Math.Max(1, (int)(23 + 4 * Normal(random)) + (random.Next(100) == 0 ? random.Next(200) : 0));
            edges.Add(new SliceEdge(time, 0, kind));
        }
    }

    /// <summary>
    /// A program of <paramref name="functionCount"/> functions: each calls the same few others in the same order, some of them only sometimes,
    /// some in loops; the deeper third of calls goes to popular leaves. Time stamps between 20 ns and 2 us, log-normal around the median.
    /// </summary>
    public static SyntheticTrace Program(string name, int slices, int functionCount, double medianNs, bool sources = false)
    {
        var random = new Random(2);
        var middle = functionCount / 3;
        var calls = new (int Callee, double Chance, double Again)[functionCount][];
        for (var f = 0; f < functionCount; f++)
        {
            calls[f] = new (int, double, double)[f < middle ? 1 + random.Next(7) : random.NextDouble() < 0.3 ? 1 : 0];
            for (var c = 0; c < calls[f].Length; c++)
            {
                var callee = f < middle - 1 && random.NextDouble() < 0.45
                    ? Math.Min(middle - 1, f + 1 + random.Next(1 + middle / 6))
                    : middle + (int)((functionCount - middle) * Math.Pow(random.NextDouble(), 3));
                calls[f][c] = (callee, 0.3 + 0.7 * random.NextDouble(), random.NextDouble() < 0.25 ? 0.7 * random.NextDouble() : 0);
            }
        }
        var edges = new List<SliceEdge>(2 * slices + 1000);
        var time = StartNs;
        var begun = 0;
        while (begun < slices) Call((int)(40 * Math.Pow(random.NextDouble(), 2)), 0);
        // Numbered in the order of their first call, as a recorder does it.
        var ids = new Dictionary<int, int>();
        var result = new SliceEdge[edges.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var e = edges[i];
            if (!ids.TryGetValue(e.FunctionId, out var id)) ids.Add(e.FunctionId, id = ids.Count);
            result[i] = e with { FunctionId = id };
        }
        var functions = ids.OrderBy(p => p.Value).Select(p => new FunctionInfo(p.Value, $"Shop.Services.Module{p.Key % 37}.Type{p.Key % 211}.Method{p.Key}")
        {
            Module = $"Shop.Part{p.Key % 5}.dll",
            SourceFile = sources ? $"/src/Shop/Part{p.Key % 5}/Type{p.Key % 211}.cs" : null,
            SourceLine = sources ? p.Key : 0,
        }).ToArray();
        return new SyntheticTrace(name, functions, result);

        void Call(int f, int depth)
        {
            Add(f, EdgeKind.Begin);
            begun++;
            if (depth < 60 && begun < slices)
            {
                foreach (var (callee, chance, again) in calls[f])
                {
                    if (random.NextDouble() >= chance) continue;
                    do Call(callee, depth + 1);
                    while (random.NextDouble() < again && begun < slices);
                }
            }
            Add(f, EdgeKind.End);
        }

        void Add(int f, EdgeKind kind)
        {
            time += (int)Math.Clamp(20 + (medianNs - 20) * Math.Exp(0.9 * Normal(random)), 20, 2000);
            edges.Add(new SliceEdge(time, f, kind));
        }
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
