namespace VizTrace.Perfetto.Deflate;

/// <summary>DEFLATE's tables of copy lengths and distances (RFC 1951, 3.2.5).</summary>
internal static class LengthAndDistance
{
    /// <summary>Symbols of the literal/length alphabet that can occur.</summary>
    public const int LiteralSymbols = 286;

    /// <summary>Symbols of the distance alphabet that can occur.</summary>
    public const int DistanceSymbols = 30;

    /// <summary>Ends a block.</summary>
    public const int EndOfBlock = 256;

    private static readonly ushort[] s_lengthSymbols = new ushort[LzOp.MaxLength + 1];
    private static readonly ushort[] s_lengthBases = new ushort[29];
    private static readonly byte[] s_distanceSymbols = new byte[512];
    private static readonly int[] s_distanceBases = new int[DistanceSymbols];

    static LengthAndDistance()
    {
        var length = 3;
        for (var s = 0; s < 28; s++)
        {
            s_lengthBases[s] = (ushort)length;
            for (var k = 0; k < 1 << LengthExtraBits(s) && length < LzOp.MaxLength; k++) s_lengthSymbols[length++] = (ushort)(257 + s);
        }
        // The longest has a symbol of its own, without extra bits.
        s_lengthBases[28] = LzOp.MaxLength;
        s_lengthSymbols[LzOp.MaxLength] = 285;
        var distance = 1;
        for (var s = 0; s < DistanceSymbols; s++)
        {
            s_distanceBases[s] = distance;
            for (var k = 0; k < 1 << DistanceExtraBits(s); k++, distance++)
            {
                if (distance <= 256) s_distanceSymbols[distance - 1] = (byte)s;
                else s_distanceSymbols[256 + ((distance - 1) >> 7)] = (byte)s;
            }
        }
    }

    /// <summary>Symbol of each length from 3 to 258.</summary>
    public static ReadOnlySpan<ushort> LengthSymbols => s_lengthSymbols;

    /// <summary>Symbol of distance d: at d - 1 up to 256, else at 256 + ((d - 1) >> 7).</summary>
    public static ReadOnlySpan<byte> DistanceSymbolTable => s_distanceSymbols;

    /// <summary>Extra bits of the length symbol 257 + <paramref name="index"/>.</summary>
    public static int LengthExtraBits(int index) => index is < 4 or 28 ? 0 : (index >> 2) - 1;

    /// <summary>Shortest length of the length symbol 257 + <paramref name="index"/>.</summary>
    public static int LengthBase(int index) => s_lengthBases[index];

    /// <summary>Extra bits of a distance symbol.</summary>
    public static int DistanceExtraBits(int symbol) => symbol < 2 ? 0 : (symbol >> 1) - 1;

    /// <summary>Shortest distance of a distance symbol.</summary>
    public static int DistanceBase(int symbol) => s_distanceBases[symbol];
}
