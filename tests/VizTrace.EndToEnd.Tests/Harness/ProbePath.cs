namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>The ways a call can be recorded; the tests of what a trace says run on each.</summary>
public static class ProbePath
{
    /// <summary>Rows for a theory.</summary>
    public static TheoryData<string> All => [.. Names];

    /// <summary>Names of the paths; only the first when the suite as a whole runs on a forced probe: the others were tried without it.</summary>
    internal static string[] Names { get; } =
        System.Environment.GetEnvironmentVariable("VIZTRACE_PROBE") is null ? ["default", "portable", "monotonic"] : ["default"];

    /// <summary>Environment that forces a path.</summary>
    internal static Dictionary<string, string> Environment(string path) => path switch
    {
        "portable" => new() { ["VIZTRACE_PROBE"] = "portable" },
        "monotonic" => new() { ["VIZTRACE_CLOCK"] = "monotonic" },
        _ => [],
    };
}
