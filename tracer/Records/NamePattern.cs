namespace VizTrace.Records;

/// <summary>
/// A glob on <c>Namespace.Type.Method</c> as the trace shows it; <c>*</c> stands for any run of characters (dots too), <c>?</c> for one.
/// <c>Module.dll!pattern</c> limits it to a module (the part before <c>!</c> is a glob too; the ending may be left out). Case matters in the
/// method's name, not in the module's. Immutable; matching takes O(pattern x name) at worst and allocates nothing.
/// </summary>
internal sealed class NamePattern
{
    private readonly string? _module;
    private readonly string _name;

    private NamePattern(string? module, string name)
    {
        _module = module;
        _name = name;
    }

    /// <summary>Parses <paramref name="text"/>; null when it is malformed, and then <paramref name="problem"/> says what and where.</summary>
    public static NamePattern? TryParse(string text, out string problem)
    {
        problem = "";
        int bang = text.IndexOf('!', StringComparison.Ordinal);
        string? module = bang < 0 ? null : text[..bang];
        string name = bang < 0 ? text : text[(bang + 1)..];
        if (module is { Length: 0 })
            problem = "no module before '!' at column 1";
        else if (name.Length == 0)
            problem = $"no name pattern at column {text.Length + 1}";
        else if (name.Contains('!', StringComparison.Ordinal))
            problem = $"a second '!' at column {bang + 2 + name.IndexOf('!', StringComparison.Ordinal)}";
        return problem.Length > 0 ? null : new NamePattern(module, name);
    }

    /// <summary>
    /// Whether the pattern reaches into the framework module with file name <paramref name="module"/>: only when it names what it wants
    /// there, by module (<c>System.Private.CoreLib!*</c>) or by namespace (<c>System.Net.*</c>). A bare <c>*</c> means the program's own code.
    /// </summary>
    public bool ReachesFramework(ReadOnlySpan<char> module)
    {
        if (_module is not null)
            return ModuleMatches(module);
        int wildcard = _name.AsSpan().IndexOfAny('*', '?');
        ReadOnlySpan<char> prefix = wildcard < 0 ? _name : _name.AsSpan(0, wildcard);
        if (prefix.StartsWith("System."))
            return module.StartsWith("System.");
        if (!prefix.StartsWith("Microsoft."))
            return false;

        // Two segments tell Microsoft.Win32 (framework) from Microsoft.CodeAnalysis (a library).
        int second = prefix["Microsoft.".Length..].IndexOf('.');
        return second > 0 && module.StartsWith(prefix[..("Microsoft.".Length + second)]);
    }

    /// <summary>Whether any method of the module with file name <paramref name="module"/> could match.</summary>
    public bool MayMatchModule(ReadOnlySpan<char> module) => _module is null || ModuleMatches(module);

    /// <summary>Whether the method matches.</summary>
    public bool Matches(ReadOnlySpan<char> module, ReadOnlySpan<char> fullName) =>
        MayMatchModule(module) && Glob(_name, fullName, ignoreCase: false);

    private bool ModuleMatches(ReadOnlySpan<char> module)
    {
        if (Glob(_module!, module, ignoreCase: true))
            return true;
        int dot = module.LastIndexOf('.');
        return dot > 0 && Glob(_module!, module[..dot], ignoreCase: true);
    }

    /// <summary>Classic two-pointer glob: at a mismatch the last star takes one character more.</summary>
    internal static bool Glob(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool ignoreCase)
    {
        int p = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = t;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || Same(pattern[p], text[t], ignoreCase)))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    private static bool Same(char a, char b, bool ignoreCase) =>
        a == b || (ignoreCase && char.ToLowerInvariant(a) == char.ToLowerInvariant(b));
}
