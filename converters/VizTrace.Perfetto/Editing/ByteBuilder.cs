using System.Buffers.Binary;

namespace VizTrace.Perfetto.Editing;

/// <summary>Bytes that grow at their end, with protobuf's fields. Used again and again. Not thread-safe.</summary>
internal sealed class ByteBuilder
{
    private byte[] _bytes;
    private int _length;

    /// <summary>Creates an empty one.</summary>
    public ByteBuilder(int capacity = 256) => _bytes = new byte[capacity];

    /// <summary>Bytes in use.</summary>
    public int Length => _length;

    /// <summary>What is in it; valid until it grows.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    /// <summary>The array below.</summary>
    public byte[] Array => _bytes;

    /// <summary>Empties it.</summary>
    public void Clear() => _length = 0;

    /// <summary>Appends bytes as they are.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Appends a varint.</summary>
    public void Varint(ulong value)
    {
        Reserve(WireFormat.MaxVarint);
        _length = WireFormat.PutVarint(_bytes, _length, value);
    }

    /// <summary>Appends an integer field.</summary>
    public void Number(int field, ulong value)
    {
        Reserve(2 * WireFormat.MaxVarint);
        _length = WireFormat.PutVarint(_bytes, _length, WireFormat.Tag(field, WireFormat.Varint));
        _length = WireFormat.PutVarint(_bytes, _length, value);
    }

    /// <summary>Appends an eight-byte field.</summary>
    public void Fixed(int field, ulong value)
    {
        Reserve(WireFormat.MaxVarint + 8);
        _length = WireFormat.PutVarint(_bytes, _length, WireFormat.Tag(field, WireFormat.Fixed64));
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(_length), value);
        _length += 8;
    }

    /// <summary>Appends a field of bytes, a text or a message.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> content)
    {
        Reserve(2 * WireFormat.MaxVarint + content.Length);
        _length = WireFormat.PutVarint(_bytes, _length, WireFormat.Tag(field, WireFormat.LengthDelimited));
        _length = WireFormat.PutVarint(_bytes, _length, (ulong)content.Length);
        content.CopyTo(_bytes.AsSpan(_length));
        _length += content.Length;
    }

    /// <summary>Appends a text field.</summary>
    public void Text(int field, string text) => Bytes(field, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Appends a field of packed numbers.</summary>
    public void Packed(int field, ReadOnlySpan<ulong> values)
    {
        var size = 0;
        foreach (var value in values) size += WireFormat.VarintLength(value);
        Varint(WireFormat.Tag(field, WireFormat.LengthDelimited));
        Varint((ulong)size);
        foreach (var value in values) Varint(value);
    }

    /// <summary>Makes room for so many bytes at the end; <see cref="Commit"/> says how many were used.</summary>
    public Span<byte> Room(int bytes)
    {
        Reserve(bytes);
        return _bytes.AsSpan(_length);
    }

    /// <summary>Bytes of <see cref="Room"/> that were used.</summary>
    public void Commit(int bytes) => _length += bytes;

    private void Reserve(int bytes)
    {
        if (_bytes.Length - _length < bytes) System.Array.Resize(ref _bytes, Math.Max(_length + bytes, _bytes.Length * 2));
    }
}
