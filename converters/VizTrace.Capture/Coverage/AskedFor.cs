using VizTrace.Model;
using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>
/// What the recording was asked for, as the profiler understood it (Methods/MethodChoice.cs there): for methods that it never came to see.
/// </summary>
internal sealed class AskedFor(CaptureSettings settings)
{
    private static readonly string s_hidden = Reasons.Of(NotRecordedReason.Hidden), s_ignored = Reasons.Of(NotRecordedReason.Ignored);

    private readonly List<NamePattern> _include = Parse(settings.Include);
    private readonly List<NamePattern> _exclude = Parse(settings.Exclude);
    private readonly List<NamePattern> _ignore = Parse(settings.IgnoreFunction);

    /// <summary>Whether nothing depends on a method's name.</summary>
    public bool IsAll => _include.Count == 0 && _exclude.Count == 0 && _ignore.Count == 0;

    /// <summary>State and reason of a method of an included module that was not asked for; null when it was.</summary>
    public (CoverageState State, string Reason)? Refusal(ModuleEntry module, string fullName)
    {
        bool framework = (module.Flags & ModuleFlags.Framework) != 0;
        bool Matches(NamePattern p) => (!framework || p.ReachesFramework(module.Name)) && p.Matches(module.Name, fullName);
        if (_ignore.Exists(Matches))
            return (CoverageState.Hidden, s_ignored);
        if (_include.Count > 0 && !_include.Exists(Matches))
            return (CoverageState.NotAskedFor, "");
        return _exclude.Exists(p => p.Matches(module.Name, fullName)) ? (CoverageState.Hidden, s_hidden) : null;
    }

    private static List<NamePattern> Parse(List<string> patterns) =>
        [.. patterns.Select(p => NamePattern.TryParse(p, out _)).OfType<NamePattern>()];
}
