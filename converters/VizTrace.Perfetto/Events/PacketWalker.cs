using System.Buffers.Binary;
using System.IO.Compression;
using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Deflate;

namespace VizTrace.Perfetto.Events;

/// <summary>Takes what a <see cref="PacketWalker"/> finds. Spans of the buffer are valid until <see cref="Release"/>.</summary>
internal interface IPacketVisitor
{
    /// <summary>A packet: it begins with its tag at <paramref name="raw"/>, its content is from <paramref name="start"/> to <paramref name="end"/>.</summary>
    void Packet(byte[] buffer, int raw, int start, int end);

    /// <summary>A field of the file that is no packet.</summary>
    void Foreign(byte[] buffer, int raw, int end);

    /// <summary>The packets that follow are out of this compressed one.</summary>
    void BeginBlock(byte[] buffer, int raw, int end);

    /// <summary>The compressed packet is at its end.</summary>
    void EndBlock();

    /// <summary>Packets are missing here.</summary>
    void Gap();

    /// <summary>What was handed out is about to be overwritten.</summary>
    void Release();
}

/// <summary>
/// Walks over the packets of a file, those inside compressed packets too. Holds a window of the file (a packet at least) and one unpacked
/// block. Damage ends the walk or skips a block and is told. What a length claims is believed only as bytes arrive. Not thread-safe.
/// </summary>
internal sealed class PacketWalker(Stream stream, TraceFacts? facts, Action<double>? progress)
{
    // A packet or an unpacked block of this size or more is damage: Perfetto asks for less than half a megabyte.
    private const int TooLarge = 64 << 20;
    private const int Window = 1 << 20;

    private byte[] _buffer = new byte[Window];
    private byte[] _block = [];
    private int _start;
    private int _end;
    private long _base;
    private long _damagedBlocks;
    private long _firstDamagedBlock;

    /// <summary>Bytes of the file that have been walked over.</summary>
    public long Offset => _base + _start;

    /// <summary>Bytes of packets, uncompressed.</summary>
    public long UnpackedBytes { get; private set; }

    /// <summary>Walks to the end.</summary>
    /// <exception cref="TraceException">The file does not begin like a trace.</exception>
    public void Walk(IPacketVisitor visitor)
    {
        var total = progress != null && stream.CanSeek ? stream.Length : 0;
        while (true)
        {
            // All whole packets of the window, without a check for more bytes.
            while (TryHeader(_buffer, _start, _end, out var field, out var start, out var length) && length <= _end - start)
            {
                if (field != 1 && Offset == 0) throw NoTrace();
                var end = start + (int)length;
                One(visitor, field, start, end);
                _start = end;
            }
            if (!Refill(visitor)) break;
            if (total > 0) progress!(Math.Min(1, (double)(_base + _start) / total));
        }
        visitor.Release();
        if (_damagedBlocks > 0)
        {
            facts?.Remarks.Add(_damagedBlocks == 1
                ? $"A compressed packet at byte {_firstDamagedBlock:N0} is damaged; what is in it was skipped"
                : $"{_damagedBlocks:N0} compressed packets are damaged, the first at byte {_firstDamagedBlock:N0}; what is in them was skipped");
        }
        progress?.Invoke(1);
    }

    private void One(IPacketVisitor visitor, int field, int start, int end)
    {
        if (field != 1)
        {
            visitor.Foreign(_buffer, _start, end);
            UnpackedBytes += end - _start;
            return;
        }
        // Tags of compressed_packets and zstd_compressed_packets. Such a packet has no other field.
        if (end - start > 2 && ((_buffer[start] == 0x92 && _buffer[start + 1] == 0x03) || (_buffer[start] == 0xAA && _buffer[start + 1] == 0x08)))
        {
            Block(visitor, _buffer[start] == 0xAA, start, end);
            return;
        }
        UnpackedBytes += end - _start;
        visitor.Packet(_buffer, _start, start, end);
    }

    private void Block(IPacketVisitor visitor, bool isZstd, int start, int end)
    {
        visitor.Release();
        var position = start + 2;
        var whole = WireFormat.TryReadVarint(_buffer.AsSpan(0, end), ref position, out var size) && size == (ulong)(end - position);
        var length = whole ? Unpack(isZstd, position, end - position) : -1;
        if (length >= 0 && !IsWhole(length)) length = -1;
        if (length < 0)
        {
            if (_damagedBlocks++ == 0)
            {
                _firstDamagedBlock = Offset;
                if (facts != null) facts.DamageOffset ??= Offset;
            }
            visitor.Gap();
            return;
        }
        UnpackedBytes += length;
        visitor.BeginBlock(_buffer, _start, end);
        for (var at = 0; at < length;)
        {
            TryHeader(_block, at, length, out var field, out var content, out var bytes);
            if (field == 1) visitor.Packet(_block, at, content, content + (int)bytes);
            else visitor.Foreign(_block, at, content + (int)bytes);
            at = content + (int)bytes;
        }
        visitor.Release();
        visitor.EndBlock();
    }

    private bool IsWhole(int length)
    {
        var at = 0;
        while (at < length)
        {
            if (!TryHeader(_block, at, length, out _, out var start, out var bytes) || bytes > length - start) return false;
            at = start + (int)bytes;
        }
        return true;
    }

    private int Unpack(bool isZstd, int start, int length)
    {
        var packed = new MemoryStream(_buffer, start, length, false);
        using Stream stream = isZstd ? new ZstdSharp.DecompressionStream(packed) : new ZLibStream(packed, CompressionMode.Decompress);
        var used = 0;
        try
        {
            while (true)
            {
                if (used == _block.Length)
                {
                    if (used >= TooLarge) return -1;
                    Array.Resize(ref _block, Math.Max(1 << 18, used * 2));
                }
                var n = stream.Read(_block.AsSpan(used));
                if (n == 0) break;
                used += n;
            }
        }
        catch (Exception e) when (e is InvalidDataException or ZstdSharp.ZstdException or EndOfStreamException)
        {
            return -1;
        }
        // A zlib stream that ends too early is no error to ZLibStream.
        return isZstd || (length >= sizeof(uint)
            && BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(start + length - sizeof(uint))) == Adler32.Append(Adler32.Seed, _block.AsSpan(0, used))) ? used : -1;
    }

    // Brings the rest of the packet at _start; false at the end, which may be a damaged one.
    private bool Refill(IPacketVisitor visitor)
    {
        visitor.Release();
        var rest = _end - _start;
        var wanted = 16;
        if (rest >= 16 || (rest > 0 && TryHeader(_buffer, _start, _end, out _, out _, out _)))
        {
            if (!TryHeader(_buffer, _start, _end, out var field, out var start, out var length) || length >= TooLarge)
            {
                if (Offset == 0) throw NoTrace();
                Damage($"The trace is damaged at byte {Offset:N0}; what follows was not read");
                return false;
            }
            if (Offset == 0 && field != 1) throw NoTrace();
            wanted = start - _start + (int)length;
        }
        _buffer.AsSpan(_start, rest).CopyTo(_buffer);
        _base += _start;
        _start = 0;
        _end = rest;
        while (_end < _buffer.Length || _end < wanted)
        {
            // A long packet: room grows only as its bytes arrive.
            if (_end == _buffer.Length) Array.Resize(ref _buffer, (int)Math.Min((long)_buffer.Length * 2, Math.Max(wanted, _buffer.Length + 1L)));
            var n = stream.Read(_buffer.AsSpan(_end));
            if (n == 0) break;
            _end += n;
            if (_end >= wanted && _end >= Window / 2) break;
        }
        if (_end > rest && TryHeader(_buffer, 0, _end, out _, out _, out _)) return true;
        if (_end > rest && _end >= 16) return true;
        if (_end == 0)
        {
            return false;
        }
        if (Offset == 0) throw new TraceException(ErrorId.BadInput, "this is no Perfetto trace, or it was cut off inside its first packet");
        if (_end == 0) return false;
        if (facts != null) facts.IsTruncated = true;
        Damage($"The trace is cut off after byte {Offset:N0}: its last packet is not whole");
        return false;
    }

    private void Damage(string remark)
    {
        if (facts == null) return;
        facts.DamageOffset ??= Offset;
        facts.Remarks.Add(remark);
    }

    private static TraceException NoTrace() => new(ErrorId.BadInput, "this is no Perfetto trace: it does not begin with a packet at byte 0");

    // Tag and length. Other wire types than messages are damage at this level.
    private static bool TryHeader(byte[] buffer, int at, int end, out int field, out int start, out long length)
    {
        start = at;
        // Nearly always: a packet of fewer than 16,384 bytes.
        if (end - at > 3 && buffer[at] == 0x0A)
        {
            int low = buffer[at + 1];
            field = 1;
            if (low < 0x80)
            {
                length = low;
                start = at + 2;
                return true;
            }
            int high = buffer[at + 2];
            if (high < 0x80)
            {
                length = (low & 0x7F) | (high << 7);
                start = at + 3;
                return true;
            }
        }
        field = 0;
        length = 0;
        var bytes = buffer.AsSpan(0, end);
        if (!WireFormat.TryReadVarint(bytes, ref start, out var tag) || (tag & 7) != WireFormat.LengthDelimited || tag >> 3 == 0
            || !WireFormat.TryReadVarint(bytes, ref start, out var size))
            return false;
        field = (int)Math.Min(tag >> 3, int.MaxValue);
        length = (long)Math.Min(size, long.MaxValue / 2);
        return true;
    }
}
