using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Emitting;

/// <summary>What is called out of code that was made at run time.</summary>
public static class Callbacks
{
    private static int s_notes;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Twice(int value)
    {
        if (value < 0)
            throw new ArgumentOutOfRangeException(nameof(value), "not " + value);
        return value * 2;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string Stack() => Environment.StackTrace;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string Positive(int value) => value > 0 ? "positive " + value : Fail("zero");

    public static bool Wanted(object thrown) => thrown is InvalidOperationException && new StackTrace((Exception)thrown).FrameCount > 0;

    public static void Note() => s_notes++;

    public static string Upper(string text) => text.ToUpperInvariant() + s_notes;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string Fail(string text) => throw new InvalidOperationException("failed with " + text);

    /// <summary>The innermost frame of a trace.</summary>
    public static string FirstFrame(Exception e) => e.StackTrace!.Split('\n')[0];
}

/// <summary>What is written as JSON.</summary>
internal sealed record Shelf(string Name, Book[] Books);

/// <summary>A value that refuses nonsense.</summary>
[method: MethodImpl(MethodImplOptions.NoInlining)]
internal sealed record Book(string Title, int Pages)
{
    public int Pages { get; } = Checked(Pages);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Checked(int pages) => pages >= 0 ? pages : throw new ArgumentException("a book has pages: " + pages);
}

[JsonSerializable(typeof(Shelf))]
internal sealed partial class Contexts : JsonSerializerContext;

internal static partial class Patterns
{
    [GeneratedRegex("\\w+")]
    public static partial Regex Words();
}
