using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.Perfetto.Events;

/// <summary>
/// A Perfetto protobuf trace of any tool as events: read as often as wanted, and written anew (see the part in Editing/). Times are those
/// that the viewer shows. Memory grows with rows, texts and stacks, never with events. Belongs to one thread at a time.
/// </summary>
public sealed partial class PerfettoTrace : ITraceSource, ITraceRewriter
{
    private readonly Func<Stream> _open;
    private bool _isRead;

    /// <summary>Creates a trace that is read from the streams of <paramref name="open"/>, each from its beginning; they are closed.</summary>
    public PerfettoTrace(Func<Stream> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        _open = open;
        Facts.Format = "Perfetto protobuf";
    }

    /// <inheritdoc/>
    public TrackTable Tracks { get; } = new();

    /// <inheritdoc/>
    public TextTable Texts { get; } = new();

    /// <inheritdoc/>
    public StackTable Stacks { get; } = new();

    /// <inheritdoc/>
    public TraceFacts Facts { get; } = new();

    /// <summary>A trace in a file, which is opened for each reading.</summary>
    public static PerfettoTrace Open(string path) => new(() => OpenFile(path));

    /// <inheritdoc/>
    public void Read(IEventSink sink, EventParts parts, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        using var stream = _open();
        var first = !_isRead;
        var decoder = new TraceDecoder(this, first, parts, parts == EventParts.None ? null : new Forward(sink));
        var walker = new PacketWalker(stream, first ? Facts : null, progress);
        walker.Walk(new Visitor(decoder, parts));
        decoder.Finish();
        if (first) Facts.Bytes = walker.UnpackedBytes;
        _isRead = true;
    }

    private static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TraceException(ErrorId.NotFound, $"there is no file {path}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TraceException(ErrorId.NoPermission, $"{path} may not be read", e);
        }
    }

    private sealed class Forward(IEventSink sink) : IPlacedSink
    {
        public void Event(scoped in TraceEvent e, EventPlace place) => sink.Event(in e);
    }

    private sealed class Visitor(TraceDecoder decoder, EventParts parts) : IPacketVisitor
    {
        private readonly bool _isShort = TraceDecoder.IsShort(parts);
        private readonly bool _tells = parts != EventParts.None;

        public void Packet(byte[] buffer, int raw, int start, int end)
        {
            var packet = buffer.AsSpan(start, end - start);
            if (!_isShort || !decoder.TryShort(buffer, start, end, out _, _tells, end - raw)) decoder.Packet(packet, end - raw);
        }

        public void Foreign(byte[] buffer, int raw, int end)
        {
        }

        public void BeginBlock(byte[] buffer, int raw, int end)
        {
        }

        public void EndBlock()
        {
        }

        public void Gap() => decoder.Gap();

        public void Release()
        {
        }
    }
}
