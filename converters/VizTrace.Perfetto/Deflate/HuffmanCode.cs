namespace VizTrace.Perfetto.Deflate;

/// <summary>
/// Builds a length-limited Huffman code for one alphabet: lengths by Moffat and Katajainen's in-place method, cut to the limit the way
/// zlib does it, canonical codes with their bits reversed, ready to be written low bit first. Reusable; not thread-safe.
/// </summary>
internal sealed class HuffmanCode
{
    private readonly int _maxLength;
    private readonly uint[] _keys;
    private readonly long[] _work;
    private readonly int[] _lengthCounts = new int[16];
    private readonly int[] _next = new int[16];

    /// <summary>Creates a builder for an alphabet of <paramref name="size"/> symbols (at least 2) with codes of at most <paramref name="maxLength"/> bits (up to 15).</summary>
    public HuffmanCode(int size, int maxLength)
    {
        _maxLength = maxLength;
        Lengths = new byte[size];
        Codes = new ushort[size];
        _keys = new uint[size];
        _work = new long[size];
    }

    /// <summary>Bits of each symbol's code; 0: not used.</summary>
    public byte[] Lengths { get; }

    /// <summary>Codes, first bit lowest.</summary>
    public ushort[] Codes { get; }

    /// <summary>
    /// Makes the code for these counts. At least two symbols get a code, even if fewer occur: decoders reject an alphabet with a lone one.
    /// </summary>
    public void Build(ReadOnlySpan<int> counts)
    {
        Array.Clear(Lengths);
        Array.Clear(Codes);
        var used = 0;
        for (var i = 0; i < Lengths.Length; i++)
            if (counts[i] > 0) _keys[used++] = (uint)i;
        for (var i = 0; used < 2; i++)
            if (counts[i] == 0) _keys[used++] = (uint)i;
        Sort(counts, used);
        ComputeLengths(counts, used);
        LimitLengths(used);
        AssignCodes();
    }

    private void Sort(ReadOnlySpan<int> counts, int used)
    {
        // Counts stay below 2^31; the symbol breaks ties, so equal input gives equal output.
        for (var i = 0; i < used; i++) _work[i] = ((long)counts[(int)_keys[i]] << 16) | _keys[i];
        Array.Sort(_work, 0, used);
        for (var i = 0; i < used; i++) _keys[i] = (uint)(_work[i] & 0xFFFF);
    }

    // In: counts ascending. Out: _lengthCounts[n] = how many codes have n bits, before the limit (longer ones counted in the last).
    private void ComputeLengths(ReadOnlySpan<int> counts, int used)
    {
        var a = _work;
        for (var i = 0; i < used; i++) a[i] = Math.Max(counts[(int)_keys[i]], 1);
        // Phase 1: a[i] becomes the index of the parent of inner node i.
        int leaf = 0, root = 0;
        for (var next = 0; next < used - 1; next++)
        {
            long weight = 0;
            for (var k = 0; k < 2; k++)
            {
                if (leaf >= used || (root < next && a[root] < a[leaf]))
                {
                    weight += a[root];
                    a[root++] = next;
                }
                else
                {
                    weight += a[leaf++];
                }
            }
            a[next] = weight;
        }
        // Phase 2: depths of the inner nodes.
        a[used - 2] = 0;
        for (var i = used - 3; i >= 0; i--) a[i] = a[a[i]] + 1;
        // Phase 3: how many leaves hang at each depth.
        Array.Clear(_lengthCounts);
        int available = 1, depth = 0, inner = used - 2, leaves = used;
        while (available > 0)
        {
            var usedInner = 0;
            while (inner >= 0 && a[inner] == depth)
            {
                usedInner++;
                inner--;
            }
            var here = Math.Min(available - usedInner, leaves);
            _lengthCounts[Math.Min(depth, _maxLength)] += here;
            leaves -= here;
            available = 2 * usedInner;
            depth++;
        }
    }

    private void LimitLengths(int used)
    {
        // Kraft sum in units of the longest code; too large when codes were cut to the limit. Each step moves one leaf of the limit's
        // length under a shorter code, which becomes two codes one bit longer.
        var kraft = 0;
        for (var n = 1; n <= _maxLength; n++) kraft += _lengthCounts[n] << (_maxLength - n);
        while (kraft > 1 << _maxLength)
        {
            var n = _maxLength - 1;
            while (_lengthCounts[n] == 0) n--;
            _lengthCounts[n]--;
            _lengthCounts[n + 1] += 2;
            _lengthCounts[_maxLength]--;
            kraft--;
        }
        // The rarest symbols get the longest codes.
        var symbol = 0;
        for (var n = _maxLength; n > 0; n--)
            for (var k = 0; k < _lengthCounts[n]; k++)
                Lengths[_keys[symbol++]] = (byte)n;
        if (symbol != used) throw new InvalidOperationException("Huffman code lost a symbol");
    }

    private void AssignCodes()
    {
        var code = 0;
        for (var n = 1; n <= _maxLength; n++)
        {
            _next[n] = code;
            code = (code + _lengthCounts[n]) << 1;
        }
        for (var i = 0; i < Lengths.Length; i++)
        {
            int n = Lengths[i];
            if (n == 0) continue;
            var c = (uint)_next[n]++;
            uint reversed = 0;
            for (var bit = 0; bit < n; bit++, c >>= 1) reversed = (reversed << 1) | (c & 1);
            Codes[i] = (ushort)reversed;
        }
    }
}
