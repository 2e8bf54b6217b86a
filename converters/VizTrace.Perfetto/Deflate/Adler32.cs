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
            // SSSE3 belongs to the least that .NET compiles for ahead of time; AVX2 would need a second copy of the loop.
            if (Ssse3.IsSupported)
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

    // b grows by 32 times the a before each step, and by each byte times its distance from the step's end.
    private static void AppendVectors(ref uint a, ref uint b, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        ref var p = ref MemoryMarshal.GetReference(bytes);
        var far = Vector128.Create(32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17).AsSByte();
        var near = Vector128.Create(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1).AsSByte();
        var ones = Vector128.Create((short)1);
        Vector128<uint> sum = default, sumsBefore = default;
        Vector128<int> weighted = default;
        for (nint i = 0; i < bytes.Length; i += 32)
        {
            var v1 = Vector128.LoadUnsafe(ref Unsafe.Add(ref p, i));
            var v2 = Vector128.LoadUnsafe(ref Unsafe.Add(ref p, i + 16));
            sumsBefore += sum;
            sum += Sse2.Add(Sse2.SumAbsoluteDifferences(v1, Vector128<byte>.Zero), Sse2.SumAbsoluteDifferences(v2, Vector128<byte>.Zero)).AsUInt32();
            weighted += Sse2.MultiplyAddAdjacent(Ssse3.MultiplyAddAdjacent(v1, far), ones);
            weighted += Sse2.MultiplyAddAdjacent(Ssse3.MultiplyAddAdjacent(v2, near), ones);
        }
        b += a * (uint)bytes.Length + 32 * Vector128.Sum(sumsBefore) + (uint)Vector128.Sum(weighted);
        a += Vector128.Sum(sum);
    }
}
