using VizTrace.Model;

namespace VizTrace.Cli.Converting;

/// <summary>
/// What a command is given to read: a trace file, or a capture, which is converted into a temporary trace first. Dispose it to remove that.
/// </summary>
internal sealed class TraceInput : IDisposable
{
    private readonly string? _temporary;

    private TraceInput(TraceFile file, string? temporary)
    {
        File = file;
        _temporary = temporary;
    }

    /// <summary>The trace.</summary>
    public TraceFile File { get; }

    /// <summary>Opens what <paramref name="input"/> names, and reads it once unless whoever asks does that (<paramref name="isRead"/> false).</summary>
    public static TraceInput Open(Surroundings around, string input, bool quiet, bool isRead = true)
    {
        string path = around.FullPath(input);
        string? temporary = null;
        try
        {
            if (Directory.Exists(path))
            {
                temporary = Path.Combine(Path.GetTempPath(), $"viztrace-{Environment.ProcessId}-{Guid.NewGuid():N}.pftrace");
                WriteTrace(around, path, temporary, quiet);
            }

            TraceFile? file = null;
            Progress.Show(around, quiet, "reading", report => file = TraceFile.Open(temporary ?? path, report, isRead));
            return new TraceInput(file!, temporary);
        }
        catch (IOException e) when (temporary is not null)
        {
            System.IO.File.Delete(temporary);
            throw new TraceException(ErrorId.BadOutput, $"{temporary}: cannot be written: {e.Message}", e);
        }
        catch
        {
            if (temporary is not null)
                System.IO.File.Delete(temporary);
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_temporary is not null)
            System.IO.File.Delete(_temporary);
    }

    private static void WriteTrace(Surroundings around, string capture, string to, bool quiet)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var stream = new FileStream(to, options);
        ITraceSink writer = Formats.Writer(Formats.Kind.Perfetto, stream, compress: true);
        using (writer as IDisposable)
            Progress.Show(around, quiet, "reading", report => Formats.Read(capture, around.Captures, writer, report));
    }
}
