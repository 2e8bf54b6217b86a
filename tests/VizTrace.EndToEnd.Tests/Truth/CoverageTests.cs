using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>For every method of the included modules a trace says what became of it: each is listed once, in the state that the program put it in.</summary>
public sealed class CoverageTests : IDisposable
{
    private static readonly string[] s_options =
        ["--keep-capture", "--include", "Covered.*", "--include", "Plugin.*", "--include", "Made.*", "--exclude", "Covered.Noise.*"];

    /// <summary>All of Covered.dll: overloads and the parts of an async method once each.</summary>
    private static readonly string[] s_covered =
    [
        "recorded: Covered.Animal..ctor", "recorded: Covered.Animal.Counted..ctor", "recorded: Covered.Animal.Counted.get_Count",
        "recorded: Covered.Animal.Counted.set_Count", "recorded: Covered.Box<T>..ctor", "recorded: Covered.Box<T>.Get", "recorded: Covered.Dog..ctor",
        "recorded: Covered.Dog.Speak", "recorded: Covered.Outer.Inner.Deep", "recorded: Covered.Program.AnswerAsync", "recorded: Covered.Program.AnswerAsync",
        "recorded: Covered.Program.Apply", "recorded: Covered.Program.FromMemory", "recorded: Covered.Program.Made", "recorded: Covered.Program.Main",
        "recorded: Covered.Program.Main", "recorded: Covered.Program.Main", "recorded: Covered.Program.Main.lambda#0_0",
        "recorded: Covered.Program.closure..cctor", "recorded: Covered.Program.closure..ctor", "recorded: Covered.Shapes.Area",
        "recorded: Covered.Shapes.Area", "recorded: Covered.Shapes.Twice<T>",
        "no calls: Covered.Program.Prepared",
        "never called: Covered.Animal.Counted.get_Unused", "never called: Covered.Animal.Counted.set_Unused", "never called: Covered.Box<T>.Set",
        "never called: Covered.Outer.Inner.Shallow", "never called: Covered.Program.AnswerAsync.SetStateMachine",
        "never called: Covered.Program.Main.SetStateMachine", "never called: Covered.Program.NeverCalled",
        "never called: Covered.Program.NeverCalled.lambda#2_0", "never called: Covered.Shapes.Area", "never called: Covered.Shapes.Thrice<T>",
        "hidden hidden: Covered.Noise.Loud", "hidden hidden: Covered.Noise.Quiet",
        "not asked for: Other.Thing.Unused", "not asked for: Other.Thing.Used",
        "not recordable P/Invoke: Covered.Native.Own", "not recordable P/Invoke: Covered.Native.Parent",
        "not recordable abstract: Covered.Animal.Speak",
        "not recordable made by the runtime: Covered.Operation..ctor", "not recordable made by the runtime: Covered.Operation.BeginInvoke",
        "not recordable made by the runtime: Covered.Operation.EndInvoke", "not recordable made by the runtime: Covered.Operation.Invoke",
    ];

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void EveryMethodIsInTheStateThatTheProgramPutItIn(string path)
    {
        Recording recording = Recording.OfProgram(_folder, "Covered", [Repository.Program("Plugin")], s_options, path).Exits(0);
        Assert.Equal("sum 105\n", recording.Result.Output);
        VizTraceCommand.RunIn(_folder.Path, ["convert", "Covered.pftrace.capture", "-o", "Covered.json"]).Exits(0);
        VizTraceCommand.RunIn(_folder.Path, ["convert", "Covered.json", "-o", "again.pftrace"]).Exits(0);

        Assert.Equal(s_covered.Length, MethodsIn(Repository.Program("Covered")));
        string list = VizTraceCommand.RunIn(_folder.Path, ["info", "Covered.pftrace", "--coverage"]).Exits(0).Output;
        foreach (string input in (string[])["Covered.pftrace", "Covered.pftrace.capture", "Covered.json", "again.pftrace"])
        {
            JsonElement[] modules = Coverage(input);

            Assert.Equal(["Covered.dll", "Plugin.dll", "RefEmit_InMemoryManifestModule"], modules.Select(m => m.GetProperty("module").GetString()).Order(StringComparer.Ordinal));
            Assert.Equal(s_covered.Order(StringComparer.Ordinal), Lines(modules, "Covered.dll"));
            Assert.Equal(["recorded: Plugin.Work.Part", "recorded: Plugin.Work.Run"], Lines(modules, "Plugin.dll"));
            Assert.Equal(["not recordable dynamic: Made.Calculator.Same"], Lines(modules, "RefEmit_InMemoryManifestModule"));
            Assert.Equal([null, "loaded from memory", "made at run time"], modules.OrderBy(m => m.GetProperty("module").GetString(), StringComparer.Ordinal).Select(m => m.GetProperty("unlisted").GetString()));
            foreach ((string state, string member) in ((string, string)[])[("recorded", "recorded"), ("no calls", "noCalls"), ("never called", "neverCalled"),
                ("hidden", "hidden"), ("not asked for", "notAskedFor"), ("not recordable", "notRecordable")])
            {
                Assert.Equal(s_covered.Count(l => l.StartsWith(state, StringComparison.Ordinal)), Module(modules, "Covered.dll").GetProperty(member).GetInt32());
            }

            Assert.Equal(list, VizTraceCommand.RunIn(_folder.Path, ["info", input, "--coverage"]).Exits(0).Output);
        }
    }

    /// <summary>The names as the format's page describes them, by a reader of its own and, for Perfetto, its own trace processor.</summary>
    [Fact]
    public void BothFormatsHoldTheNamesThatTheTraceHasNot()
    {
        Recording recording = Recording.OfProgram(_folder, "Covered", [Repository.Program("Plugin")], s_options).Exits(0);
        VizTraceCommand.RunIn(_folder.Path, ["convert", "Covered.pftrace.capture", "-o", "Covered.json"]).Exits(0);
        string[] unnamed = [.. s_covered.Where(l => !l.StartsWith("recorded", StringComparison.Ordinal)),
            "recorded: Covered.Program.AnswerAsync", "recorded: Covered.Program.Main", "recorded: Covered.Program.Main", "recorded: Covered.Shapes.Area"];

        string?[][] rows = Referee.Query(recording.File,
            "select extract_arg(arg_set_id, 'debug.state'), extract_arg(arg_set_id, 'debug.reason'), extract_arg(arg_set_id, 'debug.names') from slice "
            + "where category = 'viztrace' and name = 'methods' and extract_arg(arg_set_id, 'debug.module') = 'Covered.dll'");
        IEnumerable<string> fromPerfetto = rows.SelectMany(row => row[2]!.Split('\n', StringSplitOptions.RemoveEmptyEntries).SelectMany(
            line => line.Split('\t')[1..].Select(name => $"{row[0]}{(row[1] is { } reason ? " " + reason : "")}: {line.Split('\t')[0]}.{name}")));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(_folder["Covered.json"]));
        JsonElement covered = Module([.. json.RootElement.GetProperty("otherData").GetProperty("coverage").EnumerateArray()], "Covered.dll");
        IEnumerable<string> fromJson = covered.GetProperty("methods").EnumerateArray().SelectMany(g => g.GetProperty("types").EnumerateArray().SelectMany(
            t => t.EnumerateArray().Skip(1).Select(n => $"{State(g)}: {t[0].GetString()}.{n.GetString()}")));

        Assert.Equal(unnamed.Order(StringComparer.Ordinal), fromPerfetto.Order(StringComparer.Ordinal));
        Assert.Equal(unnamed.Order(StringComparer.Ordinal), fromJson.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AMethodThatOneOfTwoProcessesCalledIsRecorded()
    {
        Recording recording = Recording.Of(
            _folder, ["sh", "-c", "dotnet \"$0\" \"$1\" && dotnet \"$0\" \"$1\" more", Repository.Program("Covered"), Repository.Program("Plugin")], s_options).Exits(0);
        string[] expected = [.. s_covered.Select(l => l == "never called: Covered.Shapes.Thrice<T>" ? "recorded: Covered.Shapes.Thrice<T>" : l)];

        JsonElement[] modules = Coverage("out.pftrace");

        Assert.Equal(expected.Order(StringComparer.Ordinal), Lines(modules, "Covered.dll"));
        Assert.Equal(["not recordable dynamic: Made.Calculator.Same", "not recordable dynamic: Made.Calculator.Same"], Lines(modules, "RefEmit_InMemoryManifestModule"));
        Assert.Equal(3, modules.Length);
        Assert.Equal(2, recording.Trace.Counts()["Covered.Dog.Speak"]);
    }

    /// <summary>The program is built again, or deleted, before its capture is converted.</summary>
    [Fact]
    public void OfAModuleThatIsAnotherNowOnlyTheMethodsThatRanAreTold()
    {
        string copy = _folder["Covered.dll"];
        foreach (string ending in (string[])[".dll", ".runtimeconfig.json"])
            File.Copy(Path.ChangeExtension(Repository.Program("Covered"), null) + ending, Path.ChangeExtension(copy, null) + ending);
        Recording.Of(_folder, ["dotnet", copy, Repository.Program("Plugin")], s_options).Exits(0);
        string[] ran =
        [
            "hidden hidden: Covered.Noise.Loud",
            .. s_covered.Where(l => l.StartsWith("recorded", StringComparison.Ordinal) || l.StartsWith("no calls", StringComparison.Ordinal)),
        ];

        File.Copy(Repository.Program("Plugin"), copy, overwrite: true);
        JsonElement[] another = Coverage("out.pftrace.capture");
        File.Delete(copy);
        JsonElement[] gone = Coverage("out.pftrace.capture");

        Assert.Equal("its file is another build now", Module(another, "Covered.dll").GetProperty("unlisted").GetString());
        Assert.Equal("its file is gone", Module(gone, "Covered.dll").GetProperty("unlisted").GetString());
        Assert.Equal(ran.Order(StringComparer.Ordinal), Lines(another, "Covered.dll"));
        Assert.Equal(ran.Order(StringComparer.Ordinal), Lines(gone, "Covered.dll"));
        Assert.Equal(s_covered.Order(StringComparer.Ordinal), Lines(Coverage("out.pftrace"), "Covered.dll"));
    }

    public void Dispose() => _folder.Dispose();

    private JsonElement[] Coverage(string input)
    {
        using JsonDocument info = JsonDocument.Parse(VizTraceCommand.RunIn(_folder.Path, ["info", input, "--json"]).Exits(0).Output);
        return [.. info.RootElement.GetProperty("coverage").EnumerateArray().Select(m => m.Clone())];
    }

    private static JsonElement Module(JsonElement[] modules, string name) => Assert.Single(modules, m => m.GetProperty("module").GetString() == name);

    private static string[] Lines(JsonElement[] modules, string name) =>
        [.. Module(modules, name).GetProperty("states").EnumerateArray()
            .SelectMany(g => g.GetProperty("names").EnumerateArray().Select(n => $"{State(g)}: {n.GetString()}")).Order(StringComparer.Ordinal)];

    private static string State(JsonElement group)
    {
        string reason = group.TryGetProperty("reason", out JsonElement given) ? given.GetString()! : "";
        return reason.Length == 0 ? group.GetProperty("state").GetString()! : $"{group.GetProperty("state").GetString()} {reason}";
    }

    private static int MethodsIn(string path)
    {
        using var image = new PEReader(File.OpenRead(path));
        return image.GetMetadataReader().MethodDefinitions.Count;
    }
}
