using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>What the trace says of a process.</summary>
internal static class ProcessInfos
{
    /// <summary>The process as the model has it.</summary>
    public static ProcessInfo Of(int id, ProcessCapture process)
    {
        Journal journal = process.Journal;
        string executable = journal.CommandLine.Split('\0')[0];
        string name = journal.EntryAssembly.Length > 0 ? Path.GetFileNameWithoutExtension(journal.EntryAssembly) : Path.GetFileName(executable);
        return new ProcessInfo(id, process.ProcessId, name.Length > 0 ? name : $"process {process.ProcessId}")
        {
            CommandLine = CommandLine(journal),
            Runtime = journal.Runtime.Length > 0 && char.IsAsciiDigit(journal.Runtime[0]) ? ".NET " + journal.Runtime : journal.Runtime,
            ExitCode = process.Ledger.ExitCode,
            Signal = process.Ledger.Signal,
        };
    }

    /// <summary>Command line, arguments parted by blanks.</summary>
    public static string CommandLine(Journal journal) => journal.CommandLine.TrimEnd('\0').Replace('\0', ' ');

    /// <summary>Name of the probe; empty when not known.</summary>
    public static string Probe(ProcessCapture process) => process.Pool is { } pool ? Name((ProbeKind)pool.Header.Probe) : Name(process.Journal.Probe);

    /// <summary>CLOCK_MONOTONIC ns at which the recording of a process ended: with its end, when it went blind, else when it was last heard of.</summary>
    public static long EndNs(ProcessCapture process)
    {
        if (Blind(process, untold: 0) is { } blind)
            return Math.Min(blind.Ns, process.Ledger.ExitNs ?? long.MaxValue);
        if (process.Ledger.ExitNs is { } exitNs)
            return exitNs;
        // Where the pool lost records and nobody saw the end, it may have gone blind with the last record; the journal goes on.
        bool lost = process.Pool is { Header.LostRecords: > 0 };
        return lost ? LastRecordNs(process) : Math.Max(LastRecordNs(process), Math.Max(process.Clock.ToNs(process.Journal.LastTicks), process.Ledger.LastNs));
    }

    /// <summary>
    /// From when on a process was not recorded any more, and why; null when it was recorded to its end. <paramref name="untold"/> are the
    /// records that its threads lost and got no chunk after, in which to tell of it: without a recorder nobody gives them one.
    /// </summary>
    public static (long Ns, string Reason)? Blind(ProcessCapture process, long untold)
    {
        if (process.Ledger.Blind is { } told)
        {
            string reason = Reasons.Of(told.Reason);
            return (told.Ticks != 0 ? process.Clock.ToNs(told.Ticks) : told.Ns, told.Text.Length > 0 ? $"{reason}: {told.Text}" : reason);
        }

        if (process.Pool is { Header.Stop: not 0 } pool)
            return (process.Clock.ToNs(pool.Header.StopTicks), Reasons.Of((StopReason)pool.Header.Stop));
        return process.Ledger.ExitNs is null && untold > 0 ? (LastRecordNs(process), "the recorder ended") : null;
    }

    private static long LastRecordNs(ProcessCapture process) =>
        process.LastRecordTicks > 0 ? process.Clock.ToNs(process.LastRecordTicks) : process.StartNs ?? 0;

    private static string Name(ProbeKind probe) => probe switch
    {
        ProbeKind.Stub => "stub",
        ProbeKind.Portable => "portable",
        _ => "",
    };
}
