using VizTrace.Model;
using VizTrace.Recorder;

namespace VizTrace.Cli.Converting;

/// <summary>From a capture or trace to a trace file, with progress and one summary.</summary>
internal sealed class Conversion(Surroundings around, bool quiet)
{
    /// <summary>Converts <paramref name="input"/> (full path) to <paramref name="output"/> (full path); what failed is thrown.</summary>
    public void Run(string input, string output, bool compress)
    {
        Formats.Kind kind = Formats.OfTrace(output);
        // From before the temporary file is there until it is gone, or has its name.
        using var signals = CaughtSignals.Begin(CaughtSignals.AsksToEnd);
        using OutputFile file = OutputFile.Begin(output);
        ITraceSink writer = Formats.Writer(kind, file.Stream, compress);
        var rows = new RowCounter(writer);
        // The writer owns the file's stream; a packed one writes its end when it is disposed.
        using (writer as IDisposable)
        {
            Progress.Show(around, quiet, "converting", report => Formats.Read(input, around.Captures, rows, report));
        }

        long bytes = file.Keep();
        if (!quiet)
            WriteSummary(output, bytes, rows.Summary ?? throw new InvalidOperationException($"the reader of {input} did not finish"), rows.Threads);
    }

    private void WriteSummary(string output, long bytes, TraceSummary summary, int threads)
    {
        string shown = Path.GetRelativePath(around.WorkingDirectory, output);
        if (shown.StartsWith("..", StringComparison.Ordinal))
            shown = output;
        string each = summary.Calls == 0 ? "" : $", {Quantity.Decimals((double)bytes / summary.Calls, 1)} bytes a call";
        Say($"{shown}: {Quantity.Bytes(bytes)}, {Quantity.Number(summary.Calls, "call")} on {Quantity.Number(threads, "thread")}{each}");
        if (summary.Unfinished > 0)
            Say($"{Quantity.Number(summary.Unfinished, "call was", "calls were")} still open at the end: marked unfinished");
        if (summary.LostRecords > 0)
            Say($"lost {Quantity.Number(summary.LostRecords, "record")}: viztrace info tells when and why");
        if (summary.DroppedPieces > 0)
            Say($"dropped {Quantity.Number(summary.DroppedPieces, "damaged piece")}");
        if (summary.BlindReason is { } reason)
            Say($"the program went on, but its end is not in the trace: {reason}");
        if (summary.NotRecorded.Count > 0)
            Say($"{Quantity.Number(summary.NotRecorded.Count, "method was", "methods were")} not recorded: viztrace info tells why");
        foreach (string remark in summary.Remarks)
            Say(remark);
        Say("to look at it, open https://ui.perfetto.dev and drop the file there");
    }

    private void Say(string line) => around.Error.WriteLine("viztrace: " + line);
}
