using System.Text;

namespace VizTrace.Profiles;

/// <summary>A message of protobuf's wire format while it is made.</summary>
internal sealed class ProtoBuffer
{
    private byte[] _bytes = new byte[256];
    private int _length;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Begins anew.</summary>
    public void Clear() => _length = 0;

    /// <summary>A number; 0 is left out.</summary>
    public void Number(int field, long value)
    {
        if (value == 0)
            return;
        Var((ulong)field << 3);
        Var((ulong)value);
    }

    /// <summary>Numbers of a repeated field, packed; 0 is written.</summary>
    public void Packed(int field, ReadOnlySpan<long> values)
    {
        int size = 0;
        foreach (long value in values)
            size += Size((ulong)value);
        Var(((ulong)field << 3) | 2);
        Var((ulong)size);
        foreach (long value in values)
            Var((ulong)value);
    }

    /// <summary>A text or an inner message.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Var(((ulong)field << 3) | 2);
        Var((ulong)value.Length);
        Room(value.Length);
        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
    }

    /// <summary>A text.</summary>
    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    private static int Size(ulong value)
    {
        int size = 1;
        for (; value >= 0x80; value >>= 7)
            size++;
        return size;
    }

    private void Var(ulong value)
    {
        Room(10);
        for (; value >= 0x80; value >>= 7)
            _bytes[_length++] = (byte)(value | 0x80);
        _bytes[_length++] = (byte)value;
    }

    private void Room(int count)
    {
        if (_length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
    }
}
