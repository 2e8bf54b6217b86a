using System.Globalization;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Events;

/// <summary>Reads the debug annotations of a track event; interned texts are those of the decoder's current sequence.</summary>
internal sealed class AnnotationReader(TraceDecoder decoder) : IArgumentReader
{
    private const int Deepest = 64;

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<byte> raw, IArgumentSink sink)
    {
        var cursor = new ProtoCursor(raw);
        while (cursor.Next())
            if (cursor.Field == EventFields.Annotations) Annotation(cursor.Bytes, sink, true, 0);
    }

    /// <summary>The name of an annotation.</summary>
    public ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> annotation)
    {
        var cursor = new ProtoCursor(annotation);
        while (cursor.Next())
        {
            if (cursor.Field == AnnotationFields.Name) return cursor.Bytes;
            if (cursor.Field == AnnotationFields.NameIid) return decoder.Utf8(decoder.Sequence.ArgumentNames[cursor.Value]);
        }
        return default;
    }

    private void Annotation(ReadOnlySpan<byte> message, IArgumentSink sink, bool isNamed, int depth)
    {
        var name = isNamed ? NameOf(message) : default;
        var groups = 0;
        var done = false;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case AnnotationFields.Bool: sink.Boolean(name, cursor.Value != 0); done = true; break;
                case AnnotationFields.Uint: sink.Unsigned(name, cursor.Value); done = true; break;
                case AnnotationFields.Int: sink.Integer(name, (long)cursor.Value); done = true; break;
                case AnnotationFields.Double: sink.Real(name, BitConverter.UInt64BitsToDouble(cursor.Value)); done = true; break;
                case AnnotationFields.Text: sink.Text(name, cursor.Bytes); done = true; break;
                case AnnotationFields.TextIid: sink.Text(name, decoder.Utf8(decoder.Sequence.Texts[cursor.Value])); done = true; break;
                case AnnotationFields.Pointer: sink.Pointer(name, cursor.Value); done = true; break;
                case AnnotationFields.Json: sink.Json(name, cursor.Bytes); done = true; break;
                case AnnotationFields.Nested:
                    Nested(cursor.Bytes, name, sink, depth);
                    done = true;
                    break;
                case AnnotationFields.Dictionary or AnnotationFields.Array:
                    if (groups != 0 && groups != cursor.Field) break;
                    if (depth >= Deepest) return;
                    if (groups == 0)
                    {
                        if (cursor.Field == AnnotationFields.Dictionary) sink.BeginDictionary(name);
                        else sink.BeginArray(name);
                        groups = cursor.Field;
                    }
                    Annotation(cursor.Bytes, sink, groups == AnnotationFields.Dictionary, depth + 1);
                    break;
            }
            if (done) return;
        }
        if (groups != 0) sink.EndGroup();
        else if (!cursor.Malformed) sink.Null(name);
    }

    // An older form of groups: names and values in lists beside each other.
    private static void Nested(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name, IArgumentSink sink, int depth)
    {
        var type = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case 1: type = (int)cursor.Value; break;
                case 5: sink.Integer(name, (long)cursor.Value); return;
                case 6: sink.Real(name, BitConverter.UInt64BitsToDouble(cursor.Value)); return;
                case 7: sink.Boolean(name, cursor.Value != 0); return;
                case 8: sink.Text(name, cursor.Bytes); return;
            }
        }
        if (depth >= Deepest || type is not (1 or 2)) return;
        if (type == 1) sink.BeginDictionary(name);
        else sink.BeginArray(name);
        var keys = new ProtoCursor(message);
        var values = new ProtoCursor(message);
        while (values.Next())
        {
            if (values.Field != (type == 1 ? 3 : 4)) continue;
            ReadOnlySpan<byte> key = default;
            if (type == 1)
            {
                var found = false;
                while (!found && keys.Next()) found = keys.Field == 2;
                if (!found) break;
                key = keys.Bytes;
            }
            Nested(values.Bytes, key, sink, depth + 1);
        }
        sink.EndGroup();
    }
}

/// <summary>Gathers arguments as texts by their path: <c>entries[0].filter</c>. For the few events that tell of the trace itself.</summary>
internal sealed class ArgumentTexts : IArgumentSink
{
    private readonly List<(string Path, bool IsArray, int Count)> _groups = [];

    /// <summary>Values by path.</summary>
    public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>A whole number; null: there is none.</summary>
    public long? Number(string path) =>
        Values.TryGetValue(path, out var text) && long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>A text; null: there is none.</summary>
    public string? Get(string path) => Values.GetValueOrDefault(path);

    /// <inheritdoc/>
    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Add(name, System.Text.Encoding.UTF8.GetString(value));

    /// <inheritdoc/>
    public void Integer(ReadOnlySpan<byte> name, long value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public void Unsigned(ReadOnlySpan<byte> name, ulong value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public void Pointer(ReadOnlySpan<byte> name, ulong value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public void Real(ReadOnlySpan<byte> name, double value) => Add(name, value.ToString("R", CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public void Boolean(ReadOnlySpan<byte> name, bool value) => Add(name, value ? "true" : "false");

    /// <inheritdoc/>
    public void Null(ReadOnlySpan<byte> name) => Add(name, "");

    /// <inheritdoc/>
    public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json) => Text(name, json);

    /// <inheritdoc/>
    public void BeginDictionary(ReadOnlySpan<byte> name) => _groups.Add((Path(name), false, 0));

    /// <inheritdoc/>
    public void BeginArray(ReadOnlySpan<byte> name) => _groups.Add((Path(name), true, 0));

    /// <inheritdoc/>
    public void EndGroup() => _groups.RemoveAt(_groups.Count - 1);

    private void Add(ReadOnlySpan<byte> name, string value) => Values[Path(name)] = value;

    private string Path(ReadOnlySpan<byte> name)
    {
        if (_groups.Count == 0) return System.Text.Encoding.UTF8.GetString(name);
        var (path, isArray, count) = _groups[^1];
        if (!isArray) return path + "." + System.Text.Encoding.UTF8.GetString(name);
        _groups[^1] = (path, true, count + 1);
        return string.Create(CultureInfo.InvariantCulture, $"{path}[{count}]");
    }
}
