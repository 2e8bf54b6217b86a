using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>
/// What the recording was asked for, as the profiler understood it (Methods/MethodChoice.cs there): for methods that it never came to see.
/// </summary>
internal sealed class AskedFor(CaptureSettings settings)
{
    /// <summary>The reason of what a pattern of --exclude took out.</summary>
    public const string Excluded = "excluded";

    private readonly List<NamePattern> _include = Parse(settings.Include);
    private readonly List<NamePattern> _exclude = Parse(settings.Exclude);

    /// <summary>Whether nothing depends on a method's name.</summary>
    public bool IsAll => _include.Count == 0 && _exclude.Count == 0;

    /// <summary>Whether a method was excluded by name.</summary>
    public bool Excludes(ModuleEntry module, string fullName) => _exclude.Exists(p => p.Matches(module.Name, fullName));

    /// <summary>State and reason of a method of an included module that was not asked for; null when it was.</summary>
    public (CoverageState State, string Reason)? Refusal(ModuleEntry module, string fullName)
    {
        if (Excludes(module, fullName))
            return (CoverageState.Hidden, Excluded);
        bool framework = (module.Flags & ModuleFlags.Framework) != 0;
        bool included = _include.Count == 0
            || _include.Exists(p => (!framework || p.ReachesFramework(module.Name)) && p.Matches(module.Name, fullName));
        return included ? null : (CoverageState.NotAskedFor, "");
    }

    private static List<NamePattern> Parse(List<string> patterns) =>
        [.. patterns.Select(p => NamePattern.TryParse(p, out _)).OfType<NamePattern>()];
}
