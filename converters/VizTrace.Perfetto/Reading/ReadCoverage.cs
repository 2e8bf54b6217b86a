using VizTrace.Model;

namespace VizTrace.Perfetto.Reading;

/// <summary>Puts the modules and methods of a trace's own coverage together again. Not thread-safe.</summary>
internal sealed class ReadCoverage
{
    private readonly SortedDictionary<long, (ModuleCoverage Module, List<CoverageGroup> Groups)> _modules = [];

    /// <summary>A module was told.</summary>
    public void Add(long id, ModuleCoverage module) => _modules[id] = (module, GroupsOf(id, module.Module));

    /// <summary>Methods of it were told; a state that is not known here is left out.</summary>
    public void Add(long id, string module, CoverageState? state, string reason, string names)
    {
        if (state is not { } known) return;
        var groups = GroupsOf(id, module);
        var at = groups.FindIndex(g => g.State == known && g.Reason == reason);
        if (at < 0)
        {
            at = groups.Count;
            groups.Add(new CoverageGroup(known, reason, new List<CoveredType>()));
        }
        var types = (List<CoveredType>)groups[at].Types;
        foreach (var type in CoverageText.Read(names))
        {
            // A type that was cut at the end of a text goes on in the next.
            if (types.Count > 0 && types[^1].Type == type.Type) types[^1] = type with { Names = [.. types[^1].Names, .. type.Names] };
            else types.Add(type);
        }
    }

    /// <summary>All of it, in the order of the trace's numbers.</summary>
    public IReadOnlyList<ModuleCoverage> Modules() => [.. _modules.Values.Select(m => m.Module with { Groups = m.Groups })];

    private List<CoverageGroup> GroupsOf(long id, string module)
    {
        if (!_modules.TryGetValue(id, out var known)) _modules.Add(id, known = (new ModuleCoverage(module), []));
        return known.Groups;
    }
}
