using VizTrace.Model.Events;

namespace VizTrace.Cli.Converting;

/// <summary><c>viztrace convert INPUT -o FILE</c>.</summary>
internal sealed class ConvertCommand(Surroundings around)
{
    /// <summary>
    /// Converts; the exit code. Captures and our own traces go as calls, with all that they say of themselves; traces of other tools, and
    /// formats that are counts of calls, event by event.
    /// </summary>
    public int Run(string input, string output, bool compress, bool quiet)
    {
        string path = around.FullPath(input);
        string target = around.FullPath(output);
        bool isTrace = Formats.IsTrace(Formats.OfOutput(target));
        if (isTrace && Directory.Exists(path))
        {
            new Conversion(around, quiet).Run(path, target, compress);
            return 0;
        }

        OutputFile.Check(target);
        using TraceInput trace = TraceInput.Open(around, input, quiet);
        if (isTrace && trace.File.IsOurs && trace.File.Source.Facts.Ledgers.Count == 0)
        {
            new Conversion(around, quiet).Run(path, target, compress);
            return EventConversion.ExitCode(trace.File.Source.Facts);
        }

        return new EventConversion(around, quiet).Run(trace.File, target, judge: null, Ledger.Empty, compress);
    }
}
