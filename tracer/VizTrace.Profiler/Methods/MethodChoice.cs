using VizTrace.Records;

namespace VizTrace.Profiler.Methods;

/// <summary>What the user asked for: include and exclude patterns against modules and methods. Immutable, thread-safe.</summary>
internal sealed class MethodChoice
{
    /// <summary>File name of the core library.</summary>
    public const string CoreLibrary = "System.Private.CoreLib.dll";

    private readonly List<NamePattern> _include;
    private readonly List<NamePattern> _exclude;
    private readonly string _sharedRoot;
    private readonly string _runtimeDirectory;

    /// <summary>Whether methods of any framework module are asked for.</summary>
    public bool ReachesFramework { get; }

    /// <summary>Whether only some of the program's own modules may be asked for.</summary>
    public bool IsNarrow => _include.Count > 0;

    /// <summary><paramref name="runtimeDirectory"/> is where libcoreclr.so lies.</summary>
    public MethodChoice(CaptureSettings settings, string runtimeDirectory)
    {
        _include = Parse(settings.Include);
        _exclude = Parse(settings.Exclude);
        _runtimeDirectory = runtimeDirectory + "/";

        // <root>/shared/<framework>/<version>: everything below <root>/shared is framework. A self-contained program has none.
        string? frameworks = Path.GetDirectoryName(Path.GetDirectoryName(runtimeDirectory));
        _sharedRoot = frameworks != null && Path.GetFileName(frameworks) == "shared" ? frameworks + "/" : "";
        ReachesFramework = _include.Count > 0 && FrameworkModules().Any(name => _include.Exists(p => p.ReachesFramework(name)));
    }

    /// <summary>File names of all modules that the framework has, loaded or not.</summary>
    private IEnumerable<string> FrameworkModules() =>
        Directory.EnumerateFiles(
                _sharedRoot.Length > 0 ? _sharedRoot : _runtimeDirectory, "*.dll", new EnumerationOptions { RecurseSubdirectories = _sharedRoot.Length > 0, IgnoreInaccessible = true })
            .Where(path => IsFramework(path, Path.GetFileName(path)))
            .Select(path => Path.GetFileName(path));

    /// <summary>Framework or not, included or not.</summary>
    public ModuleFlags Flags(string path, string name)
    {
        bool framework = IsFramework(path, name);
        bool wanted = _include.Count == 0 ? !framework : _include.Exists(p => framework ? p.ReachesFramework(name) : p.MayMatchModule(name));
        return (framework ? ModuleFlags.Framework : ModuleFlags.None) | (wanted ? ModuleFlags.Included : ModuleFlags.None);
    }

    /// <summary>Whether every method of an included module is recorded, so that names need not be looked at.</summary>
    public bool RecordsAll => _include.Count == 0 && _exclude.Count == 0;

    /// <summary>Whether a method of an included module is recorded. <paramref name="fullName"/> as the trace shows it.</summary>
    public bool Records(TracedModule module, string fullName)
    {
        if (_exclude.Exists(p => p.Matches(module.Name, fullName)))
            return false;
        bool framework = (module.Flags & ModuleFlags.Framework) != 0;
        return _include.Count == 0
            || _include.Exists(p => (!framework || p.ReachesFramework(module.Name)) && p.Matches(module.Name, fullName));
    }

    private bool IsFramework(string path, string name)
    {
        if (_sharedRoot.Length > 0 && path.StartsWith(_sharedRoot, StringComparison.Ordinal))
            return true;

        // Self-contained: the framework's files lie beside the program's. Those of the core framework are named System.* or are facades.
        return path.StartsWith(_runtimeDirectory, StringComparison.Ordinal)
            && (name.StartsWith("System.", StringComparison.Ordinal)
                || name is "mscorlib.dll" or "netstandard.dll" or "WindowsBase.dll" or "Microsoft.CSharp.dll" or "Microsoft.VisualBasic.dll"
                    or "Microsoft.VisualBasic.Core.dll" or "Microsoft.Win32.Primitives.dll" or "Microsoft.Win32.Registry.dll");
    }

    private static List<NamePattern> Parse(List<string> patterns)
    {
        var parsed = new List<NamePattern>(patterns.Count);
        foreach (string text in patterns)
        {
            // The recorder has refused malformed patterns before the program began.
            if (NamePattern.TryParse(text, out _) is NamePattern pattern)
                parsed.Add(pattern);
        }

        return parsed;
    }
}
