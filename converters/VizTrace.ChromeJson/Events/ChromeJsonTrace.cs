using System.IO.Compression;
using VizTrace.ChromeJson.Events;
using VizTrace.ChromeJson.Rows;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson;

/// <summary>
/// A trace in Chrome's JSON format, of any tool and any size: read as a stream, events in the order of the file, whatever that is. Metadata
/// events are no events here: they make rows and facts, and have no ordinals. What is in memory: a window of a megabyte (32 for a single
/// event that is so large), rows, texts, stack frames. See FORMAT.md. Belongs to one thread at a time.
/// </summary>
public sealed partial class ChromeJsonTrace : ITraceSource, ITraceRewriter
{
    private readonly Func<Stream> _open;
    private bool _wasRead;

    /// <summary>A trace whose bytes <paramref name="open"/> gives, anew from the beginning for each reading; it is closed after it. gzip is seen by its first bytes.</summary>
    public ChromeJsonTrace(Func<Stream> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        _open = open;
        Rows = new TraceRows(Tracks);
        Frames = new StackFrames(Texts, Stacks);
    }

    /// <inheritdoc />
    public TrackTable Tracks { get; } = new();

    /// <inheritdoc />
    public TextTable Texts { get; } = new();

    /// <inheritdoc />
    public StackTable Stacks { get; } = new();

    /// <inheritdoc />
    public TraceFacts Facts { get; } = new() { Format = "Chrome JSON" };

    internal TraceRows Rows { get; }

    internal StackFrames Frames { get; }

    /// <summary>What the file's times are since, ns; 0 when it does not say.</summary>
    internal long StartNs { get; set; }

    /// <summary>Whether the file is compressed.</summary>
    internal bool IsCompressed { get; private set; }

    /// <inheritdoc />
    public void Read(IEventSink sink, EventParts parts, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        using Stream text = OpenText(progress);
        bool isFirst = !_wasRead;
        var scan = new ReadScan(text, this, sink, parts, isFirst);
        scan.Run();
        _wasRead = true;
        Frames.IsComplete = true;
    }

    private Stream OpenText(Action<double>? progress)
    {
        Stream file = _open();
        byte[] start = new byte[16];
        int got = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        IsCompressed = got >= 2 && start[0] == 0x1F && start[1] == 0x8B;
        var whole = new PrefixedStream(start.AsMemory(0, got), file, IsCompressed ? null : progress, ownsInner: true);
        if (!IsCompressed)
            return whole;
        long length = file.CanSeek ? file.Length : 0;
        return new ReadAheadStream(
            new GZipStream(whole, CompressionMode.Decompress), length > 0 ? progress : null, () => length > 0 ? Math.Min(1, (double)file.Position / length) : 0);
    }
}
