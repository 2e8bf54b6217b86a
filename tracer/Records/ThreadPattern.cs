using System.Globalization;

namespace VizTrace.Records;

/// <summary>
/// A choice of threads: a glob on the shown name (<c>Monitor*</c>), <c>managed:7</c>, <c>tid:1234</c> or <c>role:pool</c>; <c>name:</c> in
/// front of a name that looks like one of the others. Case matters in names, not in roles. Immutable; matching allocates nothing.
/// </summary>
internal sealed class ThreadPattern
{
    private readonly Kind _kind;
    private readonly string _glob;
    private readonly long _number;
    private readonly ThreadRoleName _role;

    private ThreadPattern(Kind kind, string glob, long number, ThreadRoleName role)
    {
        _kind = kind;
        _glob = glob;
        _number = number;
        _role = role;
    }

    private enum Kind
    {
        Name,
        Managed,
        Tid,
        Role,
    }

    /// <summary>Parses <paramref name="text"/>; null when it is malformed, and then <paramref name="problem"/> says what and where.</summary>
    public static ThreadPattern? TryParse(string text, out string problem)
    {
        problem = "";
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string value = text[(colon + 1)..];
        switch (colon < 0 ? "" : text[..colon])
        {
            case "managed":
                return Numbered(Kind.Managed, value, colon, out problem);
            case "tid":
                return Numbered(Kind.Tid, value, colon, out problem);
            case "role":
                if (ThreadRoleNames.TryParse(value, out ThreadRoleName role))
                    return new ThreadPattern(Kind.Role, "", 0, role);
                problem = $"no role of threads at column {colon + 2}; roles are {ThreadRoleNames.All}";
                return null;
            case "name":
                return Named(value, colon + 2, out problem);
            default:
                return Named(text, 1, out problem);
        }
    }

    /// <summary>Whether it looks at names of threads.</summary>
    public bool IsName => _kind == Kind.Name;

    /// <summary>Whether it looks at roles.</summary>
    public bool IsRole => _kind == Kind.Role;

    /// <summary>Whether a thread of this shown name matches.</summary>
    public bool MatchesName(ReadOnlySpan<char> shownName) => _kind == Kind.Name && NamePattern.Glob(_glob, shownName, ignoreCase: false);

    /// <summary>Whether a thread of this role matches.</summary>
    public bool MatchesRole(ThreadRoleName role) => _kind == Kind.Role && role == _role;

    /// <summary>Whether a thread with these ids matches; 0: not known, and matches nothing.</summary>
    public bool MatchesId(long tid, long managedId) =>
        (_kind == Kind.Tid && tid == _number) || (_kind == Kind.Managed && managedId == _number);

    private static ThreadPattern? Named(string glob, int column, out string problem)
    {
        problem = glob.Length > 0 ? "" : $"no name at column {column}";
        return glob.Length > 0 ? new ThreadPattern(Kind.Name, glob, 0, ThreadRoleName.Unknown) : null;
    }

    private static ThreadPattern? Numbered(Kind kind, string value, int colon, out string problem)
    {
        bool whole = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0;
        problem = whole ? "" : $"no whole number above 0 at column {colon + 2}";
        return whole ? new ThreadPattern(kind, "", number, ThreadRoleName.Unknown) : null;
    }
}
