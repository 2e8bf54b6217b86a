namespace VizTrace.Model.Info;

/// <summary>Methods of one name, state and reason in one module.</summary>
/// <param name="Module">File name of the module; empty for methods that are of none.</param>
/// <param name="Name">Readable name.</param>
/// <param name="State">What became of them.</param>
/// <param name="Reason">Why; empty where the state says all.</param>
/// <param name="Methods">How many have this name: overloads, an async method and its body.</param>
/// <param name="Calls">Their calls in the trace.</param>
public sealed record MethodRow(string Module, string Name, CoverageState State, string Reason, int Methods, long Calls);

/// <summary>Every method of which a trace says what became of it: its coverage put together with its functions and not recorded methods.</summary>
public static class MethodRows
{
    /// <summary>The rows, by module in the trace's order, then by name; none when the trace has no coverage.</summary>
    public static IEnumerable<MethodRow> Of(TraceInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        IReadOnlyList<ModuleCoverage> coverage = info.Summary.Coverage;
        if (coverage.Count == 0)
            yield break;

        // Two builds of a module have one name, by which the trace's functions know both.
        foreach (IGrouping<string, ModuleCoverage> module in coverage.GroupBy(m => m.Module, StringComparer.Ordinal))
        {
            foreach (MethodRow row in OfModule(info, module.Key, [.. module]))
                yield return row;
        }

        HashSet<string> told = [.. coverage.Select(m => m.Module)];
        var others = new Rows("");
        foreach (NotRecordedMethod method in info.Summary.NotRecorded.Where(m => !told.Contains(m.Module)))
            others.Add(method.Module.Length == 0 ? method.Name : $"{method.Module}!{method.Name}", CoverageState.NotRecordable, method.Reason, 1, 0);
        foreach (MethodRow row in others.InOrder())
            yield return row;
    }

    private static IEnumerable<MethodRow> OfModule(TraceInfo info, string module, List<ModuleCoverage> builds)
    {
        var rows = new Rows(module);
        if (builds.Exists(b => b.Recorded > 0))
        {
            // Stand-ins for names that are not known are of no module either; they have a bracket.
            foreach (FunctionFigures function in info.Functions.Where(f => (f.Function.Module ?? "") == module && !(module.Length == 0 && f.Function.Name.StartsWith('('))))
                rows.Add(function.Function.Name, CoverageState.Recorded, "", 0, function.Calls);
        }

        rows.CountOnce();
        foreach (NotRecordedMethod method in info.Summary.NotRecorded.Where(m => m.Module == module))
            rows.Add(method.Name, CoverageState.NotRecordable, method.Reason, 1, 0);
        foreach (CoverageGroup group in builds.SelectMany(b => b.Groups))
        {
            foreach (CoveredType type in group.Types)
            {
                foreach (string name in type.Names)
                    rows.Add(type.Type.Length == 0 ? name : $"{type.Type}.{name}", group.State, group.Reason, 1, 0);
            }
        }

        return rows.InOrder();
    }

    /// <summary>Adds up what has the same name, state and reason.</summary>
    private sealed class Rows(string module)
    {
        private readonly Dictionary<(string Name, CoverageState State, string Reason), (int Methods, long Calls)> _rows = [];

        public void Add(string name, CoverageState state, string reason, int methods, long calls)
        {
            (int Methods, long Calls) before = _rows.GetValueOrDefault((name, state, reason));
            _rows[(name, state, reason)] = (before.Methods + methods, before.Calls + calls);
        }

        /// <summary>What is there so far is one method each, however many functions of the trace have its name.</summary>
        public void CountOnce()
        {
            foreach ((string Name, CoverageState State, string Reason) key in _rows.Keys.ToArray())
                _rows[key] = _rows[key] with { Methods = 1 };
        }

        public IEnumerable<MethodRow> InOrder() => _rows
            .Select(r => new MethodRow(module, r.Key.Name, r.Key.State, r.Key.Reason, r.Value.Methods, r.Value.Calls))
            .OrderBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.State).ThenBy(r => r.Reason, StringComparer.Ordinal);
    }
}
