using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VizTrace.Perfetto.Deflate;

/// <summary>
/// Finds copies in bytes of any kind: greedy, one candidate per hash of four bytes. For what the event encoder has no better knowledge
/// of: interned strings, descriptors. Not thread-safe.
/// </summary>
internal sealed class LzMatcher
{
    private const int HashBits = 14;
    private const int MinMatch = 4;

    // Position plus one of the last occurrence of a hash; 0: none.
    private readonly int[] _heads = new int[1 << HashBits];

    /// <summary>Forgets everything: a new stream begins.</summary>
    public void Reset() => Array.Clear(_heads);

    /// <summary>
    /// Appends to <paramref name="ops"/> the steps that yield <paramref name="data"/> from <paramref name="from"/> to its end; what is
    /// before may be copied from. Returns how many steps there are now. <paramref name="ops"/> has room for one step per byte.
    /// </summary>
    public int Match(ReadOnlySpan<byte> data, int from, Span<ulong> ops, int count)
    {
        var literalStart = from;
        var length = 0;
        var distance = 0;
        var i = from;
        while (i + MinMatch <= data.Length)
        {
            ref var head = ref _heads[Hash(data, i)];
            var candidate = head - 1;
            head = i + 1;
            var found = 0;
            if (candidate >= 0 && i - candidate <= LzOp.MaxDistance)
                found = CommonLength(data, candidate, i, Math.Min(LzOp.MaxLength, data.Length - i));
            if (found < MinMatch)
            {
                i++;
                continue;
            }
            count = Flush(data[literalStart..i], length, distance, ops, count);
            length = found;
            distance = i - candidate;
            var end = i + found;
            for (i++; i < end; i++)
                if (i + MinMatch <= data.Length) _heads[Hash(data, i)] = i + 1;
            literalStart = end;
        }
        return Flush(data[literalStart..], length, distance, ops, count);
    }

    /// <summary>How many bytes from <paramref name="a"/> equal those from <paramref name="b"/> (the later), at most <paramref name="limit"/>; b + limit is within the data.</summary>
    public static int CommonLength(ReadOnlySpan<byte> data, int a, int b, int limit)
    {
        ref var p = ref MemoryMarshal.GetReference(data);
        var n = 0;
        while (n + 8 <= limit)
        {
            var difference = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref p, a + n)) ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref p, b + n));
            if (difference != 0) return n + (BitOperations.TrailingZeroCount(difference) >> 3);
            n += 8;
        }
        while (n < limit && Unsafe.Add(ref p, a + n) == Unsafe.Add(ref p, b + n)) n++;
        return n;
    }

    /// <summary>Appends a copy (or none, when <paramref name="length"/> is 0) and then the literals, of which there may be any number.</summary>
    public static int Flush(ReadOnlySpan<byte> literals, int length, int distance, Span<ulong> ops, int count)
    {
        if (length == 0 && literals.IsEmpty) return count;
        do
        {
            uint packed = 0;
            var n = Math.Min(literals.Length, LzOp.MaxLiterals);
            for (var k = 0; k < n; k++) packed |= (uint)literals[k] << (8 * k);
            ops[count++] = LzOp.Pack(length, distance, packed, n);
            length = distance = 0;
            literals = literals[n..];
        }
        while (!literals.IsEmpty);
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Hash(ReadOnlySpan<byte> data, int i) =>
        (int)((Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref MemoryMarshal.GetReference(data), i)) * 2654435761u) >> (32 - HashBits));
}
