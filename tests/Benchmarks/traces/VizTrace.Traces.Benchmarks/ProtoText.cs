using System.Text;

namespace VizTrace.Traces.Benchmarks;

/// <summary>A protobuf message that grows; nested ones are made apart and put in.</summary>
internal sealed class ProtoText
{
    private byte[] _bytes = new byte[256];
    private int _length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public ProtoText Clear()
    {
        _length = 0;
        return this;
    }

    public ProtoText Number(int field, ulong value)
    {
        Varint((ulong)field << 3);
        Varint(value);
        return this;
    }

    public ProtoText Fixed64(int field, ulong value)
    {
        Varint(((ulong)field << 3) | 1);
        Room(8);
        BitConverter.TryWriteBytes(_bytes.AsSpan(_length), value);
        _length += 8;
        return this;
    }

    public ProtoText Text(int field, string value) => Message(field, Encoding.UTF8.GetBytes(value));

    public ProtoText Message(int field, ProtoText value) => Message(field, value.Bytes);

    public ProtoText Message(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        Room(value.Length);
        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
        return this;
    }

    private void Varint(ulong value)
    {
        Room(10);
        for (; value >= 0x80; value >>= 7)
            _bytes[_length++] = (byte)(value | 0x80);
        _bytes[_length++] = (byte)value;
    }

    private void Room(int bytes)
    {
        if (_bytes.Length - _length < bytes)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes));
    }
}
