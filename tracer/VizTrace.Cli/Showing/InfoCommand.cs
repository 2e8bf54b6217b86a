using VizTrace.Capture;
using VizTrace.Cli.Converting;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Model.Info;
using VizTrace.Model.Slices;

namespace VizTrace.Cli.Showing;

/// <summary><c>viztrace info INPUT</c>.</summary>
internal sealed class InfoCommand(Surroundings around)
{
    /// <summary>What may not be read does not count.</summary>
    private static readonly EnumerationOptions s_all = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = 0 };

    /// <summary>
    /// Reads, counts, prints; the exit code. <paramref name="listMethods"/>: what became of every method instead of the rest, of those that match
    /// <paramref name="methods"/> when it is given.
    /// </summary>
    public int Run(string input, bool json, int top, bool listMethods, string? methods, bool quiet)
    {
        MethodPattern? pattern = null;
        if (methods is not null && (pattern = MethodPattern.TryParse(methods, out string problem)) is null)
            throw new TraceException(ErrorId.BadOption, $"--coverage {methods}: {problem}");
        string path = around.FullPath(input);
        InfoCollector? collector = null;
        IReadOnlyList<Ledger> ledgers = [];
        int exitCode = 0;
        if (Directory.Exists(path))
        {
            Progress.Show(around, quiet, "reading", report => collector = Read(path, report));
        }
        else
        {
            TraceFile? file = null;
            Progress.Show(around, quiet, "looking", report => file = TraceFile.Open(path, report));
            ledgers = file!.Source.Facts.Ledgers;
            exitCode = EventConversion.ExitCode(file.Source.Facts);
            Progress.Show(around, quiet, "reading", report => collector = Count(file, report));
        }

        TraceInfo info = collector?.Result ?? throw new InvalidOperationException($"the reader of {path} did not finish");
        long bytes = SizeOf(path);
        if (json)
            InfoJson.Write(around.Output, input, bytes, info, ledgers, pattern);
        else if (listMethods)
            CoverageReport.WriteMethods(around.Output, info, pattern);
        else
            InfoText.Write(around.Output, input, bytes, info, ledgers, top);
        return exitCode;
    }

    /// <summary>Our own traces are read as calls, with all that they say of themselves; those of other tools slice by slice.</summary>
    private InfoCollector Count(TraceFile file, Action<double> report)
    {
        if (file.IsOurs)
            return Read(file.Path, report);
        InfoCollector? collector = null;
        file.Guard(() =>
        {
            var walk = new SliceWalk(file.Source, EventParts.Times | EventParts.Names, Path.GetTempPath());
            // A walk that finds events out of order starts anew, and so does the count.
            walk.Run(() => new SliceCalls(file.Source, collector = new InfoCollector()), report).Finish();
        });
        return collector!;
    }

    private InfoCollector Read(string path, Action<double> report)
    {
        var collector = new InfoCollector();
        Formats.Read(path, around.Captures, collector, report);
        return collector;
    }

    /// <summary>Pools of a running or crashed recording are links into memory: what they lead to counts.</summary>
    private static long SizeOf(string path) => Directory.Exists(path)
        ? new DirectoryInfo(path).EnumerateFiles("*", s_all).Sum(f => ((f.ResolveLinkTarget(returnFinalTarget: true) as FileInfo) ?? f) is { Exists: true } file ? file.Length : 0)
        : new FileInfo(path).Length;
}
