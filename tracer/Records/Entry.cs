using System.Buffers.Binary;
using System.Text;

namespace VizTrace.Records;

/// <summary>
/// Framing of journal and ledger: payload length (u32), checksum of the payload (u32), kind (u32), payload. Appended with one write each,
/// so that a killed process leaves at most one torn entry, at the end. Numbers are little endian; a string is its UTF-8 length (u32) and bytes.
/// </summary>
internal static class Entry
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderBytes = 12;

    /// <summary>Longest payload that is believed; anything longer is damage.</summary>
    public const int MaxPayloadBytes = 1 << 20;

    /// <summary>Kinds that a reader takes for possible when it searches; more than there are.</summary>
    private const uint LastKind = 255;

    /// <summary>
    /// Reads the entry at the start of <paramref name="bytes"/>. False at the end, and for a torn or damaged entry; then
    /// <paramref name="length"/> is 0.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out uint kind, out ReadOnlySpan<byte> payload, out int length)
    {
        kind = 0;
        payload = default;
        length = 0;
        if (bytes.Length < HeaderBytes)
            return false;
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (size > MaxPayloadBytes || size > bytes.Length - HeaderBytes)
            return false;
        ReadOnlySpan<byte> body = bytes.Slice(HeaderBytes, (int)size);
        if (Checksum.Of(body) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]))
            return false;
        kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        payload = body;
        length = HeaderBytes + (int)size;
        return true;
    }

    /// <summary>
    /// Offset from <paramref name="from"/> on of the next entry whose kind, length and checksum fit; -1 when there is none. For going on behind
    /// a hole: an entry that was written in part stands before whole ones when there was room again. An empty payload is not believed there.
    /// </summary>
    public static int FindNext(ReadOnlySpan<byte> bytes, int from)
    {
        for (int at = from; at <= bytes.Length - HeaderBytes; at++)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            // The kind first: it leaves next to nothing for the checksum to be tried on.
            if (BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]) - 1 < LastKind && TryRead(rest, out _, out _, out int length) && length > HeaderBytes)
                return at;
        }

        return -1;
    }
}

/// <summary>Builds one entry in a caller's buffer; strings that do not fit are cut. Not thread-safe; allocates nothing.</summary>
internal ref struct EntryWriter
{
    private readonly Span<byte> _buffer;
    private int _position;

    /// <summary>Begins an entry of <paramref name="kind"/> in <paramref name="buffer"/> (at least 256 bytes).</summary>
    public EntryWriter(Span<byte> buffer, uint kind)
    {
        _buffer = buffer;
        _position = Entry.HeaderBytes;
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[8..], kind);
    }

    /// <summary>Appends a 32-bit number.</summary>
    public void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer[_position..], value);
        _position += 4;
    }

    /// <summary>Appends a 64-bit number.</summary>
    public void U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer[_position..], value);
        _position += 8;
    }

    /// <summary>Appends text as UTF-8; cut to what the buffer holds (room for 64 more bytes is kept for later fields).</summary>
    public void Text(ReadOnlySpan<char> text)
    {
        Span<byte> room = _buffer[(_position + 4)..Math.Max(_position + 4, _buffer.Length - 64)];
        Encoding.UTF8.GetEncoder().Convert(text, room, flush: true, out _, out int written, out _);
        U32((uint)written);
        _position += written;
    }

    /// <summary>Appends UTF-8 as it is; cut likewise.</summary>
    public void Utf8(ReadOnlySpan<byte> text)
    {
        int room = Math.Max(0, _buffer.Length - 64 - _position - 4);
        text = text[..Math.Min(text.Length, room)];
        U32((uint)text.Length);
        text.CopyTo(_buffer[_position..]);
        _position += text.Length;
    }

    /// <summary>Completes length and checksum; the whole entry, ready for one write.</summary>
    public readonly ReadOnlySpan<byte> Finish()
    {
        ReadOnlySpan<byte> payload = _buffer[Entry.HeaderBytes.._position];
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer, (uint)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer[4..], Checksum.Of(payload));
        return _buffer[.._position];
    }
}

/// <summary>Reads the fields of a payload in order. Past the end every number is 0 and every text empty (an older, shorter entry).</summary>
internal ref struct EntryReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>Next 32-bit number.</summary>
    public uint U32()
    {
        if (_rest.Length < 4)
            return 0;
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        _rest = _rest[4..];
        return value;
    }

    /// <summary>Next 64-bit number.</summary>
    public ulong U64()
    {
        if (_rest.Length < 8)
            return 0;
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
        _rest = _rest[8..];
        return value;
    }

    /// <summary>Next text; invalid UTF-8 becomes U+FFFD.</summary>
    public string Text()
    {
        uint length = Math.Min(U32(), (uint)_rest.Length);
        string text = Encoding.UTF8.GetString(_rest[..(int)length]);
        _rest = _rest[(int)length..];
        return text;
    }
}
