using VizTrace.Cli.Converting;
using VizTrace.Filters.Shrinking;
using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.Cli.Filtering;

/// <summary><c>viztrace shrink INPUT -o FILE --max-size SIZE</c>: chooses by itself what to leave out.</summary>
internal sealed class ShrinkCommand(Surroundings around, bool quiet)
{
    /// <summary>More rounds than it takes to come below any size that can be reached.</summary>
    private const int MostRounds = 8;

    /// <summary>Shrinks; the exit code. Zero for a limit that was not given.</summary>
    public int Run(string input, string output, long maxBytes, long maxEvents)
    {
        if (maxBytes == 0 && maxEvents == 0)
            throw new TraceException(ErrorId.BadOption, "shrink wants a limit: --max-size SIZE or --max-events N");
        string target = around.FullPath(output);
        if (!Formats.IsTrace(Formats.OfOutput(target)))
            throw new TraceException(ErrorId.UnknownFormat, $"{output}: shrink writes .pftrace, .json or .json.gz");
        using TraceInput trace = TraceInput.Open(around, input, quiet);
        ITraceSource source = trace.File.Source;
        Shrink? shrink = null;
        Progress.Show(around, quiet, "weighing", report => trace.File.Guard(() => shrink = Shrink.Weigh(source, maxBytes, maxEvents, trace.File.Bytes, Path.GetTempPath(), report)));
        var conversion = new EventConversion(around, quiet: true);
        for (int round = 1; ; round++)
        {
            ShrinkPlan? plan = null;
            Progress.Show(around, quiet, "deciding", report => trace.File.Guard(() => plan = shrink!.Decide(report)));
            long bytes = conversion.Write(trace.File, target, plan!.Judge, plan.Ledger, compress: null, out IReadOnlyList<string> leftOut);
            if ((maxBytes == 0 || bytes <= maxBytes) && shrink!.IsBelowEvents)
            {
                if (!quiet)
                    conversion.Tell(source.Facts, target, trace.File.Bytes, bytes, plan.Ledger, leftOut);
                return EventConversion.ExitCode(source.Facts);
            }

            if (round == MostRounds || !shrink!.Tighten(bytes))
            {
                File.Delete(target);
                throw new TraceException(ErrorId.BadOption, $"{output}: cannot be that small: with the longest calls of each thread alone it has {Quantity.Bytes(bytes)}");
            }
        }
    }
}
