using System.IO.Compression;
using Google.Protobuf;
using VizTrace.Perfetto.Editing;
using VizTrace.Perfetto.Proto;
using VizTrace.Perfetto.Events;

namespace VizTrace.Perfetto.Writing;

/// <summary>
/// Gathers packets and writes them, compressed or not, on another thread while the next ones are gathered: two buffers go round, so a slow
/// disk holds up the caller instead of filling memory. One caller at a time.
/// </summary>
internal sealed class BlockOutput(Stream output, bool compress)
{
    private const int BlockBytes = 512 << 10;

    private readonly MemoryStream _packed = new();
    private readonly ByteBuilder _header = new();
    private ByteBuilder _next = new(BlockBytes + (64 << 10));
    private Task _write = Task.CompletedTask;

    /// <summary>Where packets are appended, each with tag and length; <see cref="Full"/> is called behind each.</summary>
    public ByteBuilder Current { get; private set; } = new(BlockBytes + (64 << 10));

    /// <summary>Appends a packet.</summary>
    public void Packet(TracePacket packet)
    {
        Current.Bytes(1, packet.ToByteArray());
        Full();
    }

    /// <summary>Hands the buffer on when it is full.</summary>
    public void Full()
    {
        if (Current.Length >= BlockBytes) Swap();
    }

    /// <summary>Writes what is left and waits for it.</summary>
    public void Finish()
    {
        if (Current.Length > 0) Swap();
        _write.GetAwaiter().GetResult();
    }

    /// <summary>Waits for what is under way; its failure is nobody's business any more.</summary>
    public void Abandon() => _write.ContinueWith(static t => _ = t.Exception, TaskScheduler.Default).Wait();

    private void Swap()
    {
        _write.GetAwaiter().GetResult();
        (Current, _next) = (_next, Current);
        Current.Clear();
        var block = _next;
        _write = Task.Run(() => Write(block));
    }

    private void Write(ByteBuilder block)
    {
        try
        {
            if (!compress)
            {
                output.Write(block.Span);
                return;
            }
            _packed.SetLength(0);
            using (var zlib = new ZLibStream(_packed, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(block.Span);
            var bytes = _packed.GetBuffer().AsSpan(0, (int)_packed.Length);
            _header.Clear();
            _header.Varint(WireFormat.Tag(1, WireFormat.LengthDelimited));
            _header.Varint((ulong)(2 + WireFormat.VarintLength((ulong)bytes.Length) + bytes.Length));
            _header.Varint(WireFormat.Tag(PacketFields.Compressed, WireFormat.LengthDelimited));
            _header.Varint((ulong)bytes.Length);
            output.Write(_header.Span);
            output.Write(bytes);
        }
        catch (IOException e)
        {
            throw ChunkPipeline.Explain(e);
        }
    }
}
