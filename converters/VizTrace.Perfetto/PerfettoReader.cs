using VizTrace.Model;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto;

/// <summary>
/// Reads Perfetto protobuf traces, as a stream: ours wholly (what <see cref="PerfettoWriter"/> wrote comes out again), those of other tools as
/// far as they hold calls on threads. What is not understood or damaged is skipped and told in the summary's remarks.
/// </summary>
public static class PerfettoReader
{
    // Packets between two reports of progress.
    private const int ReportEvery = 1 << 16;

    /// <summary>Reads a file; see <see cref="Read(Stream, ITraceSink, Action{double})"/>.</summary>
    /// <exception cref="TraceException">The file is missing, cannot be read, or is no trace.</exception>
    public static void Read(string path, ITraceSink sink, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
            Read(file, sink, progress);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TraceException(ErrorId.NotFound, $"{path}: there is no such file", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw Directory.Exists(path)
                ? new TraceException(ErrorId.BadInput, $"{path}: this is a directory", e)
                : new TraceException(ErrorId.NoPermission, $"{path}: no permission to read it", e);
        }
        catch (TraceException e) when (e.Id == ErrorId.BadInput && e.InnerException == null)
        {
            throw new TraceException(e.Id, $"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads a trace to its end and feeds <paramref name="sink"/> from Start to Finish, on the caller's thread.</summary>
    /// <param name="stream">Read from where it stands; not closed.</param>
    /// <param name="sink">Gets threads when they are first told, and again when more is known.</param>
    /// <param name="progress">Now and then gets how much has been read, 0 to 1; only when the stream knows its length.</param>
    /// <exception cref="TraceException">It is no trace; <see cref="ErrorId.BadInput"/>.</exception>
    public static void Read(Stream stream, ITraceSink sink, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(sink);
        var total = progress != null && stream.CanSeek ? stream.Length - stream.Position : 0;
        var importer = new TraceImporter(sink);
        var source = new PacketSource(stream, importer.Remark, importer.Gap);
        for (var n = 1; source.Next(out var packet); n++)
        {
            importer.Packet(packet);
            if (total > 0 && n % ReportEvery == 0) progress!((double)source.Offset / total);
        }
        if (source.Offset == 0) throw new TraceException(ErrorId.BadInput, "this is no Perfetto trace: it is empty");
        importer.Finish();
        if (total > 0) progress!(1);
    }
}
