using System.IO.Compression;
using System.Text;
using VizTrace.Perfetto.Deflate;
using VizTrace.Tests;

namespace VizTrace.Perfetto.Tests;

/// <summary>Whatever goes in comes out of the runtime's own zlib again.</summary>
public sealed class DeflateEncoderTests
{
    public static TheoryData<string> Kinds => ["empty", "one", "two", "three", "zeros", "text", "random", "mixed", "far", "steps", "fewSymbols", "fibonacci"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void BytesOfEveryKindComeBack(string kind)
    {
        var data = Make(kind);
        Assert.Equal(data, Inflate(Compress(data)));
    }

    [Fact]
    public void RandomMixesComeBack()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var data = new byte[random.Next(1, 4000)];
            var symbols = random.Next(1, 257);
            for (var i = 0; i < data.Length;)
            {
                if (i > 0 && random.Next(3) == 0)
                {
                    int from = random.Next(i), n = random.Next(1, 400);
                    for (var k = 0; k < n && i < data.Length; k++) data[i++] = data[from + k];
                }
                else
                {
                    data[i++] = (byte)random.Next(symbols);
                }
            }
            Assert.True(data.AsSpan().SequenceEqual(Inflate(Compress(data))), $"seed {seed}");
        }
    }

    [Fact]
    public void HugeInputComesBack()
    {
        var data = new byte[40_000_000];
        var random = new Random(7);
        random.NextBytes(data.AsSpan(10_000_000, 5_000_000));
        for (var i = 20_000_000; i < data.Length; i++) data[i] = (byte)(i % 251 ^ (i >> 14));
        var packed = Compress(data);
        Assert.True(data.AsSpan().SequenceEqual(Inflate(packed)));
    }

    [Fact]
    public void IncompressibleBytesGrowByLittle()
    {
        var data = Make("random");
        Assert.True(Compress(data).Length <= data.Length + 5 * (data.Length / 65535 + 8) + 6);
    }

    [Fact]
    public void ConstantBytesShrinkToNearlyNothing() =>
        Assert.True(Compress(new byte[1_000_000]).Length < 3000);

    [Fact]
    public void ChecksumEqualsTheDefinition()
    {
        var random = new Random(3);
        foreach (var n in new[] { 0, 1, 31, 32, 33, 63, 64, 5551, 5552, 5553, 70_000 })
        {
            var data = new byte[n];
            random.NextBytes(data);
            if (n > 1000) Array.Fill(data, (byte)255, 0, n / 2);
            uint a = 1, b = 0;
            foreach (var x in data)
            {
                a = (a + x) % 65521;
                b = (b + a) % 65521;
            }
            // Reading one byte more than there are would end the process here.
            using var guarded = new GuardedMemory<byte>(n);
            Assert.Equal((b << 16) | a, Adler32.Append(Adler32.Seed, guarded.Copy(data)));
            Assert.Equal((b << 16) | a, Adler32.Append(Adler32.Append(Adler32.Seed, data.AsSpan(0, n / 3)), guarded.Span[(n / 3)..]));
        }
    }

    [Fact]
    public void EveryLengthAndDistanceCanBeCopied()
    {
        // One step per (length, distance) pair of interest, over data in which each copy is right because all bytes are equal.
        var ops = new List<ulong> { LzOp.Pack(0, 0, 0, 1) };
        var total = 1;
        while (total < 40_000)
        {
            ops.Add(LzOp.Pack(258, 1, 0, 0));
            total += 258;
        }
        for (var length = 3; length <= 258; length++)
        {
            ops.Add(LzOp.Pack(length, 1 + length * 127 % 32768, 0, 0));
            total += length;
        }
        for (var distance = 1; distance <= 32768; distance++)
        {
            ops.Add(LzOp.Pack(3, distance, 0, distance & 3));
            total += 3 + (distance & 3);
        }
        var encoder = new DeflateEncoder();
        encoder.Begin(0);
        encoder.Block(ops.ToArray(), new byte[total], true);
        encoder.End();
        Assert.True(Inflate(encoder.Framed(0, static (_, _) => 0).ToArray()).AsSpan().SequenceEqual(new byte[total]));
    }

    [Theory]
    [InlineData(15, 286)]
    [InlineData(7, 19)]
    [InlineData(15, 30)]
    public void CodesAreCompleteAndWithinTheLimit(int limit, int size)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var counts = new int[size];
            var used = random.Next(0, size + 1);
            for (var i = 0; i < used; i++)
                counts[random.Next(size)] = seed % 3 == 0 ? 1 << random.Next(0, 24) : random.Next(1, 1000);
            if (seed % 5 == 0 && size >= 30)
            {
                // Fibonacci counts ask for the longest codes there are.
                int a = 1, b = 1;
                for (var i = 0; i < 30; i++) (counts[i], a, b) = (a, b, a + b);
            }
            var code = new HuffmanCode(size, limit);
            code.Build(counts);
            double kraft = 0;
            for (var i = 0; i < size; i++)
            {
                Assert.True(code.Lengths[i] <= limit);
                if (counts[i] > 0) Assert.NotEqual(0, code.Lengths[i]);
                if (code.Lengths[i] > 0) kraft += Math.Pow(2, -code.Lengths[i]);
            }
            Assert.Equal(1.0, kraft, 12);
            for (var i = 0; i < size; i++)
                for (var j = 0; j < size; j++)
                    if (counts[i] > counts[j] && counts[j] > 0) Assert.True(code.Lengths[i] <= code.Lengths[j]);
        }
    }

    // Any bytes, in blocks as long as the writer's are.
    internal static byte[] Compress(ReadOnlySpan<byte> data)
    {
        const int PieceSize = 1 << 17;
        var encoder = new DeflateEncoder();
        var matcher = new LzMatcher();
        var ops = new ulong[PieceSize];
        encoder.Begin(0);
        for (var from = 0; from < data.Length; from += PieceSize)
        {
            var end = Math.Min(data.Length, from + PieceSize);
            var count = matcher.Match(data[..end], from, ops, 0);
            encoder.Block(ops.AsSpan(0, count), data[from..end], end == data.Length);
        }
        if (data.IsEmpty) encoder.Block([], [], true);
        encoder.End();
        return encoder.Framed(0, static (_, _) => 0).ToArray();
    }

    internal static byte[] Inflate(byte[] packed)
    {
        using var zlib = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
        var result = new MemoryStream();
        zlib.CopyTo(result);
        return result.ToArray();
    }

    private static byte[] Make(string kind)
    {
        var random = new Random(42);
        var bytes = new byte[300_000];
        switch (kind)
        {
            case "empty": return [];
            case "one": return [7];
            case "two": return [7, 7];
            case "three": return [1, 2, 3];
            case "zeros": return new byte[100_000];
            case "text": return Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"Namespace.Type{i % 97}.Method{i * 7 % 311}();\n")));
            case "random":
                random.NextBytes(bytes);
                return bytes;
            case "mixed":
                random.NextBytes(bytes.AsSpan(100_000, 100_000));
                return bytes;
            case "far":
                random.NextBytes(bytes.AsSpan(0, 32_768));
                for (var i = 32_768; i < bytes.Length; i++) bytes[i] = bytes[i - 32_768];
                return bytes;
            case "steps":
                for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)(i / 300);
                return bytes;
            case "fewSymbols":
                for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)(random.Next(100) == 0 ? 1 : 0);
                return bytes;
            case "fibonacci":
                // Byte k appears as often as the k-th Fibonacci number, in no order: asks for codes longer than the limit.
                var list = new List<byte>();
                int a = 1, b = 1;
                for (var k = 0; k < 25; k++)
                {
                    for (var n = 0; n < a; n++) list.Add((byte)(k * 9));
                    (a, b) = (b, a + b);
                }
                var shuffled = list.ToArray();
                random.Shuffle(shuffled);
                return shuffled;
            default: throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }
}
