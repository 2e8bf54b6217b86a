namespace VizTrace.EndToEnd.Tests;

/// <summary>How often tests/Programs/Counting calls what, on which thread: formulas over its arguments.</summary>
internal static class CountingExpectation
{
    /// <summary>Calls per function of worker thread <paramref name="index"/> when each base round is done <paramref name="rounds"/> times.</summary>
    public static SortedDictionary<string, long> OfThread(int index, int rounds)
    {
        long n = (index + 1) * (long)rounds;
        return new(StringComparer.Ordinal)
        {
            ["Counting.Worker.Run"] = 1,
            ["Counting.Worker.Round"] = n,
            ["Counting.Tree.Walk"] = 127 * n,
            ["Counting.Tree.Leaf"] = 64 * n,
            ["Counting.Hot.Loop"] = n,
            ["Counting.Hot.AddOne"] = 3000 * n,
            ["Counting.Hot.Forced"] = 3000 * n,
            ["Counting.Hot.Nested"] = 3000 * n,
            ["Counting.Hot.NeverInlined"] = 1000 * n,
            ["Counting.Generics.Run"] = n,
            ["Counting.Generics.Same<T>"] = 150 * n,
            ["Counting.Holder<T>..ctor"] = 200 * n,
            ["Counting.Holder<T>.Take"] = 200 * n,
            ["Counting.Dispatch.Run"] = n,
            ["Counting.Dispatch.Twice"] = 80 * n,
            ["Counting.Shape..ctor"] = 3 * n,
            ["Counting.Circle..ctor"] = n,
            ["Counting.Circle.Area"] = 40 * n,
            ["Counting.Square..ctor"] = 2 * n,
            ["Counting.Square.Area"] = 80 * n,
            ["Counting.StepA..ctor"] = n,
            ["Counting.StepA.Step"] = 40 * n,
            ["Counting.StepB..ctor"] = n,
            ["Counting.IStep.Step"] = 40 * n,
            ["Counting.Adder..ctor"] = n,
            ["Counting.Adder.Plus"] = 40 * n,
            ["Counting.Members.Run"] = n,
            ["Counting.Cell..ctor"] = n,
            ["Counting.Cell.set_Value"] = 30 * n,
            ["Counting.Cell.get_Value"] = 60 * n,
            ["Counting.Cell.get_Doubled"] = 30 * n,
            ["Counting.Cell.get_Item"] = 30 * n,
            ["Counting.Point..ctor"] = 60 * n,
            ["Counting.Point.Move"] = 30 * n,
            ["Counting.Point.Length"] = 60 * n,
            ["Counting.Point.op_Addition"] = 30 * n,
        };
    }

    /// <summary>Calls per function of the main thread.</summary>
    public static SortedDictionary<string, long> OfMain(int threads) => new(StringComparer.Ordinal)
    {
        ["Counting.Program.Main"] = 1,
        ["Counting.Worker..ctor"] = threads,
        ["Counting.Worker.Start"] = threads,
        ["Counting.Worker.Join"] = threads,
    };

    /// <summary>Calls per function over all threads.</summary>
    public static SortedDictionary<string, long> Total(int threads, int rounds)
    {
        SortedDictionary<string, long> total = OfMain(threads);
        for (int i = 0; i < threads; i++)
        {
            foreach ((string name, long count) in OfThread(i, rounds))
                total[name] = total.GetValueOrDefault(name) + count;
        }

        return total;
    }
}
