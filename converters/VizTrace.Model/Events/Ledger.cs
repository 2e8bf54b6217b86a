namespace VizTrace.Model.Events;

/// <summary>What one command took out of a trace: written into its output, printed by <c>info</c>, so that nothing vanishes silently.</summary>
/// <param name="Command">The command, as it could be given again: <c>filter --drop-thread Monitor*</c>.</param>
/// <param name="Entries">One for each filter, in their order.</param>
public sealed record Ledger(string Command, IReadOnlyList<LedgerEntry> Entries)
{
    /// <summary>Nothing was taken out.</summary>
    public static Ledger Empty { get; } = new("", []);

    /// <summary>Time covered by what is left, ns on the trace's clock.</summary>
    public long StartNs { get; init; }

    /// <summary>See <see cref="StartNs"/>.</summary>
    public long EndNs { get; init; }

    /// <summary>Slices that are left.</summary>
    public long KeptSlices { get; init; }
}

/// <summary>What one filter took out.</summary>
/// <param name="Filter">Option and value: <c>--drop-thread Monitor*</c>.</param>
/// <param name="Slices">Slices.</param>
/// <param name="Events">Events of the file, those of the slices among them.</param>
/// <param name="Bytes">Bytes of the file, uncompressed.</param>
public sealed record LedgerEntry(string Filter, long Slices, long Events, long Bytes)
{
    /// <summary>Slices that stayed and were changed: clipped, merged, without arguments.</summary>
    public long Changed { get; init; }

    /// <summary>Flows that were cut because one of their ends is gone.</summary>
    public long Flows { get; init; }
}
