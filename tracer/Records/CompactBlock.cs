namespace VizTrace.Records;

/// <summary>A chunk's records, squeezed: see FORMAT.md.</summary>
internal static class CompactBlock
{
    /// <summary>Most bytes that <paramref name="records"/> records can take.</summary>
    public static int MaxBytes(int records) => (records * 12) + 64;

    /// <summary>
    /// Encodes <paramref name="records"/> (as they stand in a chunk) into <paramref name="payload"/>, at least <see cref="MaxBytes"/> long.
    /// Returns the bytes written, or -1 when they do not fit the scheme and must be kept raw.
    /// </summary>
    public static int TryEncode(ReadOnlySpan<ulong> records, Span<byte> payload) => -1;

    /// <summary>
    /// Decodes what <see cref="TryEncode"/> wrote: full 64-bit time stamps (beginning with <paramref name="firstTicks"/>) and 24-bit words.
    /// False when the payload is damaged.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> payload, ulong firstTicks, Span<ulong> ticks, Span<uint> words) => false;
}
