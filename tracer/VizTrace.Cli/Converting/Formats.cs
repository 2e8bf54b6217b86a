using VizTrace.ChromeJson;
using VizTrace.Model;
using VizTrace.Perfetto;

namespace VizTrace.Cli.Converting;

/// <summary>Which ending means which format, and which first bytes.</summary>
internal static class Formats
{
    /// <summary>Tag of the first packet; also a line end, with which JSON could begin but never does in practice.</summary>
    private const byte PerfettoFirstByte = 0x0A;

    /// <summary>What a trace file can be.</summary>
    internal enum Kind
    {
        /// <summary>Perfetto's protobuf.</summary>
        Perfetto,

        /// <summary>Chrome JSON.</summary>
        Json,

        /// <summary>Chrome JSON, gzip.</summary>
        PackedJson,

        /// <summary>EventPipe's file, as dotnet-trace writes it; read only.</summary>
        NetTrace,

        /// <summary>JSON for speedscope.app; written only, as those below.</summary>
        Speedscope,

        /// <summary>Stacks in one line each, with their time: for flame graphs.</summary>
        Collapsed,

        /// <summary>pprof's protobuf, gzip.</summary>
        Pprof,

        /// <summary>A line a slice.</summary>
        Csv,
    }

    private const string TraceEndings = ".pftrace, .perfetto-trace, .json or .json.gz";
    private const string Endings = ".pftrace, .perfetto-trace, .json, .json.gz, .speedscope.json, .collapsed, .pb.gz or .csv";

    /// <summary>The format that a file's name asks for; <see cref="ErrorId.UnknownFormat"/> when none.</summary>
    public static Kind OfOutput(string path) =>
        KindOf(path) ?? throw new TraceException(ErrorId.UnknownFormat, $"{path}: the ending names no format: {Endings}");

    /// <summary>The format of a whole trace that a file's name asks for; <see cref="ErrorId.UnknownFormat"/> when none.</summary>
    public static Kind OfTrace(string path)
    {
        Kind? kind = KindOf(path);
        return kind is { } known && IsTrace(known)
            ? known
            : throw new TraceException(ErrorId.UnknownFormat, $"{path}: the ending names no {(kind is null ? "" : "trace ")}format: {TraceEndings}");
    }

    /// <summary>Whether the whole trace can be written in it, and not what can be counted in it only.</summary>
    public static bool IsTrace(Kind kind) => kind is Kind.Perfetto or Kind.Json or Kind.PackedJson;

    /// <summary>What a file is by its first bytes; <see cref="ErrorId.BadInput"/> when none of what we read. Leaves it at its start.</summary>
    public static Kind OfInput(FileStream file)
    {
        if (!file.CanSeek)
            throw new TraceException(ErrorId.BadInput, "no regular file");
        Span<byte> start = stackalloc byte[64];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        if (start.IsEmpty)
            throw new TraceException(ErrorId.BadInput, "the file is empty");
        if (start.StartsWith("Nettrace"u8))
            return Kind.NetTrace;
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return Kind.PackedJson;
        if (LooksLikeJson(start))
            return Kind.Json;
        if (start[0] == PerfettoFirstByte)
            return Kind.Perfetto;
        throw new TraceException(ErrorId.BadInput, "no trace of a known format: neither Perfetto protobuf nor Chrome JSON nor nettrace");
    }

    /// <summary>A writer of <paramref name="kind"/>; whether it closes <paramref name="stream"/> is its own affair, closing twice does no harm.</summary>
    public static ITraceSink Writer(Kind kind, Stream stream, bool compress) => kind switch
    {
        Kind.Json => new ChromeJsonWriter(stream),
        Kind.PackedJson => new ChromeJsonWriter(stream, new ChromeJsonWriterOptions { Compress = true }),
        _ => new PerfettoWriter(stream, new PerfettoWriterOptions { Compress = compress }),
    };

    /// <summary>
    /// Reads a capture directory or a trace of any known format into <paramref name="sink"/>. <paramref name="progress"/> gets the part read,
    /// 0 to 1. Errors name the path.
    /// </summary>
    public static void Read(string path, ICaptureSource captures, ITraceSink sink, Action<double>? progress)
    {
        if (Directory.Exists(path))
        {
            ReadCapture(path, captures, sink, progress);
            return;
        }

        using FileStream file = Open(path);
        try
        {
            ReadFile(file, sink, progress);
        }
        catch (TraceException e) when (e.Id is ErrorId.BadInput or ErrorId.WrongVersion)
        {
            throw new TraceException(e.Id, $"{path}: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new TraceException(ErrorId.BadInput, $"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static void ReadCapture(string path, ICaptureSource captures, ITraceSink sink, Action<double>? progress)
    {
        bool isCapture;
        try
        {
            isCapture = captures.IsCapture(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TraceException(ErrorId.NoPermission, $"{path}: no permission to read", e);
        }

        if (!isCapture)
            throw new TraceException(ErrorId.BadInput, $"{path}: no capture: a directory without a settings file");
        captures.Read(path, sink, progress);
    }

    private static void ReadFile(FileStream file, ITraceSink sink, Action<double>? progress)
    {
        if (OfInput(file) == Kind.Perfetto)
            PerfettoReader.Read(file, sink, progress);
        else
            ChromeJsonReader.Read(file, sink, progress);
    }

    /// <summary>gzip, or a brace or bracket as the first character.</summary>
    private static bool LooksLikeJson(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return true;
        if (start.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            start = start[3..];
        int first = start.IndexOfAnyExcept(" \t\r\n"u8);
        return first >= 0 && start[first] is (byte)'{' or (byte)'[';
    }

    /// <summary>Opens a file for reading; the errors are ours.</summary>
    public static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TraceException(ErrorId.NotFound, $"{path}: there is no such file or directory", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TraceException(ErrorId.NoPermission, $"{path}: no permission to read", e);
        }
        catch (IOException e)
        {
            throw new TraceException(ErrorId.BadInput, $"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static Kind? KindOf(string path)
    {
        string name = Path.GetFileName(path);
        if (Ends(name, ".pftrace") || Ends(name, ".perfetto-trace"))
            return Kind.Perfetto;
        if (Ends(name, ".speedscope.json"))
            return Kind.Speedscope;
        if (Ends(name, ".json"))
            return Kind.Json;
        if (Ends(name, ".json.gz"))
            return Kind.PackedJson;
        if (Ends(name, ".collapsed") || Ends(name, ".folded"))
            return Kind.Collapsed;
        if (Ends(name, ".pb.gz") || Ends(name, ".pprof"))
            return Kind.Pprof;
        if (Ends(name, ".csv"))
            return Kind.Csv;
        return null;
    }

    private static bool Ends(string name, string ending) => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase);
}
