using System.Text.Json;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Events;

/// <summary>Reads an event's <c>args</c>. It has no state: one for all.</summary>
internal sealed class ChromeArguments : IArgumentReader
{
    private const int MaxGroups = 64;

    private static readonly JsonReaderOptions s_options = new() { AllowTrailingCommas = true, MaxDepth = EventSplitter.MaxDepth };

    public static ChromeArguments Instance { get; } = new();

    /// <inheritdoc />
    public void Read(ReadOnlySpan<byte> raw, IArgumentSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        var reader = new Utf8JsonReader(raw, s_options);
        int depth = 0;
        byte[] nameScratch = [];
        byte[] scratch = [];
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return;
            ReadOnlySpan<byte> name = default;
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        name = TextOf(reader.ValueSpan, reader.ValueIsEscaped, ref nameScratch);
                        continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray when depth == MaxGroups:
                        int start = (int)reader.TokenStartIndex;
                        reader.Skip();
                        sink.Json(name, raw[start..(int)reader.BytesConsumed]);
                        break;
                    case JsonTokenType.StartObject:
                        depth++;
                        sink.BeginDictionary(name);
                        break;
                    case JsonTokenType.StartArray:
                        depth++;
                        sink.BeginArray(name);
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        if (depth == 0)
                            return;
                        depth--;
                        sink.EndGroup();
                        break;
                    case JsonTokenType.String:
                        sink.Text(name, TextOf(reader.ValueSpan, reader.ValueIsEscaped, ref scratch));
                        break;
                    case JsonTokenType.Number:
                        Number(in reader, name, sink);
                        break;
                    case JsonTokenType.True or JsonTokenType.False:
                        sink.Boolean(name, reader.TokenType == JsonTokenType.True);
                        break;
                    case JsonTokenType.Null:
                        sink.Null(name);
                        break;
                }

                name = default;
            }
        }
        catch (JsonException)
        {
            // Damage ends the arguments early, as the contract says; what was begun is closed.
            for (; depth > 0; depth--)
                sink.EndGroup();
        }
    }

    private static void Number(in Utf8JsonReader reader, ReadOnlySpan<byte> name, IArgumentSink sink)
    {
        if (reader.TryGetInt64(out long whole))
            sink.Integer(name, whole);
        else if (reader.TryGetUInt64(out ulong large))
            sink.Unsigned(name, large);
        else if (reader.TryGetDouble(out double real))
            sink.Real(name, real);
        else
            sink.Json(name, reader.ValueSpan);
    }

    private static ReadOnlySpan<byte> TextOf(ReadOnlySpan<byte> raw, bool isEscaped, scoped ref byte[] scratch) =>
        isEscaped ? EventReading.Unescaped(raw, ref scratch) : raw;
}
