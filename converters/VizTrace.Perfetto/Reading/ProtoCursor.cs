using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace VizTrace.Perfetto.Reading;

/// <summary>Walks over the fields of one message. Valid as long as the bytes it was given.</summary>
internal ref struct ProtoCursor
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;
    private int _start;
    private int _tagStart;

    /// <summary>Creates a cursor before the first field.</summary>
    public ProtoCursor(ReadOnlySpan<byte> message)
    {
        _bytes = message;
        _position = 0;
        _start = 0;
        _tagStart = 0;
        Field = 0;
        WireType = 0;
        Value = 0;
        Malformed = false;
    }

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Wire type of the current field; see <see cref="WireFormat"/>.</summary>
    public int WireType { get; private set; }

    /// <summary>An integer's value, the bits of a fixed one, the length of bytes.</summary>
    public ulong Value { get; private set; }

    /// <summary>Whether <see cref="Next"/> ended the walk because the bytes are no message.</summary>
    public bool Malformed { get; private set; }

    /// <summary>Where <see cref="Bytes"/> begin in the message.</summary>
    public readonly int Start => _start;

    /// <summary>Where the current field's tag begins in the message.</summary>
    public readonly int TagStart => _tagStart;

    /// <summary>Where the current field ends in the message.</summary>
    public readonly int End => _position;

    /// <summary>The current field with its tag, as it stands in the message.</summary>
    public readonly ReadOnlySpan<byte> Raw => _bytes[_tagStart.._position];

    /// <summary>Content of the current field when it is length-delimited; else empty.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _bytes[_start.._position];

    /// <summary>Goes to the next field; false at the end or where the bytes are damaged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next()
    {
        if (_position >= _bytes.Length) return false;
        _tagStart = _position;
        if (!ReadVarint(out var tag)) return Fail();
        Field = (int)(tag >> 3);
        WireType = (int)tag & 7;
        if (WireType == WireFormat.Varint)
        {
            if (!ReadVarint(out var value)) return Fail();
            Value = value;
            _start = _position;
            return true;
        }
        if (WireType == WireFormat.LengthDelimited)
        {
            if (!ReadVarint(out var length) || length > (ulong)(_bytes.Length - _position)) return Fail();
            Value = length;
            _start = _position;
            _position += (int)length;
            return true;
        }
        return NextFixed();
    }

    /// <summary>The current field as a string; damaged UTF-8 becomes U+FFFD.</summary>
    public readonly string Text() => System.Text.Encoding.UTF8.GetString(Bytes);

    private bool NextFixed()
    {
        var size = WireType switch { WireFormat.Fixed64 => 8, WireFormat.Fixed32 => 4, _ => int.MaxValue };
        if (size > _bytes.Length - _position) return Fail();
        Value = size == 8
            ? BinaryPrimitives.ReadUInt64LittleEndian(_bytes[_position..])
            : BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_position..]);
        _position += size;
        _start = _position;
        return true;
    }

    private bool Fail()
    {
        Malformed = true;
        _start = _position = _bytes.Length;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool ReadVarint(out ulong value)
    {
        if (_position < _bytes.Length && _bytes[_position] < 0x80)
        {
            value = _bytes[_position++];
            return true;
        }
        return WireFormat.TryReadVarint(_bytes, ref _position, out value);
    }
}
