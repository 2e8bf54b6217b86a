namespace VizTrace.Real.Tests;

/// <summary>How the runtime compiles and the tracer records.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="Environment">Of both runs.</param>
/// <param name="Recorder">Of the recorded run alone.</param>
internal sealed record Mode(string Name, Dictionary<string, string> Environment, Dictionary<string, string> Recorder)
{
    private static readonly Dictionary<string, string> s_none = [];

    public static Mode[] All { get; } =
    [
        new("default", s_none, s_none),
        new("portable", s_none, new() { ["VIZTRACE_PROBE"] = "portable" }),
        new("no PGO", new() { ["DOTNET_TieredPGO"] = "0" }, s_none),
        new("optimized at once", new() { ["DOTNET_TieredCompilation"] = "0" }, s_none),
        new("nothing precompiled", new() { ["DOTNET_ReadyToRun"] = "0" }, s_none),
    ];

    /// <summary>Optimized code inlines methods, and ends others with a jump: of both the tracer leaves less, so that traces have other frames.</summary>
    public bool ChangesFrames => Name == "optimized at once";
}
