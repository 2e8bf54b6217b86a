using System.Runtime.InteropServices;
using System.Text;

namespace VizTrace.NetTrace.Payloads;

/// <summary>UTF-16 of the file as UTF-8. One buffer, used again; not thread-safe.</summary>
internal sealed class Utf16Text
{
    private byte[] _buffer = new byte[256];

    /// <summary>UTF-8 of <paramref name="utf16"/>, valid until the next call; halves of pairs become U+FFFD.</summary>
    public ReadOnlySpan<byte> Convert(ReadOnlySpan<byte> utf16)
    {
        ReadOnlySpan<char> chars = MemoryMarshal.Cast<byte, char>(utf16);
        int most = chars.Length * 3;
        if (_buffer.Length < most)
            _buffer = new byte[Math.Max(most, _buffer.Length * 2)];
        return _buffer.AsSpan(0, Encoding.UTF8.GetBytes(chars, _buffer));
    }

    /// <summary>The same in an array of its own.</summary>
    public static byte[] ToUtf8(ReadOnlySpan<byte> utf16)
    {
        ReadOnlySpan<char> chars = MemoryMarshal.Cast<byte, char>(utf16);
        byte[] result = new byte[Encoding.UTF8.GetByteCount(chars)];
        Encoding.UTF8.GetBytes(chars, result);
        return result;
    }
}
