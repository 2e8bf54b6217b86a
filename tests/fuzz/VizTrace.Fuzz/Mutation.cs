namespace VizTrace.Fuzz;

/// <summary>Damages a file as accidents and attackers do. The same seed gives the same damage.</summary>
internal sealed class Mutation(int seed)
{
    private static readonly byte[][] s_words =
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0], [0x80], [0x80, 0x80, 0x80, 0x80],
        "\""u8.ToArray(), "\\"u8.ToArray(), "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), ",,"u8.ToArray(), "\\ud800"u8.ToArray(),
        "1e999"u8.ToArray(), "-9223372036854775809"u8.ToArray(), "null"u8.ToArray(), "{\"args\":"u8.ToArray(), "\"ph\":\"X\""u8.ToArray(), "\"ph\":\"E\""u8.ToArray(),
    ];

    private readonly Random _random = new(seed);

    /// <summary>A damaged copy of at most as many bytes as <paramref name="file"/> has, and 64 KB.</summary>
    public byte[] Of(byte[] file)
    {
        var bytes = new List<byte>(file);
        for (int times = 1 << _random.Next(5); times > 0 && bytes.Count > 0; times--)
            Once(bytes);
        return [.. bytes];
    }

    private void Once(List<byte> bytes)
    {
        int at = _random.Next(bytes.Count);
        int length = Math.Min(bytes.Count - at, 1 << _random.Next(12));
        switch (_random.Next(8))
        {
            case 0:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(_random.Next(bytes.Count - length + 1), length));
                break;
            case 4:
                bytes.InsertRange(at, s_words[_random.Next(s_words.Length)]);
                break;
            case 5:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 6:
                // A nesting bomb.
                bytes.InsertRange(at, Enumerable.Repeat(s_words[_random.Next(s_words.Length)], length).SelectMany(w => w));
                break;
            default:
                for (int i = at; i < at + length; i++)
                    bytes[i] = (byte)_random.Next(256);
                break;
        }
    }
}
