using VizTrace.Model.Events;
using TextTable = VizTrace.Cli.Showing.TextTable;

namespace VizTrace.Cli.Filtering;

/// <summary>What filters took out, as a table for people.</summary>
internal static class LedgerTable
{
    /// <summary>Writes a row for each filter and what is left.</summary>
    public static void Write(TextWriter to, Ledger ledger)
    {
        var table = new TextTable(">slices", ">events", ">bytes", ">changed", ">flows cut", "filter");
        foreach (LedgerEntry entry in ledger.Entries)
        {
            table.Add(
                Quantity.Number(entry.Slices), Quantity.Number(entry.Events), Quantity.Bytes(entry.Bytes),
                Quantity.Number(entry.Changed), Quantity.Number(entry.Flows), entry.Filter);
        }

        table.Write(to);
        string span = ledger.EndNs > ledger.StartNs ? $" in {Quantity.Time(ledger.EndNs - ledger.StartNs)}" : "";
        to.WriteLine($"  left: {Quantity.Number(ledger.KeptSlices, "slice")}{span}");
    }
}
