using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VizTrace.Perfetto.Deflate;

/// <summary>
/// Writes zlib streams (RFC 1950 and 1951) from bytes and the LZ77 steps that yield them: the caller finds the copies, this class counts,
/// builds the codes of each block and writes the bits. Reusable; not thread-safe.
/// </summary>
internal sealed class DeflateEncoder
{
    // The order in which code lengths of the code-length alphabet are written (RFC 1951, 3.2.7).
    private static ReadOnlySpan<byte> CodeLengthOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    // Blocks with more steps than this are counted by samples: runs of SampleRun steps out of every SampleStep.
    private const int SampleFrom = 1 << 14;
    private const int SampleRun = 64;
    private const int SampleStep = 256;

    private readonly HuffmanCode _literals = new(LengthAndDistance.LiteralSymbols, 15);
    private readonly HuffmanCode _distances = new(LengthAndDistance.DistanceSymbols, 15);
    private readonly HuffmanCode _codeLengths = new(19, 7);
    private readonly int[] _literalCounts = new int[LengthAndDistance.LiteralSymbols];
    private readonly int[] _literalTally = new int[4 * 256];
    private readonly int[] _lengthCounts = new int[LzOp.MaxLength + 1];
    private readonly int[] _distanceCounts = new int[LengthAndDistance.DistanceSymbols];
    private readonly int[] _codeLengthCounts = new int[19];
    private readonly byte[] _runs = new byte[2 * (LengthAndDistance.LiteralSymbols + LengthAndDistance.DistanceSymbols)];

    // Ready bits: 24 low ones and, above, how many. Lengths come with their extra bits.
    private readonly uint[] _literalBits = new uint[256];
    private readonly uint[] _lengthBits = new uint[LzOp.MaxLength + 1];

    // Code (16 bits), its bits (8), extra bits (8), shortest distance (32).
    private readonly ulong[] _distanceBits = new ulong[LengthAndDistance.DistanceSymbols];

    private byte[] _output;
    private int _position;
    private ulong _bits;
    private int _bitCount;
    private uint _adler;

    /// <summary>Creates an encoder; its output grows as needed.</summary>
    public DeflateEncoder(int initialCapacity = 1 << 16) => _output = new byte[initialCapacity];

    /// <summary>Bytes so far, the reserved ones included.</summary>
    public int Length => _position;

    /// <summary>Begins a stream after <paramref name="reserved"/> bytes that the caller fills in later.</summary>
    public void Begin(int reserved)
    {
        _position = reserved;
        _bits = 0;
        _bitCount = 0;
        _adler = Adler32.Seed;
        Reserve(16);
        // 32 KB window, "fastest" as the level hint; a multiple of 31.
        _output[_position++] = 0x78;
        _output[_position++] = 0x01;
    }

    /// <summary>Writes one block: <paramref name="ops"/> yield exactly <paramref name="raw"/>, copying from it or from blocks before it.</summary>
    /// <param name="ops">The steps.</param>
    /// <param name="raw">What they yield.</param>
    /// <param name="final">Whether it is the stream's last.</param>
    /// <param name="even">The steps are much alike all through the block: then a quarter of a long block is counted, which costs a third of a per
    /// cent in size and saves a sixth of the time.</param>
    public void Block(ReadOnlySpan<ulong> ops, ReadOnlySpan<byte> raw, bool final, bool even = false)
    {
        _adler = Adler32.Append(_adler, raw);
        var sampled = even && ops.Length >= SampleFrom;
        Count(ops, sampled);
        _literals.Build(_literalCounts);
        _distances.Build(_distanceCounts);
        var runs = DescribeCodes(out var literalSymbols, out var distanceSymbols, out var codeLengthSymbols);
        _codeLengths.Build(_codeLengthCounts);
        while (codeLengthSymbols > 4 && _codeLengths.Lengths[CodeLengthOrder[codeLengthSymbols - 1]] == 0) codeLengthSymbols--;
        if (sampled)
        {
            // No step takes more than 108 bits.
            Reserve(14 * ops.Length + 1024);
        }
        else
        {
            var bytes = CountBits(codeLengthSymbols) / 8;
            if (bytes >= raw.Length + 5 * (raw.Length / 65535 + 1))
            {
                Store(raw, final);
                return;
            }
            Reserve((int)bytes + 32);
        }
        Put((final ? 1u : 0u) | (2u << 1), 3);
        Put((uint)literalSymbols - 257, 5);
        Put((uint)distanceSymbols - 1, 5);
        Put((uint)codeLengthSymbols - 4, 4);
        for (var i = 0; i < codeLengthSymbols; i++) Put(_codeLengths.Lengths[CodeLengthOrder[i]], 3);
        WriteRuns(runs);
        FillTables();
        WriteOps(ops);
        Put(_literals.Codes[LengthAndDistance.EndOfBlock], _literals.Lengths[LengthAndDistance.EndOfBlock]);
    }

    /// <summary>Ends the stream: the last block has been written.</summary>
    public void End()
    {
        Reserve(16);
        Align();
        BinaryPrimitives.WriteUInt32BigEndian(_output.AsSpan(_position), _adler);
        _position += 4;
    }

    /// <summary>Writes a header into the end of the reserved bytes.</summary>
    /// <param name="reserved">What <see cref="Begin"/> was given.</param>
    /// <param name="fill">Gets the reserved bytes and the length of the stream; returns how many bytes at the end it filled.</param>
    /// <returns>Header and stream; valid until the next call.</returns>
    public ReadOnlyMemory<byte> Framed(int reserved, HeaderWriter fill)
    {
        var length = fill(_output.AsSpan(0, reserved), _position - reserved);
        return _output.AsMemory(reserved - length, _position - reserved + length);
    }

    /// <summary>See <see cref="Framed"/>.</summary>
    internal delegate int HeaderWriter(Span<byte> reserved, int streamLength);

    private void Count(ReadOnlySpan<ulong> ops, bool sampled)
    {
        Array.Clear(_literalCounts);
        Array.Clear(_literalTally);
        Array.Clear(_lengthCounts);
        Array.Clear(_distanceCounts);
        if (sampled)
        {
            for (var i = 0; i + SampleRun <= ops.Length; i += SampleStep) Count(ops.Slice(i, SampleRun));
        }
        else
        {
            Count(ops);
        }
        for (var i = 0; i < 256; i++) _literalCounts[i] = _literalTally[i] + _literalTally[256 + i];
        for (var length = LzOp.MinLength; length <= LzOp.MaxLength; length++)
            _literalCounts[LengthAndDistance.LengthSymbols[length]] += _lengthCounts[length];
        _literalCounts[LengthAndDistance.EndOfBlock] = 1;
        if (!sampled) return;
        // What the samples missed must have a code all the same.
        foreach (ref var n in _literalCounts.AsSpan()) n++;
        foreach (ref var n in _distanceCounts.AsSpan()) n++;
    }

    private void Count(ReadOnlySpan<ulong> ops)
    {
        ref var tally = ref MemoryMarshal.GetArrayDataReference(_literalTally);
        ref var lengths = ref MemoryMarshal.GetArrayDataReference(_lengthCounts);
        ref var distances = ref MemoryMarshal.GetArrayDataReference(_distanceCounts);
        ref var symbols = ref MemoryMarshal.GetReference(LengthAndDistance.DistanceSymbolTable);
        foreach (var op in ops)
        {
            var length = LzOp.Length(op);
            if (length != 0)
            {
                Unsafe.Add(ref lengths, length)++;
                Unsafe.Add(ref distances, DistanceSymbol(ref symbols, LzOp.Distance(op)))++;
            }
            // One or two literals, and nobody can say which: both are counted, one that is not there into a place that is not looked at.
            var n = LzOp.LiteralCount(op);
            Unsafe.Add(ref tally, (nint)(((uint)(n - 1) >> 31 << 9) | ((uint)op & 0xFF)))++;
            Unsafe.Add(ref tally, (nint)(256 | ((uint)(n - 2) >> 31 << 9) | ((uint)op >> 8 & 0xFF)))++;
            if (n <= 2) continue;
            Unsafe.Add(ref tally, (nint)((uint)op >> 16 & 0xFF))++;
            if (n > 3) Unsafe.Add(ref tally, (nint)((uint)op >> 24))++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint DistanceSymbol(ref byte symbols, int distance)
    {
        var d = (uint)distance - 1;
        return Unsafe.Add(ref symbols, (nint)(d < 256 ? d : 256 + (d >> 7)));
    }

    // Both codes' lengths as one list, runs shortened by the symbols 16 to 18, each of those followed by its extra bits. Returns the list's end.
    private int DescribeCodes(out int literalSymbols, out int distanceSymbols, out int codeLengthSymbols)
    {
        literalSymbols = LengthAndDistance.LiteralSymbols;
        while (literalSymbols > 257 && _literals.Lengths[literalSymbols - 1] == 0) literalSymbols--;
        distanceSymbols = LengthAndDistance.DistanceSymbols;
        while (distanceSymbols > 1 && _distances.Lengths[distanceSymbols - 1] == 0) distanceSymbols--;
        codeLengthSymbols = 19;
        Array.Clear(_codeLengthCounts);
        Span<byte> all = stackalloc byte[literalSymbols + distanceSymbols];
        _literals.Lengths.AsSpan(0, literalSymbols).CopyTo(all);
        _distances.Lengths.AsSpan(0, distanceSymbols).CopyTo(all[literalSymbols..]);
        var end = 0;
        for (var i = 0; i < all.Length;)
        {
            var value = all[i];
            var run = 1;
            while (i + run < all.Length && all[i + run] == value) run++;
            i += run;
            if (value != 0)
            {
                Add(value);
                run--;
            }
            while (run >= 3)
            {
                var n = Math.Min(run, value != 0 ? 6 : 138);
                Add((byte)(value != 0 ? 16 : n <= 10 ? 17 : 18));
                _runs[end++] = (byte)(n - (value == 0 && n > 10 ? 11 : 3));
                run -= n;
            }
            for (; run > 0; run--) Add(value);
        }
        return end;

        void Add(byte symbol)
        {
            _runs[end++] = symbol;
            _codeLengthCounts[symbol]++;
        }
    }

    private void WriteRuns(int end)
    {
        for (var i = 0; i < end; i++)
        {
            var symbol = _runs[i];
            Put(_codeLengths.Codes[symbol], _codeLengths.Lengths[symbol]);
            if (symbol >= 16) Put(_runs[++i], symbol switch { 16 => 2, 17 => 3, _ => 7 });
        }
    }

    // Exact size of the block as a dynamic one.
    private long CountBits(int codeLengthSymbols)
    {
        long bits = 3 + 5 + 5 + 4 + 3 * codeLengthSymbols;
        for (var s = 0; s < 19; s++)
            bits += (long)_codeLengthCounts[s] * (_codeLengths.Lengths[s] + s switch { 16 => 2, 17 => 3, 18 => 7, _ => 0 });
        for (var s = 0; s < LengthAndDistance.LiteralSymbols; s++)
            bits += (long)_literalCounts[s] * (_literals.Lengths[s] + (s > 256 ? LengthAndDistance.LengthExtraBits(s - 257) : 0));
        for (var s = 0; s < LengthAndDistance.DistanceSymbols; s++)
            bits += (long)_distanceCounts[s] * (_distances.Lengths[s] + LengthAndDistance.DistanceExtraBits(s));
        return bits;
    }

    private void FillTables()
    {
        for (var i = 0; i < 256; i++) _literalBits[i] = _literals.Codes[i] | ((uint)_literals.Lengths[i] << 24);
        for (var length = LzOp.MinLength; length <= LzOp.MaxLength; length++)
        {
            int symbol = LengthAndDistance.LengthSymbols[length], n = _literals.Lengths[symbol];
            var extra = (uint)(length - LengthAndDistance.LengthBase(symbol - 257));
            _lengthBits[length] = _literals.Codes[symbol] | (extra << n) | ((uint)(n + LengthAndDistance.LengthExtraBits(symbol - 257)) << 24);
        }
        for (var s = 0; s < LengthAndDistance.DistanceSymbols; s++)
        {
            _distanceBits[s] = _distances.Codes[s] | ((ulong)_distances.Lengths[s] << 16)
                | ((ulong)LengthAndDistance.DistanceExtraBits(s) << 24) | ((ulong)LengthAndDistance.DistanceBase(s) << 32);
        }
    }

    // The hot loop. Room for all of it was reserved. A flush leaves at most 7 bits; a copy has at most 48, two literals 30.
    private void WriteOps(ReadOnlySpan<ulong> ops)
    {
        ref var start = ref MemoryMarshal.GetArrayDataReference(_output);
        ref var to = ref Unsafe.Add(ref start, _position);
        var bits = _bits;
        var bitCount = _bitCount;
        ref var literalBits = ref MemoryMarshal.GetArrayDataReference(_literalBits);
        ref var lengthBits = ref MemoryMarshal.GetArrayDataReference(_lengthBits);
        ref var distanceBits = ref MemoryMarshal.GetArrayDataReference(_distanceBits);
        ref var symbols = ref MemoryMarshal.GetReference(LengthAndDistance.DistanceSymbolTable);
        foreach (var op in ops)
        {
            var length = LzOp.Length(op);
            if (length != 0)
            {
                var l = Unsafe.Add(ref lengthBits, length);
                bits |= (ulong)(l & 0xFFFFFF) << bitCount;
                bitCount += (int)(l >> 24);
                var distance = LzOp.Distance(op);
                var d = Unsafe.Add(ref distanceBits, DistanceSymbol(ref symbols, distance));
                var codeLength = (int)(d >> 16) & 0xFF;
                bits |= ((d & 0xFFFF) | ((ulong)((uint)distance - (uint)(d >> 32)) << codeLength)) << bitCount;
                bitCount += codeLength + ((int)(d >> 24) & 0xFF);
                if (bitCount > 63 - 30)
                {
                    Unsafe.WriteUnaligned(ref to, bits);
                    to = ref Unsafe.Add(ref to, bitCount >> 3);
                    bits >>= bitCount & ~7;
                    bitCount &= 7;
                }
            }
            // One or two literals, and nobody can say which: a mask instead of a branch.
            var n = LzOp.LiteralCount(op);
            var l1 = Unsafe.Add(ref literalBits, (nint)((uint)op & 0xFF)) & (uint)(-n >> 31);
            var l2 = Unsafe.Add(ref literalBits, (nint)((uint)op >> 8 & 0xFF)) & (uint)((1 - n) >> 31);
            var n1 = (int)(l1 >> 24);
            bits |= (((ulong)(l2 & 0xFFFFFF) << n1) | (l1 & 0xFFFFFF)) << bitCount;
            bitCount += n1 + (int)(l2 >> 24);
            Unsafe.WriteUnaligned(ref to, bits);
            to = ref Unsafe.Add(ref to, bitCount >> 3);
            bits >>= bitCount & ~7;
            bitCount &= 7;
            if (n <= 2) continue;
            for (var literal = (uint)op >> 16; n > 2; n--, literal >>= 8)
            {
                var l = Unsafe.Add(ref literalBits, (nint)(literal & 0xFF));
                bits |= (ulong)(l & 0xFFFFFF) << bitCount;
                bitCount += (int)(l >> 24);
            }
            Unsafe.WriteUnaligned(ref to, bits);
            to = ref Unsafe.Add(ref to, bitCount >> 3);
            bits >>= bitCount & ~7;
            bitCount &= 7;
        }
        _position = (int)Unsafe.ByteOffset(ref start, ref to);
        _bits = bits;
        _bitCount = bitCount;
    }

    private void Store(ReadOnlySpan<byte> raw, bool final)
    {
        Reserve(raw.Length + 5 * (raw.Length / 65535 + 1) + 32);
        do
        {
            var part = raw[..Math.Min(raw.Length, 65535)];
            raw = raw[part.Length..];
            Put(final && raw.IsEmpty ? 1u : 0u, 3);
            Align();
            BinaryPrimitives.WriteUInt16LittleEndian(_output.AsSpan(_position), (ushort)part.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(_output.AsSpan(_position + 2), (ushort)~part.Length);
            part.CopyTo(_output.AsSpan(_position + 4));
            _position += 4 + part.Length;
        }
        while (!raw.IsEmpty);
    }

    private void Put(uint value, int count)
    {
        _bits |= (ulong)value << _bitCount;
        _bitCount += count;
        while (_bitCount >= 8)
        {
            _output[_position++] = (byte)_bits;
            _bits >>= 8;
            _bitCount -= 8;
        }
    }

    private void Align()
    {
        if (_bitCount == 0) return;
        _output[_position++] = (byte)_bits;
        _bits = 0;
        _bitCount = 0;
    }

    private void Reserve(int bytes)
    {
        if (_output.Length - _position < bytes) Array.Resize(ref _output, Math.Max(_output.Length * 2, _position + bytes));
    }
}
