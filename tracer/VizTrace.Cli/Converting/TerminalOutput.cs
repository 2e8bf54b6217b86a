using System.Text;
using Spectre.Console;

namespace VizTrace.Cli.Converting;

/// <summary>The terminal behind standard error for the progress bar, without System.Console, which would set it up anew.</summary>
internal sealed class TerminalOutput(TextWriter error) : IAnsiConsoleOutput
{
    private const int UsualColumns = 80;
    private const int UsualRows = 24;

    /// <inheritdoc />
    public TextWriter Writer => error;

    /// <inheritdoc />
    public bool IsTerminal => true;

    /// <inheritdoc />
    public int Width => StandardDescriptors.Size(StandardDescriptors.Error).Columns is > 0 and var columns ? columns : UsualColumns;

    /// <inheritdoc />
    public int Height => StandardDescriptors.Size(StandardDescriptors.Error).Rows is > 0 and var rows ? rows : UsualRows;

    /// <inheritdoc />
    public void SetEncoding(Encoding encoding)
    {
    }
}
