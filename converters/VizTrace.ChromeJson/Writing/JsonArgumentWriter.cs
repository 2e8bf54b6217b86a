using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using VizTrace.ChromeJson.Editing;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Writing;

/// <summary>
/// Writes arguments as members of a JSON object. Whole numbers of 64 bits stay numbers with all their digits: JSON sets no limit, and our
/// reader and Perfetto's keep them; a viewer in JavaScript rounds what is beyond 2^53. Addresses are texts: <c>"0x7f00"</c>. Numbers that
/// JSON does not have are texts: <c>"NaN"</c>. Not thread-safe.
/// </summary>
internal sealed class JsonArgumentWriter(JsonOutput output) : IArgumentSink
{
    private static readonly SearchValues<byte> s_special = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\', .. Enumerable.Range(0x7F, 0x81).Select(c => (byte)c)]);

    private ulong _isArray;
    private int _depth;
    private bool _any;

    /// <summary>Begins the arguments of an event: the brace has been written.</summary>
    public void Begin() => (_any, _isArray, _depth) = (false, 0, 0);

    /// <inheritdoc />
    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name(name);
        Quoted(output, value);
    }

    /// <inheritdoc />
    public void Integer(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        output.Write(value);
    }

    /// <inheritdoc />
    public void Unsigned(ReadOnlySpan<byte> name, ulong value)
    {
        Name(name);
        value.TryFormat(output.Reserve(24), out int written, default, CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    /// <inheritdoc />
    public void Pointer(ReadOnlySpan<byte> name, ulong value)
    {
        Name(name);
        Hexadecimal(output, value);
    }

    /// <inheritdoc />
    public void Real(ReadOnlySpan<byte> name, double value)
    {
        Name(name);
        Real(output, value);
    }

    /// <inheritdoc />
    public void Boolean(ReadOnlySpan<byte> name, bool value)
    {
        Name(name);
        output.Write(value ? "true"u8 : "false"u8);
    }

    /// <inheritdoc />
    public void Null(ReadOnlySpan<byte> name)
    {
        Name(name);
        output.Write("null"u8);
    }

    /// <inheritdoc />
    public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        Name(name);
        output.Write(json);
    }

    /// <inheritdoc />
    public void BeginDictionary(ReadOnlySpan<byte> name) => BeginGroup(name, isArray: false);

    /// <inheritdoc />
    public void BeginArray(ReadOnlySpan<byte> name) => BeginGroup(name, isArray: true);

    /// <inheritdoc />
    public void EndGroup()
    {
        output.Write((_isArray & 1) != 0 ? "]"u8 : "}"u8);
        _isArray >>= 1;
        _depth--;
        _any = true;
    }

    /// <summary>A text in quotes.</summary>
    public static void Quoted(JsonOutput output, ReadOnlySpan<byte> text)
    {
        output.Write("\""u8);
        if (text.IndexOfAny(s_special) < 0)
            output.Write(text);
        else
            output.Write(JsonOutput.Escape(Utf8.IsValid(text) ? text : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text))).EncodedUtf8Bytes);
        output.Write("\""u8);
    }

    /// <summary>A number in quotes, as <c>"0x1f"</c>.</summary>
    public static void Hexadecimal(JsonOutput output, ulong value)
    {
        output.Write("\"0x"u8);
        value.TryFormat(output.Reserve(20), out int written, "x", CultureInfo.InvariantCulture);
        output.Advance(written);
        output.Write("\""u8);
    }

    /// <summary>A number that is read back as one with a fraction.</summary>
    public static void Real(JsonOutput output, double value)
    {
        if (!double.IsFinite(value))
        {
            output.Write(double.IsNaN(value) ? "\"NaN\""u8 : value > 0 ? "\"Infinity\""u8 : "\"-Infinity\""u8);
            return;
        }

        Span<byte> to = output.Reserve(40);
        value.TryFormat(to, out int written, default, CultureInfo.InvariantCulture);
        bool isWhole = to[..written].IndexOfAny((byte)'.', (byte)'E') < 0;
        output.Advance(written);
        if (isWhole)
            output.Write(".0"u8);
    }

    private void BeginGroup(ReadOnlySpan<byte> name, bool isArray)
    {
        Name(name);
        output.Write(isArray ? "["u8 : "{"u8);
        _isArray = (_isArray << 1) | (isArray ? 1UL : 0);
        _depth++;
        _any = false;
    }

    private void Name(ReadOnlySpan<byte> name)
    {
        if (_any)
            output.Write(","u8);
        _any = true;
        if (_depth > 0 && (_isArray & 1) != 0)
            return;
        Quoted(output, name);
        output.Write(":"u8);
    }
}
