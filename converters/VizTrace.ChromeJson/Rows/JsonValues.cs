using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using VizTrace.ChromeJson.Events;

namespace VizTrace.ChromeJson.Rows;

/// <summary>Looks things up in small JSON values that may hold anything. Static: thread-safe.</summary>
internal static class JsonValues
{
    private static readonly JsonDocumentOptions s_options = new() { AllowTrailingCommas = true, MaxDepth = EventSplitter.MaxDepth };

    /// <summary>Parses a value; bytes that are no UTF-8 are replaced first. Null when it is no JSON.</summary>
    public static JsonDocument? Parse(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return null;
        byte[] text = Utf8.IsValid(json) ? json.ToArray() : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        try
        {
            return JsonDocument.Parse(text, s_options);
        }
        catch (JsonException)
        {
            // What is damaged within its brackets says nothing.
            return null;
        }
    }

    /// <summary>A member that is a text; a half character behind a <c>\u</c> makes it none.</summary>
    public static string? Text(JsonElement of, string name) => Member(of, name, JsonValueKind.String) is { } member ? TextOf(member) : null;

    /// <summary>The text of a value of any kind.</summary>
    public static string TextOf(JsonElement value)
    {
        try
        {
            return value.ToString();
        }
        catch (InvalidOperationException)
        {
            // The one way in which the framework tells that an escape is half a character.
            return value.GetRawText();
        }
    }

    /// <summary>A member that is a whole number, or a text with one.</summary>
    public static long? Number(JsonElement of, string name) =>
        Member(of, name, JsonValueKind.Number) is { } member
            ? member.TryGetInt64(out long value) ? value : null
            : long.TryParse(Text(of, name), System.Globalization.CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>A member that is a number of 32 bits.</summary>
    public static int? Number32(JsonElement of, string name) => Number(of, name) is { } value and >= int.MinValue and <= int.MaxValue ? (int)value : null;

    /// <summary>The elements of a member that is an array.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement of, string name) =>
        Member(of, name, JsonValueKind.Array) is { } member ? member.EnumerateArray() : Enumerable.Empty<JsonElement>();

    /// <summary>A member of any kind; null: there is none.</summary>
    public static JsonElement? Member(JsonElement of, string name)
    {
        try
        {
            return of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out JsonElement member) ? member : null;
        }
        catch (InvalidOperationException)
        {
            // A key before it holds half a character: what is behind it cannot be looked up.
            return null;
        }
    }

    /// <summary>A member of one kind; null: there is none.</summary>
    public static JsonElement? Member(JsonElement of, string name, JsonValueKind kind) =>
        Member(of, name) is { } member && member.ValueKind == kind ? member : null;
}
