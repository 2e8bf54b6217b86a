namespace VizTrace.Perfetto;

/// <summary>Protobuf's wire format: tags and variable-length integers.</summary>
internal static class WireFormat
{
    /// <summary>Wire type of integers.</summary>
    public const int Varint = 0;

    /// <summary>Wire type of eight bytes.</summary>
    public const int Fixed64 = 1;

    /// <summary>Wire type of strings, bytes and messages.</summary>
    public const int LengthDelimited = 2;

    /// <summary>Wire type of four bytes.</summary>
    public const int Fixed32 = 5;

    /// <summary>Most bytes of a varint.</summary>
    public const int MaxVarint = 10;

    /// <summary>Tag of a field.</summary>
    public static uint Tag(int field, int wireType) => ((uint)field << 3) | (uint)wireType;

    /// <summary>Bytes of <paramref name="value"/> as a varint.</summary>
    public static int VarintLength(ulong value) => (63 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7 + 1;

    /// <summary>Reads the varint at <paramref name="position"/>, which is behind it then; false when it is cut off or longer than <see cref="MaxVarint"/>.</summary>
    public static bool TryReadVarint(ReadOnlySpan<byte> bytes, ref int position, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 7 * MaxVarint && position < bytes.Length; shift += 7)
        {
            var b = bytes[position++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return true;
        }
        return false;
    }

    /// <summary>Writes a varint at <paramref name="position"/>; returns the position behind it.</summary>
    public static int PutVarint(Span<byte> to, int position, ulong value)
    {
        for (; value >= 0x80; value >>= 7) to[position++] = (byte)(value | 0x80);
        to[position++] = (byte)value;
        return position;
    }
}
