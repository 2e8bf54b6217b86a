namespace VizTrace.Cli.Converting;

/// <summary><c>viztrace convert INPUT -o FILE</c>.</summary>
internal sealed class ConvertCommand(Surroundings around)
{
    /// <summary>Converts; the exit code.</summary>
    public int Run(string input, string output, bool compress, bool quiet)
    {
        new Conversion(around, quiet).Run(around.FullPath(input), around.FullPath(output), compress);
        return 0;
    }
}
