using System.Reflection;
using System.Reflection.Emit;
using VizTrace.Model;
using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

/// <summary>
/// What became of every method, against a module made here: Shop.Cart with Add, Add, Remove, Clear, Twice&lt;T&gt;, the abstract Save and a constructor (tokens
/// in this order from 0x06000001), Shop.Cart+Line with Total and a constructor.
/// </summary>
public sealed class CoverageTests : IDisposable
{
    private const uint Add = 0x06000001, Remove = 0x06000003, Clear = 0x06000004;

    private readonly TestCapture _capture = new();
    private readonly string _module;
    private readonly Guid _mvid;

    public CoverageTests()
    {
        _module = _capture.In("Shop.dll");
        _mvid = Make(_module);
    }

    [Fact]
    public void EveryMethodOfTheModuleHasOneState()
    {
        Process(100, [Add], [Remove]).Save();

        ModuleCoverage module = Assert.Single(_capture.Read().Summary.Coverage);
        Assert.Equal(("Shop.dll", (string?)null, 1, 0, 9), (module.Module, module.Unlisted, module.Recorded, module.Refused, module.Methods));
        Assert.Equal(
            ["NoCalls: Shop.Cart Remove", "NeverCalled: Shop.Cart Add Clear Twice<T> .ctor", "NeverCalled: Shop.Cart.Line Total .ctor", "NotRecordable abstract: Shop.Cart Save"],
            Lines(module));
    }

    [Fact]
    public void OfSeveralProcessesTheOneThatCameFarthestCounts()
    {
        Process(100, [Add], [Clear]).Save();
        Process(101, [Remove], [Add]).Save();
        Process(102, [], []).Journal(4, 0u, Clear, 2u, "Shop.Cart", "Clear", "", "").Save();
        Process(103, [], []).Journal(4, 0u, Clear, 2u, "Shop.Cart", "Clear", "", "").Save();

        TraceSummary summary = _capture.Read().Summary;
        ModuleCoverage module = Assert.Single(summary.Coverage);
        Assert.Equal((2, 1, 9), (module.Recorded, module.Refused, module.Methods));
        Assert.Equal([new NotRecordedMethod("Shop.dll", "Shop.Cart.Clear", "undecodable body")], summary.NotRecorded);
        Assert.Equal(
            ["NeverCalled: Shop.Cart Add Twice<T> .ctor", "NeverCalled: Shop.Cart.Line Total .ctor", "NotRecordable abstract: Shop.Cart Save"], Lines(module));
    }

    [Fact]
    public void WhatIsLeftOutOnPurposeSaysHow()
    {
        File.WriteAllText(_capture.In("settings"), "version=1\nexclude=*.Remove\nexclude=*.Line.T*\ncommand=x\n");
        Process(100, [Add], [])
            .Journal(4, 0u, Remove, 11u, "Shop.Cart", "Remove", "", "")
            .Journal(4, 0u, Clear, 12u, "Shop.Cart", "Clear", "", "")
            .Journal(4, 0u, Clear + 1, 11u, "Shop.Cart", "Twice", "", "T")
            .Save();

        TraceSummary summary = _capture.Read().Summary;
        ModuleCoverage module = Assert.Single(summary.Coverage);
        Assert.Empty(summary.NotRecorded);
        Assert.Equal(
            [
                "NeverCalled: Shop.Cart Add .ctor", "NeverCalled: Shop.Cart.Line .ctor", "Hidden hidden: Shop.Cart Remove Twice<T>", "Hidden hidden: Shop.Cart.Line Total",
                "Hidden ignored (with all it calls): Shop.Cart Clear", "NotRecordable abstract: Shop.Cart Save",
            ],
            Lines(module));
    }

    [Fact]
    public void WhatNoPatternIncludesIsNotAskedForEvenWithoutABody()
    {
        File.WriteAllText(_capture.In("settings"), "version=1\ninclude=Shop.Cart.Add\ninclude=Other!*\ncommand=x\n");
        Process(100, [Add], []).Save();

        Assert.Equal(
            ["NeverCalled: Shop.Cart Add", "NotAskedFor: Shop.Cart Remove Clear Twice<T> Save .ctor", "NotAskedFor: Shop.Cart.Line Total .ctor"],
            Lines(Assert.Single(_capture.Read().Summary.Coverage)));
    }

    [Fact]
    public void AFrameworkModuleIsAskedForOnlyByItsName()
    {
        File.WriteAllText(_capture.In("settings"), "version=1\ninclude=*.Add\ninclude=Shop!*.Clear\ncommand=x\n");
        Process(100, [Clear], [], flags: 3).Save();

        Assert.Equal(
            ["NotAskedFor: Shop.Cart Add Add Remove Twice<T> Save .ctor", "NotAskedFor: Shop.Cart.Line Total .ctor"],
            Lines(Assert.Single(_capture.Read().Summary.Coverage)));
    }

    [Fact]
    public void ModulesThatAreNotIncludedAreNotListed()
    {
        Process(100, [], [], flags: 0).Save();

        Assert.Empty(_capture.Read().Summary.Coverage);
    }

    [Theory]
    [InlineData("gone", "its file is gone")]
    [InlineData("another", "its file is another build now")]
    [InlineData("damaged", "its file cannot be read: Unknown file format.")]
    [InlineData("memory", "loaded from memory")]
    [InlineData("dynamic", "made at run time")]
    public void OfAModuleThatCannotBeListedTheJournalTells(string what, string why)
    {
        Process(100, [Add, Add + 1], [Remove], flags: what switch { "memory" => 5u, "dynamic" => 9u, _ => 1u })
            .Journal(4, 0u, Clear, 11u, "Shop.Cart", "Clear", "", "")
            .Save();
        switch (what)
        {
            case "gone": File.Delete(_module); break;
            case "another": Make(_module); break;
            case "damaged": File.WriteAllText(_module, new string('x', 5000)); break;
        }

        ModuleCoverage module = Assert.Single(_capture.Read().Summary.Coverage);
        Assert.Equal((why, 2, 0), (module.Unlisted, module.Recorded, module.Refused));
        Assert.Equal(["Recorded: Shop.Cart Add", "NoCalls: Shop.Cart Remove", "Hidden hidden: Shop.Cart Clear"], Lines(module));
    }

    [Fact]
    public void WhereTheJournalIsTornNeverCalledIsNotCertain()
    {
        TestProcess process = Process(100, [Add], []);
        process.Save();
        byte[] journal = File.ReadAllBytes(Path.Combine(process.Directory, "journal"));
        File.WriteAllBytes(Path.Combine(process.Directory, "journal"), [.. journal, 1, 2, 3]);

        TraceSummary summary = _capture.Read().Summary;
        Assert.Equal(7, Assert.Single(summary.Coverage).Count(CoverageState.NeverCalled));
        Assert.Contains("a journal is not whole: of the methods that are told as never called some may have been compiled", summary.Remarks);
    }

    [Fact]
    public void ModulesMadeAtRunTimeHaveOneNameAndAreCountedTogether()
    {
        TestProcess process = _capture.AddProcess();
        process.Journal(1, 100u, TestProcess.StartTicks, TestProcess.StartTicks, 2u, 1u, "10.0.12", "x\0", "");
        for (uint i = 0; i < 3; i++)
            process.Journal(2, i, 9u, "", "Made", (ulong)i, 0ul).Journal(4, i, 0x06000001u, 6u, "Made.T" + i, "M", "", "");
        process.Save();

        TraceSummary summary = _capture.Read().Summary;
        ModuleCoverage module = Assert.Single(summary.Coverage);
        Assert.Equal(("Made", "made at run time", 3), (module.Module, module.Unlisted, module.Refused));
        Assert.Equal(["Made.T0.M", "Made.T1.M", "Made.T2.M"], summary.NotRecorded.Select(m => m.Name));
    }

    public void Dispose() => _capture.Dispose();

    /// <summary>A process in which these methods were called once each, and those compiled only.</summary>
    private TestProcess Process(uint pid, uint[] called, uint[] compiled, uint flags = 1)
    {
        TestProcess process = _capture.AddProcess(pid, pid * 10);
        byte[] mvid = _mvid.ToByteArray();
        process.Journal(1, pid, TestProcess.StartTicks, TestProcess.StartTicks, 2u, 1u, "10.0.12", "x\0", "");
        process.Journal(2, 0u, flags, _module, "Shop.dll", BitConverter.ToUInt64(mvid), BitConverter.ToUInt64(mvid, 8));
        uint id = 0;
        foreach (uint token in (uint[])[.. called, .. compiled])
        {
            string name = token switch { Remove => "Remove", Clear => "Clear", _ => "Add" };
            process.Journal(3, ++id, 0u, token, 0u, "Shop.Cart", name, "", "");
        }

        process.Pool().Journal(5, 1u, (ulong)pid, 2_000ul, 0ul, 1u, "app");
        return process.Block(
            new TestChunk(1), [.. called.SelectMany((_, i) => (ulong[])[In(2_000 + (ulong)i, (uint)i + 1), Out(2_000 + (ulong)i, (uint)i + 1)])]);
    }

    private static Guid Make(string path)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("Shop"), typeof(object).Assembly);
        ModuleBuilder module = assembly.DefineDynamicModule("Shop.dll");
        TypeBuilder cart = module.DefineType("Shop.Cart", TypeAttributes.Public | TypeAttributes.Abstract);
        foreach (string name in (string[])["Add", "Add", "Remove", "Clear", "Twice"])
        {
            MethodBuilder method = cart.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static);
            if (name == "Twice")
                method.DefineGenericParameters("T");
            method.GetILGenerator().Emit(OpCodes.Ret);
        }

        cart.DefineMethod("Save", MethodAttributes.Public | MethodAttributes.Abstract | MethodAttributes.Virtual);
        TypeBuilder line = cart.DefineNestedType("Line", TypeAttributes.NestedPublic);
        line.DefineMethod("Total", MethodAttributes.Public | MethodAttributes.Static).GetILGenerator().Emit(OpCodes.Ret);
        cart.CreateType();
        line.CreateType();
        assembly.Save(path);
        return Assembly.Load(File.ReadAllBytes(path)).ManifestModule.ModuleVersionId;
    }

    /// <summary>A line a type: <c>NeverCalled: Shop.Cart Add Remove</c>.</summary>
    private static IEnumerable<string> Lines(ModuleCoverage module) => module.Groups.SelectMany(
        g => g.Types.Select(t => $"{g.State}{(g.Reason.Length == 0 ? "" : " " + g.Reason)}: {t.Type} {string.Join(' ', t.Names)}"));
}
