using VizTrace.Cli.Converting;
using VizTrace.Filters;
using VizTrace.Filters.Parsing;
using VizTrace.Model;

namespace VizTrace.Cli.Filtering;

/// <summary><c>viztrace filter INPUT -o FILE FILTERS</c>.</summary>
internal sealed class FilterCommand(Surroundings around, bool quiet)
{
    /// <summary>
    /// Filters; the exit code. With <paramref name="dryRun"/> nothing is written and the table goes to standard output. A null
    /// <paramref name="compress"/> leaves packets as the input had them.
    /// </summary>
    public int Run(string input, string? output, IReadOnlyList<(string Option, string? Value)> filters, bool dryRun, bool? compress)
    {
        if (output is null && !dryRun)
            throw new TraceException(ErrorId.BadOption, "filter wants an output: -o FILE, or --dry-run");
        if (filters.Count == 0)
            throw new TraceException(ErrorId.BadOption, "filter wants at least one filter (viztrace filter --help)");
        FilterChain chain = FilterParser.Parse(filters);
        string? target = output is null ? null : around.FullPath(output);
        if (target is not null && !dryRun)
        {
            Formats.OfOutput(target);
            OutputFile.Check(target);
        }

        // Deciding reads it as often as it has to, and the first time for its rows.
        using TraceInput trace = TraceInput.Open(around, input, quiet, isRead: false);
        FilterPlan? plan = null;
        Progress.Show(around, quiet, "deciding", report => trace.File.Guard(() => plan = chain.Decide(trace.File.Source, Path.GetTempPath(), report)));
        if (dryRun)
        {
            LedgerTable.Write(around.Output, plan!.Ledger);
            return EventConversion.ExitCode(trace.File.Source.Facts);
        }

        return new EventConversion(around, quiet).Run(trace.File, target!, plan!, plan!.Ledger, compress);
    }
}
