using System.Runtime.CompilerServices;

namespace VizTrace.Perfetto.Deflate;

/// <summary>
/// One step of LZ77 in 64 bits: a copy from before (or none), then up to four literal bytes. One step per trace event, so that the
/// entropy coder's loop takes one well-predicted turn per event.
/// </summary>
/// <remarks>Bits, low first: 32 literals (first one lowest), 3 their number, 9 length of the copy (0: none, else 3 to 258), 16 its distance (1 to 32768).</remarks>
internal static class LzOp
{
    /// <summary>Literals that fit.</summary>
    public const int MaxLiterals = 4;

    /// <summary>Shortest copy.</summary>
    public const int MinLength = 3;

    /// <summary>Longest copy.</summary>
    public const int MaxLength = 258;

    /// <summary>Farthest copy.</summary>
    public const int MaxDistance = 32768;

    /// <summary>Makes one. Bits of <paramref name="literals"/> above <paramref name="literalCount"/> bytes must be zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Pack(int length, int distance, uint literals, int literalCount) =>
        literals | ((ulong)(uint)literalCount << 32) | ((ulong)(uint)length << 35) | ((ulong)(uint)distance << 44);

    /// <summary>Takes the last <paramref name="count"/> literals away, 0 or 1; there is at least one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DropLiterals(ref ulong op, int count) =>
        op = (op & ~((0xFFUL * (uint)count) << (8 * (LiteralCount(op) - 1)))) - ((ulong)(uint)count << 32);

    /// <summary>Number of literals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LiteralCount(ulong op) => (int)(op >> 32) & 7;

    /// <summary>Length of the copy; 0: none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Length(ulong op) => (int)(op >> 35) & 0x1FF;

    /// <summary>Distance of the copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Distance(ulong op) => (int)(op >> 44);
}
