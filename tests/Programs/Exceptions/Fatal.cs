namespace Exceptions;

/// <summary>Ways to die.</summary>
internal static class Fatal
{
    public static void Outer() => Middle();

    public static void Fast() => Environment.FailFast("failed fast on purpose");

    public static void Exit(int code) => Environment.Exit(code);

    public static int Deeper(int depth) => depth < 0 ? 0 : Deeper(depth + 1) + 1;

    private static void Middle()
    {
        Before();
        throw new InvalidOperationException("nobody catches this");
    }

    private static void Before()
    {
    }
}
