using System.Text.Json;
using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>What became of every method.</summary>
internal sealed partial class ReadTrace
{
    private static ModuleCoverage CoverageOf(JsonElement module) => new(Text(module, "module") ?? "")
    {
        Unlisted = Text(module, "unlisted"),
        Recorded = Number32(module, "recorded") ?? 0,
        Refused = Number32(module, "refused") ?? 0,
        Groups = [.. Items(module, "methods").Select(GroupOf).OfType<CoverageGroup>()],
    };

    /// <summary>Null where the state is none that is known here.</summary>
    private static CoverageGroup? GroupOf(JsonElement group) => CoverageStates.Of(Text(group, "state")) is { } state
        ? new CoverageGroup(state, Text(group, "reason") ?? "", [.. Items(group, "types").Select(TypeOf).OfType<CoveredType>()])
        : null;

    private static CoveredType? TypeOf(JsonElement type)
    {
        if (type.ValueKind != JsonValueKind.Array || type.GetArrayLength() == 0)
            return null;
        string[] texts = [.. type.EnumerateArray().Select(t => t.ToString())];
        return new CoveredType(texts[0], texts[1..]);
    }
}
