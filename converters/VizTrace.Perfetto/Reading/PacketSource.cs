using System.Buffers.Binary;
using System.IO.Compression;
using VizTrace.Model;
using VizTrace.Perfetto.Deflate;

namespace VizTrace.Perfetto.Reading;

/// <summary>
/// Hands out the packets of a trace one after the other, those inside compressed packets too. Holds one packet (and one unpacked block)
/// at a time. Damage ends the walk or skips a block, and is told. What a length claims is believed only as bytes arrive.
/// </summary>
internal sealed class PacketSource
{
    // A packet or an unpacked block of this size or more is damage: Perfetto asks for less than half a megabyte.
    private const int TooLarge = 64 << 20;

    private readonly Stream _stream;
    private readonly Action<string> _remark;
    private readonly Action _gap;
    private byte[] _buffer = new byte[1 << 20];
    private int _start;
    private int _end;
    private long _offset;
    private byte[] _block = new byte[1 << 20];
    private int _blockPosition;
    private int _blockLength;
    private long _damagedBlocks;
    private long _firstDamagedBlock;

    /// <summary>Creates a source.</summary>
    /// <param name="stream">Read from where it stands; not closed.</param>
    /// <param name="remark">Gets a line for people for each kind of damage.</param>
    /// <param name="gap">Called where packets are missing, before the next one is handed out.</param>
    public PacketSource(Stream stream, Action<string> remark, Action gap)
    {
        _stream = stream;
        _remark = remark;
        _gap = gap;
    }

    /// <summary>Bytes of the file that have been handed out.</summary>
    public long Offset => _offset;

    /// <summary>The next packet, valid until the next call; false at the end.</summary>
    /// <exception cref="TraceException">The file does not begin like a trace.</exception>
    public bool Next(out ReadOnlySpan<byte> packet)
    {
        while (true)
        {
            if (_blockPosition < _blockLength)
            {
                if (NextInBlock(out packet)) return true;
                continue;
            }
            if (!NextInFile(out packet))
            {
                if (_damagedBlocks > 0) _remark(DamagedBlocks());
                return false;
            }
            switch (packet)
            {
                // Tags of compressed_packets and zstd_compressed_packets. Such a packet has no other field.
                case [0x92, 0x03, ..]:
                    Unpack(packet);
                    break;
                case [0xAA, 0x08, ..]:
                    _remark("Packets compressed with zstd were skipped: they cannot be read yet");
                    _gap();
                    break;
                default:
                    return true;
            }
        }
    }

    private bool NextInBlock(out ReadOnlySpan<byte> packet)
    {
        var bytes = _block.AsSpan(_blockPosition, _blockLength - _blockPosition);
        if (!ReadHeader(bytes, out var field, out var header, out var length) || length > bytes.Length - header)
        {
            SkipBlock();
            packet = default;
            return false;
        }
        _blockPosition += header + (int)length;
        packet = bytes.Slice(header, (int)length);
        return field == 1;
    }

    private bool NextInFile(out ReadOnlySpan<byte> packet)
    {
        packet = default;
        while (true)
        {
            if (_end - _start < 16) Fill(16);
            if (_end == _start) return false;
            var known = ReadHeader(_buffer.AsSpan(_start, _end - _start), out var field, out var header, out var length);
            if (_offset == 0 && (!known || field != 1))
                throw new TraceException(ErrorId.BadInput, "this is no Perfetto trace: it does not begin with a packet");
            if (!known || length >= TooLarge)
            {
                _remark(_end - _start < 16 ? CutShort() : $"The trace is damaged at byte {_offset:N0}; what follows was not read");
                return false;
            }
            if (_end - _start < header + length) Fill(header + (int)length);
            if (_end - _start < header + length)
            {
                if (_offset == 0) throw new TraceException(ErrorId.BadInput, "this is no Perfetto trace, or it was cut off inside its first packet");
                _remark(CutShort());
                return false;
            }
            packet = _buffer.AsSpan(_start + header, (int)length);
            _start += header + (int)length;
            _offset += header + length;
            if (field == 1) return true;
        }
    }

    private string CutShort() => $"The trace is cut off after byte {_offset:N0}: its last packet is not whole";

    private void Fill(int wanted)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        while (_end < wanted)
        {
            if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            var n = _stream.Read(_buffer.AsSpan(_end));
            if (n == 0) return;
            _end += n;
        }
    }

    // Tag and length in front of a packet. Fields other than packets are told and skipped by their length; other wire types are damage.
    private static bool ReadHeader(ReadOnlySpan<byte> bytes, out int field, out int header, out long length)
    {
        field = header = 0;
        length = 0;
        if (!WireFormat.TryReadVarint(bytes, ref header, out var tag) || (tag & 7) != WireFormat.LengthDelimited || !WireFormat.TryReadVarint(bytes, ref header, out var size)) return false;
        field = (int)(tag >> 3);
        length = (long)Math.Min(size, long.MaxValue / 2);
        return true;
    }

    private void Unpack(ReadOnlySpan<byte> packet)
    {
        _blockPosition = _blockLength = 0;
        var cursor = new ProtoCursor(packet);
        if (!cursor.Next() || !TryUnpack(packet.Length - cursor.Start, cursor.Bytes.Length)) SkipBlock();
    }

    // The stream lies in _buffer, which stays as it is until the next packet is asked for; it begins so many bytes before _start.
    private bool TryUnpack(int before, int length)
    {
        using var zlib = new ZLibStream(new MemoryStream(_buffer, _start - before, length, false), CompressionMode.Decompress);
        try
        {
            while (true)
            {
                if (_blockLength == _block.Length)
                {
                    if (_blockLength >= TooLarge) return false;
                    Array.Resize(ref _block, _block.Length * 2);
                }
                var n = zlib.Read(_block.AsSpan(_blockLength));
                if (n == 0) break;
                _blockLength += n;
            }
        }
        catch (InvalidDataException)
        {
            return false;
        }
        // A stream that ends too early is no error to ZLibStream.
        return length >= sizeof(uint)
            && BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start - before + length - sizeof(uint))) == Adler32.Append(Adler32.Seed, _block.AsSpan(0, _blockLength));
    }

    // All of it: the checksum tells that there is damage, not where it begins.
    private void SkipBlock()
    {
        _blockPosition = _blockLength = 0;
        if (_damagedBlocks++ == 0) _firstDamagedBlock = _offset;
        _gap();
    }

    private string DamagedBlocks() => _damagedBlocks == 1
        ? $"A compressed packet before byte {_firstDamagedBlock:N0} is damaged; what is in it was skipped"
        : $"{_damagedBlocks:N0} compressed packets are damaged, the first before byte {_firstDamagedBlock:N0}; what is in them was skipped";
}
