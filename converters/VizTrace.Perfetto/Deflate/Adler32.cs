using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VizTrace.Perfetto.Deflate;

/// <summary>The checksum at the end of a zlib stream (RFC 1950).</summary>
internal static class Adler32
{
    /// <summary>Checksum of no bytes.</summary>
    public const uint Seed = 1;

    private const uint Modulus = 65521;

    // The most bytes after which neither sum has left 32 bits.
    private const int Stride = 5552;

    /// <summary>Goes on from <paramref name="adler"/> over <paramref name="bytes"/>.</summary>
    public static uint Append(uint adler, ReadOnlySpan<byte> bytes)
    {
        uint a = adler & 0xFFFF, b = adler >> 16;
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, Stride)];
            bytes = bytes[part.Length..];
            if (Avx2.IsSupported)
            {
                var whole = part.Length & ~31;
                AppendVectors(ref a, ref b, part[..whole]);
                part = part[whole..];
            }
            foreach (var x in part)
            {
                a += x;
                b += a;
            }
            a %= Modulus;
            b %= Modulus;
        }
        return (b << 16) | a;
    }

    // b grows by 32 times the a before each vector, and by each byte times its distance from the vector's end.
    private static void AppendVectors(ref uint a, ref uint b, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        ref var p = ref MemoryMarshal.GetReference(bytes);
        var weights = Vector256.Create(32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17,
            16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1).AsSByte();
        var ones = Vector256.Create((short)1);
        Vector256<uint> sum = default, sumsBefore = default;
        Vector256<int> weighted = default;
        for (nint i = 0; i < bytes.Length; i += 32)
        {
            var v = Vector256.LoadUnsafe(ref Unsafe.Add(ref p, i));
            sumsBefore += sum;
            sum += Avx2.SumAbsoluteDifferences(v, Vector256<byte>.Zero).AsUInt32();
            weighted += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(v, weights), ones);
        }
        b += a * (uint)bytes.Length + 32 * Vector256.Sum(sumsBefore) + (uint)Vector256.Sum(weighted);
        a += Vector256.Sum(sum);
    }
}
