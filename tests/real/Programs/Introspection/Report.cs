using System.Runtime.CompilerServices;

namespace Introspection;

/// <summary>The program's output.</summary>
internal static class Report
{
    public static void Line(string name, string result) => Console.Out.Write($"{name}: {result}\n");

    public static void Line(string name, FormattableString result) => Line(name, FormattableString.Invariant(result));

    /// <summary>What comes out of it, its whole trace when it throws.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Try(string name, Func<string> function)
    {
        try
        {
            Line(name, function());
        }
#pragma warning disable CA1031 // Whatever comes out is the result.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Line(name, e.ToString() + " | target " + e.TargetSite?.Name + " | at source " + e.Source);
        }
    }
}
