using VizTrace.Capture;
using VizTrace.Model;
using VizTrace.Model.Info;

namespace VizTrace.Cli.Showing;

/// <summary>What became of the methods, for people: a line a module, and a line a method.</summary>
internal static class CoverageReport
{
    /// <summary>How many methods of each module are in which state; nothing when the trace does not say.</summary>
    public static void WriteModules(TextWriter to, TraceInfo info)
    {
        IReadOnlyList<ModuleCoverage> modules = info.Summary.Coverage;
        if (modules.Count == 0)
            return;
        to.WriteLine();
        to.WriteLine("methods of the included modules");
        var table = new TextTable(["module", ">methods", .. CoverageStates.All.Select(s => ">" + CoverageStates.Name(s))]);
        foreach (ModuleCoverage module in modules)
            table.Add([Name(module.Module), module.Unlisted is null ? Quantity.Number(module.Methods) : "?", .. CoverageStates.All.Select(s => Count(module, s))]);
        table.Write(to);
        foreach (IGrouping<(string Module, string), ModuleCoverage> same in modules.Where(m => m.Unlisted is not null).GroupBy(m => (m.Module, m.Unlisted!)))
            to.WriteLine($"  {Printable.Text(Name(same.Key.Module))}: its methods cannot be listed: {Printable.Text(same.Key.Item2)}");
    }

    /// <summary>Every method, or those that match; and how many they are.</summary>
    public static void WriteMethods(TextWriter to, TraceInfo info, MethodPattern? pattern)
    {
        if (info.Summary.Coverage.Count == 0)
        {
            to.WriteLine("the trace does not say which methods there were");
            return;
        }

        WriteModules(to, info);
        foreach (IGrouping<string, MethodRow> module in Rows(info, pattern).GroupBy(r => r.Module))
        {
            to.WriteLine();
            to.WriteLine($"{Printable.Text(Name(module.Key))}: {Quantity.Number(module.Sum(r => (long)r.Methods), "method")}");
            var table = new TextTable("state", ">calls", "method");
            foreach (MethodRow row in module)
            {
                table.Add(
                    row.Reason.Length == 0 ? CoverageStates.Name(row.State) : $"{CoverageStates.Name(row.State)}: {row.Reason}",
                    row.State == CoverageState.Recorded ? Quantity.Number(row.Calls) : "-",
                    row.Methods == 1 ? row.Name : $"{row.Name}  ({Quantity.Number(row.Methods, "method")})");
            }

            table.Write(to);
        }
    }

    /// <summary>The rows that match; all without a pattern.</summary>
    public static IEnumerable<MethodRow> Rows(TraceInfo info, MethodPattern? pattern) =>
        MethodRows.Of(info).Where(r => pattern is null || pattern.Matches(r.Module, r.Name));

    private static string Name(string module) => module.Length == 0 ? "(no module)" : module;

    /// <summary>Of a module whose methods cannot be listed, nobody knows what never ran.</summary>
    private static string Count(ModuleCoverage module, CoverageState state) =>
        module.Unlisted is not null && state is (CoverageState.NeverCalled or CoverageState.NotAskedFor) ? "?" : Quantity.Number(module.Count(state));
}
