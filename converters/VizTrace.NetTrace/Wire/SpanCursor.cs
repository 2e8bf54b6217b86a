using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VizTrace.NetTrace.Wire;

/// <summary>
/// Reads little-endian values one after the other. What lies behind the end reads as 0 and sets <see cref="Failed"/>, which stays set: a
/// damaged length costs one test at the end and no exception.
/// </summary>
internal ref struct SpanCursor(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;

    /// <summary>Bytes read.</summary>
    public int Position { get; private set; }

    /// <summary>Whether more was asked for than there is.</summary>
    public bool Failed { get; private set; }

    /// <summary>Bytes left; 0 after a failure.</summary>
    public readonly int Left => Failed ? 0 : _data.Length - Position;

    /// <summary>The next <paramref name="count"/> bytes; empty when there are fewer.</summary>
    public ReadOnlySpan<byte> Bytes(long count)
    {
        if (Failed || count < 0 || count > _data.Length - Position)
        {
            Failed = true;
            return [];
        }

        ReadOnlySpan<byte> result = _data.Slice(Position, (int)count);
        Position += (int)count;
        return result;
    }

    /// <summary>Any number of fixed size.</summary>
    public T Number<T>()
        where T : unmanaged
    {
        // The machines that this runs on are little-endian, as the file is.
        ReadOnlySpan<byte> bytes = Bytes(System.Runtime.CompilerServices.Unsafe.SizeOf<T>());
        return bytes.IsEmpty ? default : MemoryMarshal.Read<T>(bytes);
    }

    /// <summary>7 bits a byte, the lowest first; more than 10 bytes fail.</summary>
    public ulong VarUInt()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Number<byte>();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        Failed = true;
        return 0;
    }

    /// <summary>A zigzag number.</summary>
    public long VarInt()
    {
        ulong value = VarUInt();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>UTF-16 up to a 0, without it.</summary>
    public ReadOnlySpan<byte> Utf16()
    {
        ReadOnlySpan<byte> rest = Failed ? [] : _data[Position..];
        for (int i = 0; i + 1 < rest.Length; i += 2)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(rest[i..]) == 0)
            {
                Position += i + 2;
                return rest[..i];
            }
        }

        Failed = true;
        return [];
    }

    /// <summary>UTF-8 behind its length in bytes (version 6).</summary>
    public ReadOnlySpan<byte> Utf8() => Bytes((long)Math.Min(VarUInt(), int.MaxValue));
}
