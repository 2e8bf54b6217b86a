using VizTrace.Cli.Converting;
using VizTrace.Filters;
using VizTrace.Filters.Shrinking;
using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.Cli.Filtering;

/// <summary><c>viztrace shrink INPUT -o FILE --max-size SIZE</c>: chooses by itself what to leave out.</summary>
internal sealed class ShrinkCommand(Surroundings around, bool quiet)
{
    /// <summary>Shrinks; the exit code. Zero for a limit that was not given.</summary>
    public int Run(string input, string output, long maxBytes, long maxEvents)
    {
        if (maxBytes == 0 == (maxEvents == 0))
            throw new TraceException(ErrorId.BadOption, "shrink wants one limit: --max-size SIZE or --max-events N");
        string target = around.FullPath(output);
        Formats.OfTrace(target);
        OutputFile.Check(target);
        using TraceInput trace = TraceInput.Open(around, input, quiet);
        ITraceSource source = trace.File.Source;
        ShrinkPlan? plan = null;
        Decide(report => plan = maxBytes > 0 ? ShrinkPlan.ToBytes(source, maxBytes, Path.GetTempPath(), report) : ShrinkPlan.ToEvents(source, maxEvents, Path.GetTempPath(), report));
        var conversion = new EventConversion(around, quiet: true);
        while (true)
        {
            // Beside the target, so that a file that is still too large never bears its name.
            FilterPlan filters = plan!.Filters;
            using OutputFile file = conversion.Begin(trace.File, target, filters, filters.Ledger, compress: null, out IReadOnlyList<string> leftOut);
            long bytes = file.Complete();
            if (maxBytes == 0 || bytes <= maxBytes)
            {
                file.Keep();
                if (!quiet)
                    conversion.Tell(source.Facts, target, trace.File.Bytes, bytes, filters.Ledger, leftOut);
                return EventConversion.ExitCode(source.Facts);
            }

            ShrinkPlan? smaller = null;
            Decide(report => smaller = plan.Tighten(bytes, report));
            plan = smaller ?? throw new TraceException(ErrorId.BadOption,
                $"{output}: cannot be that small: with the longest calls of each thread and the rare ones alone it has {Quantity.Bytes(bytes)}");
        }

        void Decide(Action<Action<double>> work) => Progress.Show(around, quiet, "choosing", report => trace.File.Guard(() => work(report)));
    }
}
