using VizTrace.Model;

namespace VizTrace.Capture;

/// <summary>Collects one module's methods by state and reason, those of a type that come one after another together. Not thread-safe.</summary>
internal sealed class MethodGroups
{
    private readonly Dictionary<(CoverageState State, string Reason), List<CoveredType>> _groups = [];
    private (CoverageState State, string Reason) _last;
    private List<CoveredType>? _lastTypes;

    /// <summary>Adds a method; <paramref name="type"/> and <paramref name="name"/> with a dot between them are its readable name.</summary>
    public void Add(CoverageState state, string reason, string type, string name)
    {
        List<CoveredType> types = TypesOf(state, reason);
        if (types.Count == 0 || types[^1].Type != type)
            types.Add(new CoveredType(type, new List<string>()));
        ((List<string>)types[^1].Names).Add(name);
    }

    /// <summary>Neighbours are mostly of one group.</summary>
    private List<CoveredType> TypesOf(CoverageState state, string reason)
    {
        if (_lastTypes is not null && _last.State == state && _last.Reason == reason)
            return _lastTypes;
        if (!_groups.TryGetValue((state, reason), out List<CoveredType>? types))
            _groups.Add((state, reason), types = []);
        _last = (state, reason);
        _lastTypes = types;
        return types;
    }

    /// <summary>Adds a method by its whole name.</summary>
    public void Add(CoverageState state, string reason, string fullName)
    {
        (string type, string name) = Split(fullName);
        Add(state, reason, type, name);
    }

    /// <summary>All groups, by state, the largest first.</summary>
    public IReadOnlyList<CoverageGroup> ToGroups() =>
        [.. _groups.Select(g => new CoverageGroup(g.Key.State, g.Key.Reason, g.Value))
            .OrderBy(g => g.State).ThenByDescending(g => g.Methods).ThenBy(g => g.Reason, StringComparer.Ordinal)];

    /// <summary>Parts a readable name at its last dot outside brackets; a name without one has no type.</summary>
    public static (string Type, string Name) Split(string fullName)
    {
        int depth = 0;
        for (int i = fullName.Length - 1; i > 0; i--)
        {
            depth += fullName[i] switch { '>' => 1, '<' => -1, _ => 0 };
            if (depth != 0 || fullName[i] != '.')
                continue;

            // The dot of .ctor is a part of the name.
            int dot = i > 1 && fullName[i - 1] == '.' ? i - 1 : i;
            return (fullName[..dot], fullName[(dot + 1)..]);
        }

        return ("", fullName);
    }
}
