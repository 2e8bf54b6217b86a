using System.Text.Json;
using VizTrace.Model;

namespace VizTrace.ChromeJson;

/// <summary>What became of every method.</summary>
public sealed partial class ChromeJsonWriter
{
    /// <summary>A type and its methods are one array, the type first: as an object, types that stand twice would have one key.</summary>
    private static void WriteCoverage(Utf8JsonWriter json, IReadOnlyList<ModuleCoverage> modules)
    {
        json.WriteStartArray("coverage"u8);
        foreach (ModuleCoverage module in modules)
        {
            json.WriteStartObject();
            json.WriteString("module"u8, module.Module);
            Optional(json, "unlisted", module.Unlisted);
            json.WriteNumber("recorded"u8, module.Recorded);
            json.WriteNumber("refused"u8, module.Refused);
            json.WriteStartArray("methods"u8);
            foreach (CoverageGroup group in module.Groups)
            {
                json.WriteStartObject();
                json.WriteString("state"u8, CoverageStates.Name(group.State));
                Optional(json, "reason", group.Reason);
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

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
