using VizTrace.Model;

namespace VizTrace.Cli.Showing;

/// <summary>Rows of text in aligned columns, two blanks between them; the last column is not padded and may be of any width.</summary>
internal sealed class TextTable(params string[] heads)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row with as many cells as there are heads; what a terminal would obey is shown escaped.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Printable.Text)]);

    /// <summary>
    /// Writes heads and rows, each behind <paramref name="indent"/>. A head that begins with <c>&gt;</c> (not shown) aligns its column right.
    /// </summary>
    public void Write(TextWriter to, string indent = "  ")
    {
        bool[] right = [.. heads.Select(h => h.StartsWith('>'))];
        string[] shown = [.. heads.Select(h => h.TrimStart('>'))];
        int[] widths = [.. shown.Select((h, i) => _rows.Select(r => r[i].Length).Append(h.Length).Max())];
        foreach (string[] row in _rows.Prepend(shown))
        {
            IEnumerable<string> cells = row.Select((cell, i) => right[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            to.WriteLine((indent + string.Join("  ", cells)).TrimEnd());
        }
    }
}
