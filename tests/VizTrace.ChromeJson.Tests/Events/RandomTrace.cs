using System.Globalization;
using System.Text;
using System.Text.Json;

namespace VizTrace.ChromeJson.Tests.Events;

/// <summary>Files as any tool might write them: keys in any order, blanks anywhere, escapes, brackets within texts, things that are no events.</summary>
internal static class RandomTrace
{
    private static readonly string[] s_texts = ["f", "", "a\\\"b", "\\\\", "{[", "]}", "é\\u00e9", "\\ud83d\\ude00", "long text that goes on beyond thirty-two bytes, quite a bit"];

    public static string Of(int seed, int events, int longText = 0)
    {
        var random = new Random(seed);
        bool isObject = random.Next(2) == 0;
        var text = new StringBuilder(isObject ? "{\"x\":[{\"traceEvents\":[1]}],\"traceEvents\":[" : "[");
        Blanks(text, random);
        int longAt = longText > 0 ? random.Next(events) : -1;
        for (int i = 0; i < events; i++)
        {
            if (i > 0)
            {
                Blanks(text, random);
                text.Append(',');
                Blanks(text, random);
            }

            if (random.Next(40) == 0)
                text.Append(random.Next(3) switch { 0 => "null", 1 => "[{}]", _ => "\"}\"" });
            else
                Event(text, random, i, i == longAt ? new string('x', longText) : null);
        }

        Blanks(text, random);
        return text.Append(isObject ? "],\"otherData\":{\"a\":\"]\"}}" : "]").ToString();
    }

    /// <summary>The reference: elements of the array of events that <paramref name="keeps"/>, as they stand.</summary>
    public static List<string> Elements(string json, Func<JsonElement, bool> keeps)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        JsonElement array = root.ValueKind == JsonValueKind.Array ? root : root.GetProperty("traceEvents");
        return [.. array.EnumerateArray().Where(keeps).Select(e => e.GetRawText())];
    }

    public static bool IsObject(JsonElement e) => e.ValueKind == JsonValueKind.Object;

    public static string? Text(JsonElement e, string key) =>
        e.ValueKind == JsonValueKind.Object && e.TryGetProperty(key, out JsonElement value) ? value.ToString() : null;

    private static void Event(StringBuilder text, Random random, int index, string? longText)
    {
        string phase = random.Next(12) switch { < 5 => "X", 5 or 6 => "B", 7 or 8 => "E", 9 => "i", 10 => "C", _ => "N" };
        string ns = string.Create(CultureInfo.InvariantCulture, $"{index * 3}.{random.Next(1000):D3}");
        var members = new List<string>
        {
            $"\"ph\"{Colon(random)}\"{phase}\"",
            "\"pid\"" + Colon(random) + Number(random, "1"),
            "\"tid\"" + Colon(random) + Number(random, (10 + random.Next(3)).ToString(CultureInfo.InvariantCulture)),
            "\"ts\"" + Colon(random) + Number(random, ns),
            "\"name\"" + Colon(random) + '"' + (longText ?? s_texts[random.Next(s_texts.Length)]) + '"',
        };
        if (phase == "X")
            members.Add("\"dur\"" + Colon(random) + Number(random, "1.5"));
        if (random.Next(2) == 0)
            members.Add("\"args\"" + Colon(random) + Value(random, 0, isObject: true));
        if (random.Next(4) == 0)
            members.Add("\"unknown key\"" + Colon(random) + Value(random, 0, isObject: false));
        text.Append('{');
        Blanks(text, random);
        bool any = false;
        foreach (string member in members.OrderBy(_ => random.Next()))
        {
            if (any)
            {
                text.Append(',');
                Blanks(text, random);
            }

            any = true;
            text.Append(member);
            Blanks(text, random);
        }

        text.Append('}');
    }

    private static string Value(Random random, int depth, bool isObject)
    {
        int kind = isObject ? 0 : random.Next(depth > 4 ? 3 : 6);
        return (isObject ? 4 : kind) switch
        {
            0 => random.Next().ToString(CultureInfo.InvariantCulture),
            1 => "true",
            2 => '"' + s_texts[random.Next(s_texts.Length)] + '"',
            3 => "[" + string.Join(" , ", Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth + 1, false))) + "]",
            _ => "{" + string.Join(",", Enumerable.Range(0, random.Next(4)).Select(i => $"\"{i}{s_texts[random.Next(s_texts.Length)]}\":{Value(random, depth + 1, false)}")) + "}",
        };
    }

    private static string Number(Random random, string number) => random.Next(4) == 0 ? '"' + number + '"' : number;

    private static string Colon(Random random) => random.Next(5) == 0 ? " : " : ":";

    private static void Blanks(StringBuilder text, Random random)
    {
        if (random.Next(3) == 0)
            text.Append(" \n\t\r"[random.Next(4)]);
    }
}
