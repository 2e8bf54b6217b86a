namespace VizTrace.Architecture.Tests;

/// <summary>Arrows between projects are those of the design and no other.</summary>
public sealed class ArrowTests
{
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["VizTrace.Cli"] = ["VizTrace.Recorder", "VizTrace.Filters", "VizTrace.Model", "VizTrace.Capture", "VizTrace.Perfetto", "VizTrace.ChromeJson", "VizTrace.NetTrace", "VizTrace.Profiles"],
        ["VizTrace.Recorder"] = ["VizTrace.Model"],
        ["VizTrace.Profiler"] = [],
        ["VizTrace.Api"] = [],
        ["VizTrace.Model"] = [],
        ["VizTrace.Capture"] = ["VizTrace.Model", "VizTrace.NetTrace"],
        ["VizTrace.Perfetto"] = ["VizTrace.Model"],
        ["VizTrace.ChromeJson"] = ["VizTrace.Model"],
        ["VizTrace.NetTrace"] = ["VizTrace.Model"],
        ["VizTrace.Profiles"] = ["VizTrace.Model"],
        ["VizTrace.Filters"] = ["VizTrace.Model"],
    };

    [Fact]
    public void EveryProjectOfTheProductIsKnownHere()
    {
        IReadOnlyList<ProjectFile> projects = ProjectFile.OfProduct();

        Assert.NotEmpty(projects);
        Assert.Empty(projects.Select(p => p.Name).Except(s_allowed.Keys));
    }

    [Fact]
    public void NoProjectReferencesWhatItMayNot()
    {
        string[] wrong = [.. ProjectFile.OfProduct().SelectMany(p => p.References.Except(s_allowed[p.Name]).Select(r => $"{p.Name} -> {r}"))];

        Assert.Empty(wrong);
    }

    [Fact]
    public void TheProfilerReferencesNoProjectAndNoAssemblyOfOurs()
    {
        ProjectFile profiler = ProjectFile.OfProduct().Single(p => p.Name == "VizTrace.Profiler");

        Assert.Empty(profiler.References);
        Assert.Empty(profiler.Assemblies);
        Assert.True(profiler.LinksRecords);
    }

    [Fact]
    public void TheLayoutOfACaptureIsCompiledIntoThoseThatShareItOnly()
    {
        string[] linking = [.. ProjectFile.OfProduct().Where(p => p.LinksRecords).Select(p => p.Name).Order(StringComparer.Ordinal)];

        Assert.Empty(linking.Except(["VizTrace.Api", "VizTrace.Capture", "VizTrace.Profiler", "VizTrace.Recorder"]));
        Assert.Empty(new[] { "VizTrace.Capture", "VizTrace.Profiler", "VizTrace.Recorder" }.Except(linking));
    }

    [Fact]
    public void TraceEventStaysInsideNetTrace() =>
        Assert.Empty(ProjectFile.OfProduct().Where(p => p.Name != "VizTrace.NetTrace" && p.Packages.Contains("Microsoft.Diagnostics.Tracing.TraceEvent")).Select(p => p.Name));

    [Fact]
    public void ProtobufStaysInsidePerfetto() =>
        Assert.Empty(ProjectFile.OfProduct().Where(p => p.Name != "VizTrace.Perfetto" && p.Packages.Any(n => n is "Google.Protobuf" or "Grpc.Tools")).Select(p => p.Name));

    [Fact]
    public void OnlyTheCommandMayPrint() =>
        Assert.Empty(ProjectFile.OfProduct().Where(p => p.Name != "VizTrace.Cli" && !p.Packages.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers")).Select(p => p.Name));
}
