using FsCheck;
using FsCheck.Fluent;

// FsCheck's machinery with fixed seeds: F# in a large library, with continuations, lazy lists and shrinking. The values are known.
Config config = Config.QuickThrowOnFailure.WithReplay(new Replay(new Rnd(42, 43), 50)).WithMaxTest(200);
uint sum = 0;
int runs = 0;
Prop.ForAll<int[], string>((values, text) =>
{
    runs++;
    foreach (int value in values)
        sum = (sum * 31) + (uint)value;
    foreach (char c in text ?? "")
        sum = (sum * 31) + c;
    return values.Reverse().Reverse().SequenceEqual(values);
}).Check(config);
Console.WriteLine($"{runs} runs {sum:x8}");

Gen<Tree> trees = Gen.Sized(Trees);
foreach (Tree tree in trees.Sample(20, new Rnd(7, 9), 5))
    Console.WriteLine(tree);
Console.WriteLine(string.Join(' ', Gen.Choose(1, 1000).Where(i => i % 3 == 0).ListOf(5).Sample(10, new Rnd(1, 3), 4).Select(l => string.Join(',', l))));
Console.WriteLine(string.Join(' ', ArbMap.Default.ArbFor<List<int>>().Shrinker([3, 5]).Select(l => string.Join(',', l))));

try
{
    Prop.ForAll<List<int>>(list => list.Sum() < 100 || list.Count < 3).Check(config);
}
#pragma warning disable CA1031 // What FsCheck throws is of a type of its own.
catch (Exception e)
#pragma warning restore CA1031
{
    Console.WriteLine(e);
}

try
{
    Prop.ForAll<int>(i => i < 10 ? i >= -1_000_000 : throw new InvalidOperationException("thrown for " + i)).Check(config);
}
#pragma warning disable CA1031
catch (Exception e)
#pragma warning restore CA1031
{
    Console.WriteLine(e);
}

return 0;

static Gen<Tree> Trees(int size) => size == 0
    ? Gen.Choose(0, 99).Select(i => new Tree(i, null, null))
    : from value in Gen.Choose(0, 99)
      from left in Gen.Frequency((1, Gen.Constant<Tree?>(null)), (3, Trees(size / 2).Select(t => (Tree?)t)))
      from right in Gen.Frequency((1, Gen.Constant<Tree?>(null)), (3, Trees(size / 2).Select(t => (Tree?)t)))
      select new Tree(value, left, right);

/// <summary>A generated value with a structure.</summary>
internal sealed record Tree(int Value, Tree? Left, Tree? Right)
{
    public override string ToString() => Left is null && Right is null ? $"{Value}" : $"({Left} {Value} {Right})";
}
