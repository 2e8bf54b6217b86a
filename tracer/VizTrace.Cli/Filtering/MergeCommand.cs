using VizTrace.ChromeJson;
using VizTrace.Cli.Converting;
using VizTrace.Filters.Merging;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Writing;

namespace VizTrace.Cli.Filtering;

/// <summary><c>viztrace merge A B … -o FILE</c>: several traces on one clock.</summary>
internal sealed class MergeCommand(Surroundings around, bool quiet)
{
    /// <summary>Merges; the exit code. <paramref name="marker"/>: the name of an event that is to be at the same time in all; null: by their clocks.</summary>
    public int Run(IReadOnlyList<string> inputs, string output, string? marker, bool compress)
    {
        if (inputs.Count < 2)
            throw new TraceException(ErrorId.BadOption, "merge wants at least two traces");
        string target = around.FullPath(output);
        Formats.Kind kind = Formats.OfTrace(target);
        OutputFile.Check(target);
        var traces = new List<TraceInput>();
        try
        {
            foreach (string input in inputs)
                traces.Add(TraceInput.Open(around, input, quiet));
            ITraceSource[] sources = [.. traces.Select(t => t.File.Source)];
            ClockAlignment? clock = null;
            Progress.Show(around, quiet, "aligning", _ => clock = marker is null ? ClockAlignment.ByFacts(sources) : ClockAlignment.ByMarker(sources, marker));
            var merged = new MergedSource(sources, clock!);
            Say("on one clock by " + clock!.How);
            Write(merged, kind, target, compress);
            return traces.Max(t => EventConversion.ExitCode(t.File.Source.Facts));
        }
        finally
        {
            foreach (TraceInput trace in traces)
                trace.Dispose();
        }
    }

    private void Write(MergedSource merged, Formats.Kind kind, string target, bool compress)
    {
        using var signals = Recorder.CaughtSignals.Begin(Recorder.CaughtSignals.AsksToEnd);
        using OutputFile file = OutputFile.Begin(target);
        using (IEventWriter writer = kind == Formats.Kind.Perfetto
            ? new PerfettoEventWriter(file.Stream, compress)
            : new ChromeJsonEventWriter(file.Stream, new ChromeJsonWriterOptions { Compress = kind == Formats.Kind.PackedJson }))
        {
            writer.Begin(merged, null);
            Progress.Show(around, quiet, "writing", report => merged.Read(writer, EventParts.All, report));
            writer.Finish(Ledger.Empty);
            foreach (string what in writer.LeftOut)
                Say("not in the output, the format has no place for it: " + what);
        }

        long bytes = file.Keep();
        Say($"{Path.GetRelativePath(around.WorkingDirectory, target)}: {Quantity.Bytes(bytes)}");
        foreach (string remark in merged.Facts.Remarks)
            Say(remark);
    }

    private void Say(string line)
    {
        if (!quiet)
            around.Error.WriteLine("viztrace: " + Printable.Text(line));
    }
}
