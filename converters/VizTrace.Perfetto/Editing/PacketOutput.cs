using System.IO.Compression;
using VizTrace.Perfetto.Writing;

namespace VizTrace.Perfetto.Editing;

/// <summary>
/// Writes packets: runs of those that stay as they are with one write, blocks that did not change as they were, changed ones compressed
/// again. Holds one block. Not thread-safe.
/// </summary>
internal sealed class PacketOutput(Stream output, bool? compress)
{
    // Enough to compress well; the schema asks for less than 512 KB compressed.
    private const int BlockBytes = 256 << 10;
    private const int BufferBytes = 1 << 20;

    private readonly ByteBuilder _out = new(BufferBytes + (1 << 16));
    private readonly ByteBuilder _block = new();
    private readonly MemoryStream _packed = new();
    private byte[] _run = [];
    private int _runStart;
    private int _runEnd;
    private bool _inBlock;
    private bool _changed;
    private byte[] _original = [];
    private int _originalStart;
    private int _originalEnd;

    /// <summary>Bytes of a packet, tag and length among them, stay as they are. They may be looked at until <see cref="Release"/>.</summary>
    public void Keep(byte[] buffer, int raw, int end)
    {
        if (raw != _runEnd || buffer != _run)
        {
            Release();
            _run = buffer;
            _runStart = raw;
        }
        _runEnd = end;
    }

    /// <summary>A packet is left out.</summary>
    public void Drop() => _changed = true;

    /// <summary>A packet's content; tag and length are put before it.</summary>
    public void Packet(ReadOnlySpan<byte> content)
    {
        Release();
        _changed = true;
        var to = Target();
        to.Bytes(1, content);
        Full();
    }

    /// <summary>The packets that follow were compressed together.</summary>
    public void BeginBlock(byte[] buffer, int raw, int end)
    {
        Release();
        Pack();
        _inBlock = true;
        _changed = false;
        (_original, _originalStart, _originalEnd) = (buffer, raw, end);
    }

    /// <summary>They are at their end.</summary>
    public void EndBlock()
    {
        if (!_changed && compress != false)
        {
            _runStart = _runEnd = 0;
            _block.Clear();
            _out.Append(_original.AsSpan(_originalStart, _originalEnd - _originalStart));
            _inBlock = false;
            Full();
            return;
        }
        Release();
        _inBlock = false;
        if (compress == false) _out.Append(_block.Span);
        else Pack();
        _block.Clear();
        Full();
    }

    /// <summary>The bytes that were handed over are going to change.</summary>
    public void Release()
    {
        if (_runEnd > _runStart)
        {
            var run = _run.AsSpan(_runStart, _runEnd - _runStart);
            if (!_inBlock && compress != true && run.Length >= BufferBytes / 4)
            {
                Flush();
                Write(run);
            }
            else
            {
                Target().Append(run);
            }
        }
        _run = [];
        _runStart = _runEnd = 0;
        Full();
    }

    /// <summary>Writes what is still held.</summary>
    public void Finish()
    {
        Release();
        Pack();
        Flush();
    }

    private ByteBuilder Target() => _inBlock || compress == true ? _block : _out;

    private void Full()
    {
        if (!_inBlock && _block.Length >= BlockBytes) Pack();
        if (_out.Length >= BufferBytes) Flush();
    }

    private void Pack()
    {
        if (_block.Length == 0) return;
        _packed.SetLength(0);
        using (var zlib = new ZLibStream(_packed, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(_block.Span);
        var bytes = _packed.GetBuffer().AsSpan(0, (int)_packed.Length);
        var inner = 2 + WireFormat.VarintLength((ulong)bytes.Length) + bytes.Length;
        _out.Varint(WireFormat.Tag(1, WireFormat.LengthDelimited));
        _out.Varint((ulong)inner);
        _out.Bytes(50, bytes);
        _block.Clear();
    }

    private void Flush()
    {
        Write(_out.Span);
        _out.Clear();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            output.Write(bytes);
        }
        catch (IOException e)
        {
            throw ChunkPipeline.Explain(e);
        }
    }
}
