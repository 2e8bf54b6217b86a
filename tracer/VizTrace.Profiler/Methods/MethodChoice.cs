using VizTrace.Records;

namespace VizTrace.Profiler.Methods;

/// <summary>What is to become of a method.</summary>
internal enum MethodWish
{
    /// <summary>Nobody asked for it.</summary>
    NotAsked,

    /// <summary>It would be recorded, and is asked not to be; what it calls is.</summary>
    Hidden,

    /// <summary>It is not recorded, nor anything below it.</summary>
    Ignored,

    /// <summary>It is recorded.</summary>
    Recorded,

    /// <summary>It is recorded, and only what is below such functions is.</summary>
    TraceOnly,
}

/// <summary>What the user asked for: patterns against modules and methods. Immutable, thread-safe.</summary>
internal sealed class MethodChoice
{
    /// <summary>File name of the core library.</summary>
    public const string CoreLibrary = "System.Private.CoreLib.dll";

    private readonly List<NamePattern> _include;
    private readonly List<NamePattern> _exclude;
    private readonly List<NamePattern> _ignore;
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
        _ignore = Parse(settings.IgnoreFunction);
        _runtimeDirectory = runtimeDirectory + "/";

        // <root>/shared/<framework>/<version>: everything below <root>/shared is framework. A self-contained program has none.
        string? frameworks = Path.GetDirectoryName(Path.GetDirectoryName(runtimeDirectory));
        _sharedRoot = frameworks != null && Path.GetFileName(frameworks) == "shared" ? frameworks + "/" : "";
        ReachesFramework = _include.Count + _ignore.Count > 0
            && FrameworkModules().Any(name => _include.Exists(p => p.ReachesFramework(name)) || _ignore.Exists(p => p.ReachesFramework(name)));
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
    public bool RecordsAll => _include.Count == 0 && _exclude.Count == 0 && _ignore.Count == 0;

    /// <summary>Whether functions to be ignored may lie in a module, included or not.</summary>
    public bool IgnoresIn(string name, ModuleFlags flags) =>
        _ignore.Exists(p => (flags & ModuleFlags.Framework) != 0 ? p.ReachesFramework(name) : p.MayMatchModule(name));

    /// <summary>What is to become of a method of a module that is included, or in which functions are ignored. <paramref name="fullName"/> as the trace shows it.</summary>
    public MethodWish WishFor(TracedModule module, string fullName)
    {
        bool framework = (module.Flags & ModuleFlags.Framework) != 0;
        bool Matches(NamePattern p) => (!framework || p.ReachesFramework(module.Name)) && p.Matches(module.Name, fullName);
        if (_ignore.Exists(Matches))
            return MethodWish.Ignored;
        if ((module.Flags & ModuleFlags.Included) == 0 || (_include.Count > 0 && !_include.Exists(Matches)))
            return MethodWish.NotAsked;
        return _exclude.Exists(p => p.Matches(module.Name, fullName)) ? MethodWish.Hidden : MethodWish.Recorded;
    }

    private bool IsFramework(string path, string name)
    {
        // The program's side of our own API is nobody's code.
        if (name == Session.ProgramApi.Module)
            return true;

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
