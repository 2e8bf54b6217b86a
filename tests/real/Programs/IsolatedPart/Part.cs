using System.Runtime.CompilerServices;

namespace IsolatedPart;

/// <summary>A plug-in with state of its own in each context.</summary>
public sealed class Part
{
    private static int s_calls;
    private static readonly List<Part> s_all = [];

    [ThreadStatic]
    private static int s_onThread;

    private readonly Func<int, int> _step = static x => x + 1;

    public Part() => s_all.Add(this);

    /// <summary>Calls itself, a lambda, a generic method and an iterator.</summary>
    public string Work(int depth)
    {
        s_calls++;
        s_onThread++;
        if (depth > 0)
            return Work(depth - 1);
        return $"{s_calls} {s_onThread} {s_all.Count} {_step(1)} {Same(s_calls)} {string.Concat(Count(3))} {Values<string>.Kind}";
    }

    /// <summary>Throws from inside.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Fail(int value) => throw new InvalidOperationException("part failed with " + value);

    private static T Same<T>(T value) => value;

    private static IEnumerable<int> Count(int to)
    {
        for (int i = 0; i < to; i++)
            yield return i;
    }

    private static class Values<T>
    {
        public static readonly string Kind = typeof(T).Name;
    }
}
