using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// What is ignored leaves nothing, what is hidden only moves its callees up, and all that is beside them is as it was: asked for by options,
/// by attributes and from within the program.
/// </summary>
public sealed class IgnoreFunctionTests : IDisposable
{
    /// <summary>Of the many functions of a program: two recordings each.</summary>
    private const int Tried = 4;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void ScopesInEveryOrder(string path)
    {
        DecodedTrace trace = Recording.OfProgram(_folder, "Ignoring", ["scopes"], path: path).Exits(0).Trace;

        const string On = "Ignoring.ScopeCases.On.lambda#1_0", Thread = On + " > Ignoring.ScopeCases.Run.lambda#0_";
        AssertPaths([$"{On} 1", $"{Thread}0 > Inner 1", $"{Thread}0 1"], trace, "First in a scope");
        AssertPaths([$"{On} 1", $"{Thread}2 > Leaks > Inner 1", $"{Thread}2 > Leaks 1", $"{Thread}2 1"], trace, "Left open");
        string all = $"{Thread}1 > All > ";
        AssertPaths(
            [
                all + "AroundIgnored > Inner 2", all + "AroundIgnored 2", all + "CrossesCalls > Inner 2", all + "CrossesCalls > Opens > Inner 4",
                all + "CrossesCalls > Opens 2", all + "CrossesCalls 2", all + "InIgnored > Inner 2", all + "InIgnored 2",
                all + "Many > Inner 20000", all + "Many 2", all + "Nested > Inner 2", all + "Nested 2", all + "OfAHelper > Inner 2",
                all + "OfAHelper > Quiet > Inner 2", all + "OfAHelper > Quiet 2", all + "OfAHelper 2", all + "Plain > Inner 4",
                all + "Plain 2", all + "Thrown > Inner 2", all + "Thrown 2", all + "TwiceEnded > Inner 2", all + "TwiceEnded 2",
                $"{Thread}1 > All 2", $"{Thread}1 1", $"{On} 1",
            ],
            trace,
            "Scopes");
        Assert.DoesNotContain(trace.Threads.SelectMany(t => t.Slices), s => s.Unfinished || s.EndLost);
    }

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void MarkedFunctionsOfEveryKind(string path)
    {
        DecodedTrace trace = Recording.OfProgram(_folder, "Ignoring", ["functions"], path: path).Exits(0).Trace;

        const string On = "Ignoring.FunctionCases.On.lambda#1_0", Thread = On + " > Ignoring.FunctionCases.Run.lambda#0_";
        AssertPaths([$"{On} 1", $"{Thread}0 1"], trace, "First is ignored");
        string all = $"{Thread}1 > All > ";
        AssertPaths(
            [
                all + "Below > Inner 4", all + "Below 4", all + "Hidden.lambda#5_0 > Inner 2", all + "Hidden.lambda#5_0 2", all + "Inner 10",
                all + "Overloaded > Overloaded > Inner 2", all + "Overloaded > Overloaded 2", all + "Overloaded 2",
                all + "Thrown > Inner 2", all + "Thrown 2", $"{Thread}1 > All 2", $"{Thread}1 1", $"{On} 1",
            ],
            trace,
            "Functions");

        // The unmarked overload goes on elsewhere, and of the marked ones nothing does.
        SortedDictionary<string, long> counts = trace.Counts();
        Assert.Equal(6, counts["Ignoring.FunctionCases.Overloaded"]);
        Assert.Equal(22, counts["Ignoring.FunctionCases.Inner"]);
        Assert.DoesNotContain(counts.Keys, n => n.Contains("Noise", StringComparison.Ordinal) || n.EndsWith(".Asynchronous", StringComparison.Ordinal)
            || n.EndsWith(".Sequence", StringComparison.Ordinal) || n.Contains("Generic", StringComparison.Ordinal) || n.EndsWith(".Hidden", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void OnlyWhatIsMarkedSo(string path)
    {
        DecodedTrace trace = Recording.OfProgram(_folder, "TraceOnly", [], path: path).Exits(0).Trace;

        const string Wanted = "TraceOnly.Program.Wanted";
        Assert.Empty(trace.Thread("Outside").Slices);
        AssertPaths(
            [
                $"{Wanted} > Below > Inner 1", $"{Wanted} > Below 1", $"{Wanted} > Inner 1", $"{Wanted} > Wanted > Below > Inner 1", $"{Wanted} > Wanted > Below 1",
                $"{Wanted} > Wanted > Inner 1", $"{Wanted} > Wanted > Wanted > Below > Inner 1", $"{Wanted} > Wanted > Wanted > Below 1",
                $"{Wanted} > Wanted > Wanted > Inner 1", $"{Wanted} > Wanted > Wanted 1", $"{Wanted} > Wanted 1", $"{Wanted} 1",
            ],
            trace,
            "Inside");
        AssertPaths(
            [
                $"{Wanted} > Below > Inner 2", $"{Wanted} > Below 2", $"{Wanted} > Inner 2", $"{Wanted} > Wanted > Below > Inner 1",
                $"{Wanted} > Wanted > Below 1", $"{Wanted} > Wanted > Inner 1", $"{Wanted} > Wanted 1", $"{Wanted} 2",
            ],
            trace,
            "Both");
        DecodedThread main = trace.Threads.Single(t => t.Args.GetValueOrDefault("role") == "Main");
        Assert.Equal(
            new Dictionary<string, long> { [Wanted] = 6, ["TraceOnly.Program.Below"] = 6, ["TraceOnly.Program.Inner"] = 12, ["TraceOnly.Program.Throws"] = 6 },
            main.Counts().ToDictionary());
    }

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void DepthIsCountedFromWhatIsMarked(string path)
    {
        DecodedTrace trace = Recording.OfProgram(_folder, "TraceOnly", [], ["--max-depth", "2"], path).Exits(0).Trace;

        const string Wanted = "TraceOnly.Program.Wanted";
        AssertPaths([$"{Wanted} > Below 1", $"{Wanted} > Inner 1", $"{Wanted} > Wanted 1", $"{Wanted} 1"], trace, "Inside");
    }

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void ScopesUnderADepthLimit(string path)
    {
        DecodedTrace whole = Recording.OfProgram(_folder, "Ignoring", ["scopes"], path: path, ending: "-whole.pftrace").Exits(0).Trace;
        DecodedTrace outer = Recording.OfProgram(_folder, "Ignoring", ["scopes"], ["--max-depth", "4"], path).Exits(0).Trace;

        Assert.Equal(Paths(whole, (_, depth) => depth <= 4), Paths(outer));
    }

    /// <summary>The whole trace is the judge: without what has the function in its path, and without the function's own steps.</summary>
    [Theory]
    [InlineData("Exceptions", "default")]
    [InlineData("Exceptions", "portable")]
    [InlineData("IlShapes", "default")]
    [InlineData("IlShapes", "portable")]
    public void WhatIsLeftIsTheRest(string program, string path)
    {
        string[] arguments = program == "Exceptions" ? ["caught", "7"] : [];
        string[] options = program == "IlShapes" ? ["--exclude", "IlShapes.Calls.*"] : [];
        DecodedTrace whole = Recording.OfProgram(_folder, program, arguments, options, path, "-whole.pftrace").Exits(0).Trace;
        string[] functions = [.. whole.Counts().Keys.Where(n => !n.EndsWith(".Main", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.True(functions.Length > 20, $"{functions.Length} functions are too few to prove anything");
        for (int i = 1; i <= Tried; i++)
        {
            string function = functions[i * functions.Length / (Tried + 1)];
            DecodedTrace ignored = Recording.OfProgram(_folder, program, arguments, [.. options, "--ignore-function", function], path, "-i.pftrace").Exits(0).Trace;
            DecodedTrace hidden = Recording.OfProgram(_folder, program, arguments, [.. options, "--hide-function", function], path, "-h.pftrace").Exits(0).Trace;

            Assert.Equal(Paths(whole, (names, _) => !names.Contains(function)), Paths(ignored));
            Assert.Equal(Paths(whole, without: function), Paths(hidden));
        }
    }

    [Fact]
    public void PatternsThatMetNothingAreTold()
    {
        CommandResult result = Recording.OfProgram(
            _folder, "Ignoring", ["functions"],
            ["--ignore-function", "Ignoring.FunctionCases.Belov", "--hide-function", "Elsewhere.dll!*", "--ignore-function", "*.Thrown"]).Exits(0).Result;

        Assert.Contains(
            "--ignore-function Ignoring.FunctionCases.Belov: no method that ran matches; the nearest is Ignoring.FunctionCases.Below", result.Error, StringComparison.Ordinal);
        Assert.Contains("--hide-function Elsewhere.dll!*: no method that ran matches\n", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Thrown", result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Paths of one thread, and how often; of all names but those of lambdas and the first only the last part.</summary>
    private static void AssertPaths(string[] expected, DecodedTrace trace, string thread)
    {
        DecodedThread row = trace.Thread(thread);
        static string Short(string name, int at) => at == 0 || name.Contains("Run.lambda", StringComparison.Ordinal) ? name : name[(name.IndexOf("Cases.", StringComparison.Ordinal) is > 0 and int c ? c + 6 : name.LastIndexOf('.') + 1)..];
        IEnumerable<string> paths = row.Slices.Select(s => string.Join(" > ", row.Path(s).Split(" > ").Select(Short)));
        Assert.Equal(expected.Order(StringComparer.Ordinal), paths.CountBy(p => p).Select(p => $"{p.Key} {p.Value}").Order(StringComparer.Ordinal));
    }

    /// <summary>Calls by their callers, and how often, over all threads.</summary>
    private static string[] Paths(DecodedTrace trace, Func<string[], int, bool>? keep = null, string? without = null) =>
    [
        .. trace.Threads.SelectMany(t => t.Slices.Where(s => s.Name != without).Select(s => (Names: t.Path(s).Split(" > "), s.Depth)))
            .Where(p => keep is null || keep(p.Names, p.Depth))
            .Select(p => string.Join(" > ", p.Names.Where(n => n != without)))
            .CountBy(p => p).Select(p => $"{p.Key} {p.Value}").Order(StringComparer.Ordinal),
    ];
}
