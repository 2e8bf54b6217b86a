using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace VizTrace.Architecture.Tests;

/// <summary>A project file, read as XML: nothing is built or evaluated.</summary>
internal sealed class ProjectFile
{
    private static readonly string s_root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", ".."));
    private readonly XDocument _xml;

    private ProjectFile(string path)
    {
        Name = Path.GetFileNameWithoutExtension(path);
        _xml = XDocument.Load(path);
    }

    public string Name { get; }

    /// <summary>Names of the projects it references.</summary>
    public IEnumerable<string> References => Includes("ProjectReference").Select(i => Path.GetFileNameWithoutExtension(i.Replace('\\', '/')));

    /// <summary>Names of the packages it references.</summary>
    public IEnumerable<string> Packages => Includes("PackageReference");

    /// <summary>Whether <c>tracer/Records</c> is compiled in.</summary>
    public bool LinksRecords => Includes("Compile").Any(i => i.Replace('\\', '/').EndsWith("Records/**/*.cs", StringComparison.Ordinal));

    /// <summary>Names of assemblies it references by file.</summary>
    public IEnumerable<string> Assemblies => Includes("Reference");

    /// <summary>Every project of the product: all that lies under the three top-level folders that ship.</summary>
    public static IReadOnlyList<ProjectFile> OfProduct() =>
    [
        .. new[] { "tracer", "converters", "filters" }.Select(f => Path.Combine(s_root, f)).Where(Directory.Exists)
            .SelectMany(f => Directory.GetFiles(f, "*.csproj", SearchOption.AllDirectories)).Order(StringComparer.Ordinal).Select(p => new ProjectFile(p)),
    ];

    private IEnumerable<string> Includes(string element) =>
        _xml.Descendants().Where(e => e.Name.LocalName == element).Select(e => (string?)e.Attribute("Include") ?? "").Where(i => i.Length > 0);

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
