using VizTrace.ChromeJson;
using VizTrace.Filters.Applying;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Writing;

namespace VizTrace.Cli.Converting;

/// <summary>
/// From a trace of any tool, or what filters leave of it, to a file: anew in its own format, byte for byte where nothing is concerned, or in
/// another one.
/// </summary>
internal sealed class EventConversion(Surroundings around, bool quiet)
{
    /// <summary>Exit code when the input was cut off or damaged and the output holds what came before.</summary>
    public const int CutShortExitCode = 3;

    /// <summary>The exit code that a trace's own state asks for.</summary>
    public static int ExitCode(TraceFacts facts) => facts.IsTruncated || facts.DamageOffset is not null ? CutShortExitCode : 0;

    /// <summary>
    /// Writes <paramref name="trace"/> to <paramref name="output"/> (full path, may be the input's) and says what came of it; the exit code.
    /// </summary>
    public int Run(TraceFile trace, string output, IEventJudge? judge, Ledger ledger, bool? compress)
    {
        using OutputFile file = Begin(trace, output, judge, ledger, compress, out IReadOnlyList<string> leftOut);
        long bytes = file.Keep();
        if (!quiet)
            Tell(trace.Source.Facts, output, trace.Bytes, bytes, ledger, leftOut);
        return ExitCode(trace.Source.Facts);
    }

    /// <summary>Writes; the file has yet to be kept.</summary>
    public OutputFile Begin(TraceFile trace, string output, IEventJudge? judge, Ledger ledger, bool? compress, out IReadOnlyList<string> leftOut)
    {
        Formats.Kind kind = Formats.OfOutput(output);
        using var signals = Recorder.CaughtSignals.Begin(Recorder.CaughtSignals.AsksToEnd);
        OutputFile file = OutputFile.Begin(output);
        try
        {
            IReadOnlyList<string> left = [];
            Progress.Show(around, quiet, "writing", report => trace.Guard(() => left = Write(trace, kind, file.Stream, judge, ledger, compress, report)));
            leftOut = left;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static IReadOnlyList<string> Write(
        TraceFile trace, Formats.Kind kind, Stream stream, IEventJudge? judge, Ledger ledger, bool? compress, Action<double> report)
    {
        bool isSame = kind == trace.Kind || (kind is Formats.Kind.Json or Formats.Kind.PackedJson && trace.Kind is Formats.Kind.Json or Formats.Kind.PackedJson);
        if (isSame && trace.Source is ITraceRewriter rewriter)
        {
            // A JSON file's name says whether it is packed; packets are as they were unless it is said.
            bool? packs = kind == Formats.Kind.Perfetto ? compress : kind == Formats.Kind.PackedJson;
            rewriter.Rewrite(stream, judge ?? KeepAll.Instance, ledger, new RewriteOptions { Compress = packs }, report);
            return [];
        }

        ITraceSource source = judge is null ? trace.Source : new FilteredSource(trace.Source, judge);
        if (Formats.IsTrace(kind))
        {
            using IEventWriter writer = kind == Formats.Kind.Perfetto
                ? new PerfettoEventWriter(stream, compress ?? true)
                : new ChromeJsonEventWriter(stream, new ChromeJsonWriterOptions { Compress = kind == Formats.Kind.PackedJson });
            writer.Begin(source, judge is null ? null : judge.KeepsTrack);
            source.Read(writer, EventParts.All, report);
            writer.Finish(ledger);
            return writer.LeftOut;
        }

        ProfileOutput.Write(kind, stream, source, report);
        return [];
    }

    /// <summary>Says what was written, what filters took out, and what is odd.</summary>
    public void Tell(TraceFacts facts, string output, long before, long after, Ledger ledger, IReadOnlyList<string> leftOut)
    {
        string shown = Path.GetRelativePath(around.WorkingDirectory, output);
        if (shown.StartsWith("..", StringComparison.Ordinal))
            shown = output;
        Say($"{shown}: {Quantity.Bytes(after)} of {Quantity.Bytes(before)}");
        if (ledger.Entries.Count > 0)
            Filtering.LedgerTable.Write(around.Error, ledger);
        foreach (string what in leftOut)
            Say("not in the output, the format has no place for it: " + what);
        foreach (string remark in facts.Remarks)
            Say(remark);
    }

    private void Say(string line) => around.Error.WriteLine("viztrace: " + Printable.Text(line));
}
