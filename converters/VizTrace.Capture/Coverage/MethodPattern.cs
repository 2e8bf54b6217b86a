using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>A pattern of methods as <c>--include</c> takes it, for those who look at what was recorded. Immutable.</summary>
public sealed class MethodPattern
{
    private readonly NamePattern _pattern;

    private MethodPattern(NamePattern pattern) => _pattern = pattern;

    /// <summary>Parses <c>Module.dll!Namespace.Type.Method</c>, or only the name; null when it is malformed, and then <paramref name="problem"/> says where.</summary>
    public static MethodPattern? TryParse(string text, out string problem) =>
        NamePattern.TryParse(text, out problem) is { } pattern ? new MethodPattern(pattern) : null;

    /// <summary>Whether a method matches.</summary>
    public bool Matches(string module, string fullName) => _pattern.Matches(module, fullName);
}
