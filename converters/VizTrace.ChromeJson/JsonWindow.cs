using System.Text.Json;

namespace VizTrace.ChromeJson;

/// <summary>The part of the input that is in memory: slides along the stream, grows only for a single event larger than itself.</summary>
internal sealed class JsonWindow(Stream stream)
{
    private static readonly JsonReaderOptions s_options = new() { AllowTrailingCommas = true, MaxDepth = 512 };

    /// <summary>Twice this is more than an array holds; it is filled to its end before that is an error.</summary>
    private const int LastDoubled = 1 << 30;

    private byte[] _buffer = new byte[1 << 20];
    private int _start;
    private int _end;
    private JsonReaderState _state = new(s_options);

    /// <summary>Bytes of the stream before the window.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether the window holds anything but blanks; the end of the stream is clean when not.</summary>
    public bool HasText => _buffer.AsSpan(_start, _end - _start).IndexOfAnyExcept(" \t\r\n"u8) >= 0;

    /// <summary>A reader at the start of the window, in the state that was left by <see cref="Advance"/>.</summary>
    public Utf8JsonReader Reader() => new(_buffer.AsSpan(_start, _end - _start), isFinalBlock: false, _state);

    /// <summary>The bytes from <paramref name="from"/> to <paramref name="to"/>, relative to the window's start.</summary>
    public ReadOnlySpan<byte> Slice(int from, int to) => _buffer.AsSpan(_start + from, to - from);

    /// <summary>Moves the window's start to where <paramref name="reader"/> stands.</summary>
    public void Advance(in Utf8JsonReader reader)
    {
        _start += (int)reader.BytesConsumed;
        Offset += reader.BytesConsumed;
        _state = reader.CurrentState;
    }

    /// <summary>Passes over a byte-order mark; only at the very start.</summary>
    public void SkipMark()
    {
        if (_buffer.AsSpan(_start, _end - _start).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            _start += 3;
            Offset += 3;
        }
    }

    /// <summary>
    /// Reads more behind what the window holds, at least as much again unless the stream ends: a piece that is larger than the window is
    /// parsed from its start every time, so its bytes have to double in between. False at the end of the stream.
    /// </summary>
    public bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length || (_end > _buffer.Length / 2 && _buffer.Length < LastDoubled))
            Array.Resize(ref _buffer, checked(_buffer.Length * 2));
        int read = stream.ReadAtLeast(_buffer.AsSpan(_end), _buffer.Length - _end, throwOnEndOfStream: false);
        _end += read;
        return read > 0;
    }
}
