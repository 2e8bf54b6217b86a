using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VizTrace.ChromeJson.Editing;

/// <summary>Bytes on their way to a stream: small pieces are gathered, large ones go through. Not thread-safe.</summary>
internal sealed class JsonOutput(Stream stream)
{
    private const int Direct = 128 << 10;

    private byte[] _buffer = new byte[512 << 10];
    private int _length;

    /// <summary>Room for <paramref name="bytes"/> at least; what was written to it counts from <see cref="Advance"/> on.</summary>
    public Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Flush();
            if (_buffer.Length < bytes)
                _buffer = new byte[bytes];
        }

        return _buffer.AsSpan(_length);
    }

    /// <summary>Takes what was written to <see cref="Reserve"/>'s room.</summary>
    public void Advance(int bytes) => _length += bytes;

    /// <summary>Appends.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= Direct)
        {
            Flush();
            stream.Write(bytes);
            return;
        }

        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>Appends a number.</summary>
    public void Write(long number)
    {
        number.TryFormat(Reserve(24), out int written, default, System.Globalization.CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>Appends a time or duration, ns, as microseconds.</summary>
    public void WriteMicroseconds(long ns) => _length += Microseconds.Write(ns, Reserve(32));

    /// <summary>Appends a text without quotes, escaped; half surrogate pairs and bytes that are no UTF-8 are replaced.</summary>
    public void WriteEscaped(string text) => Write(Escape(Encoding.UTF8.GetBytes(text)).EncodedUtf8Bytes);

    /// <summary>Hands everything to the stream.</summary>
    public void Flush()
    {
        stream.Write(_buffer, 0, _length);
        _length = 0;
    }

    /// <summary>A text, escaped as JSON wants it and no further.</summary>
    public static JsonEncodedText Escape(ReadOnlySpan<byte> text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
}
