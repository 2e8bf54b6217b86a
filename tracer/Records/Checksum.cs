namespace VizTrace.Records;

/// <summary>Checksum that tells a torn write from a whole one. Not against malice.</summary>
internal static class Checksum
{
    /// <summary>32-bit sum of the bytes, eight at a time: a multiply-xor hash.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        const ulong Prime = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)bytes.Length * Prime;
        while (bytes.Length >= 8)
        {
            hash = (hash ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * Prime;
            hash ^= hash >> 29;
            bytes = bytes[8..];
        }

        foreach (byte b in bytes)
        {
            hash = (hash ^ b) * Prime;
            hash ^= hash >> 29;
        }

        return (uint)(hash ^ (hash >> 32));
    }
}
