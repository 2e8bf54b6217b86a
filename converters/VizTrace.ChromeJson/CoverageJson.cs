using System.Text.Json;
using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>
/// What became of every method, as <c>otherData</c> has it. A type and its methods are one array, the type first: as members of an object,
/// types that stand twice would have one key.
/// </summary>
internal static class CoverageJson
{
    /// <summary>Writes the member <c>coverage</c>.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<ModuleCoverage> modules)
    {
        json.WriteStartArray("coverage"u8);
        foreach (ModuleCoverage module in modules)
        {
            json.WriteStartObject();
            json.WriteString("module"u8, module.Module);
            if (module.Unlisted is { } unlisted)
                json.WriteString("unlisted"u8, unlisted);
            json.WriteNumber("recorded"u8, module.Recorded);
            json.WriteNumber("refused"u8, module.Refused);
            json.WriteStartArray("methods"u8);
            foreach (CoverageGroup group in module.Groups)
                Write(json, group);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Reads one item of <c>coverage</c>.</summary>
    public static ModuleCoverage Read(JsonElement module) => new(Text(module, "module") ?? "")
    {
        Unlisted = Text(module, "unlisted"),
        Recorded = Number(module, "recorded"),
        Refused = Number(module, "refused"),
        Groups = [.. Items(module, "methods").Select(Group).OfType<CoverageGroup>()],
    };

    private static void Write(Utf8JsonWriter json, CoverageGroup group)
    {
        json.WriteStartObject();
        json.WriteString("state"u8, CoverageStates.Name(group.State));
        if (group.Reason.Length > 0)
            json.WriteString("reason"u8, group.Reason);
        json.WriteStartArray("types"u8);
        foreach (CoveredType type in group.Types)
        {
            json.WriteStartArray();
            json.WriteStringValue(type.Type);
            foreach (string name in type.Names)
                json.WriteStringValue(name);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Null where the state is none that is known here.</summary>
    private static CoverageGroup? Group(JsonElement group) => CoverageStates.Of(Text(group, "state")) is { } state
        ? new CoverageGroup(state, Text(group, "reason") ?? "", [.. Items(group, "types").Select(Type).OfType<CoveredType>()])
        : null;

    private static CoveredType? Type(JsonElement type)
    {
        if (type.ValueKind != JsonValueKind.Array || type.GetArrayLength() == 0)
            return null;
        string[] texts = [.. type.EnumerateArray().Select(t => t.ToString())];
        return new CoveredType(texts[0], texts[1..]);
    }

    private static JsonElement? Member(JsonElement of, string name, JsonValueKind kind) =>
        Rows.JsonValues.Member(of, name, kind);

    private static string? Text(JsonElement of, string name) => Member(of, name, JsonValueKind.String)?.GetString();

    private static int Number(JsonElement of, string name) =>
        Member(of, name, JsonValueKind.Number) is { } member && member.TryGetInt32(out int value) ? value : 0;

    private static IEnumerable<JsonElement> Items(JsonElement of, string name) =>
        Member(of, name, JsonValueKind.Array) is { } member ? member.EnumerateArray() : Enumerable.Empty<JsonElement>();
}
