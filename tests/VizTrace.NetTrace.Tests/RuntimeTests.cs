using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Tests;

/// <summary>The runtime's events by hand-made files: what a recording shows only by chance.</summary>
public sealed class RuntimeTests
{
    [Fact]
    public void AForegroundCollectionLiesWithinTheBackgroundOne()
    {
        (NetTraceTrace trace, List<Seen> events) = Read(new FileMaker(false).Start().Runtime(1, 1).Runtime(2, 2)
            .Raw(1, 1, 1, 1010, 0, 5, 2, 0, 1, (short)0, 0L).Raw(1, 2, 1, 1020, 0, 6, 0, 0, 2, (short)0, 0L).Raw(2, 2, 2, 1030, 0, 6, 0, (short)0)
            .Raw(2, 3, 1, 1040, 0, 5, 2, (short)0).EndBlock().End());

        Assert.All(events, e => Assert.Equal("GC", trace.Tracks[e.Track].Name));
        Assert.Equal(
            ["Begin GC generation 2 Count=5 Depth=2 Reason='AllocSmall' Type='Background' ClrInstanceID=0 ClientSequenceNumber=0",
                "Begin GC generation 0 Count=6 Depth=0 Reason='AllocSmall' Type='Foreground' ClrInstanceID=0 ClientSequenceNumber=0",
                "End  Count=6 Depth=0 ClrInstanceID=0", "End  Count=5 Depth=2 ClrInstanceID=0"],
            events.Select(e => $"{e.Kind} {e.Name} {e.Arguments}"));
    }

    [Fact]
    public void TheRuntimeIsSuspendedFromTheFirstWordToTheLast()
    {
        (NetTraceTrace trace, List<Seen> events) = Read(new FileMaker(false).Start().Runtime(1, 9).Runtime(2, 3)
            .Raw(1, 1, 1, 1010, 0, 1, 7, (short)0).Raw(2, 1, 2, 1025, 0, (short)0).EndBlock().End());

        Assert.All(events, e => Assert.Equal("Runtime suspended", trace.Tracks[e.Track].Name));
        Assert.Equal(["Begin 10000 Reason='GC' Count=7 ClrInstanceID=0", "End 25000 ClrInstanceID=0"], events.Select(e => $"{e.Kind} {e.TimeNs} {e.Arguments}"));
    }

    [Fact]
    public void ACompilationThatNeverCameToAnEndIsEndedByTheOneAroundIt()
    {
        (NetTraceTrace _, List<Seen> events) = Read(new FileMaker(false).Start().Runtime(1, 145).Runtime(2, 143)
            .Raw(1, 1, 1, 1010, 0, 71L, 9L, 1, 2, "N.T", "Outer", "void ()", (short)0).Raw(1, 1, 2, 1020, 0, 72L, 9L, 1, 2, "N.T", "Lost", "void ()", (short)0)
            .Raw(2, 1, 3, 1030, 0, 71L, 9L, 0x1000L, 16, 1, 0, "N.T", "Outer", "void ()", (short)0, 0L)
            .Raw(2, 1, 4, 1040, 0, 73L, 9L, 0x2000L, 16, 1, 0, "N.T", "Precompiled", "void ()", (short)0, 0L).EndBlock().End());

        Assert.Equal(
            [(EventKind.Begin, "JIT N.T.Outer", 10_000L), (EventKind.Begin, "JIT N.T.Lost", 20_000L), (EventKind.End, "", 30_000L), (EventKind.End, "", 30_000L), (EventKind.Instant, "MethodLoadVerbose", 40_000L)],
            events.Select(e => (e.Kind, e.Name, e.TimeNs)));
        Assert.Equal([0L, 1, 2, 3, 4], events.Select(e => e.Ordinal));
    }

    [Fact]
    public void SamplesHaveNamesThatAreToldAtTheEndAndAddressesWithoutANameStayNumbers()
    {
        // The caller's address is where the call returns to: the first byte behind its method.
        (NetTraceTrace trace, List<Seen> events) = Read(new FileMaker(false).Start().Runtime(1, 0, "Microsoft-DotNETCore-SampleProfiler")
            .Runtime(2, 144, "Microsoft-Windows-DotNETRuntimeRundown").Runtime(3, 154, "Microsoft-Windows-DotNETRuntimeRundown")
            .Stacks([0x2000, 0x1010, 0x7F00], [0x200F]).Raw(1, 1, 1, 1010, 1, 2).Raw(1, 1, 2, 1020, 2, 1).EndBlock().SequencePoint(1025, 1, 2)
            .Raw(2, 2, 1, 1030, 0, 1L, 9L, 0x1000L, 16, 1, 0, "N.T", "Outer", "void ()", (short)0, 0L).Raw(2, 2, 2, 1031, 0, 2L, 9L, 0x2000L, 16, 1, 0, "", "Inner", "void ()", (short)0, 0L)
            .Raw(3, 2, 3, 1032, 0, 9L, 8L, 0, 0, "/app/Shop.dll", "", (short)0).EndBlock().End());

        Assert.All(events, e => Assert.Equal((EventKind.Sample, ""), (e.Kind, e.Name)));
        Assert.Equal(["Type='Managed'", "Type='External'"], events.Select(e => e.Arguments));
        Assert.Equal(["Inner!Shop.dll < N.T.Outer!Shop.dll < 0x7f00!", "Inner!Shop.dll"], events.Select(e => Frames(trace, e.Stack)));
        Assert.Equal(["3 events that name methods and modules were read and are not shown"], trace.Facts.Remarks);
        Assert.Equal(2, trace.Facts.Events);
    }

    [Fact]
    public void SamplesOfAWholeMachineHaveTheNamesOfTheirProcess()
    {
        (NetTraceTrace trace, List<Seen> events) = Read(new FileMaker(true).Start().Thread(8, 80, 81).Thread(9, 90, 91)
            .Universal(1, "Universal.Events", "cpu", "Value").Universal(2, "Universal.System", "ProcessMapping", "Id", "ProcessId", "StartAddress", "EndAddress", "FileOffset", "FileName", "MetadataId")
            .Universal(3, "Universal.System", "ProcessSymbol", "Id", "MappingId", "StartAddress", "EndAddress", "Name").Universal(4, "Universal.System", "ProcessCreate", "NamespaceId", "Name", "NamespaceName")
            .Stacks([0x1004], [0x1104]).Values(1, 8, 1, 1010, 1, 1).Values(1, 9, 1, 1020, 1, 3).Values(1, 9, 2, 1025, 2, 1)
            .Values(2, 8, 2, 1030, 0, 5, 80, 0x1000, 0x2000, 0, "/usr/lib/a.so", 0).Values(2, 8, 3, 1031, 0, 6, 90, 0x1000, 0x2000, 0, "/usr/lib/b.so", 0)
            .Values(3, 8, 4, 1032, 0, 1, 5, 0x1000, 0x1010, "of_a").Values(3, 8, 5, 1033, 0, 2, 6, 0x1000, 0x1010, "of_b").Values(4, 9, 3, 1040, 0, 90, "bash", "").EndBlock().End());

        Assert.Equal(
            ["80 Sample of_a!a.so", "90 Sample of_b!b.so", "90 Sample 0x1104!b.so", "90 Instant "],
            events.Select(e => $"{trace.Tracks[e.Track].Pid} {e.Kind} {Frames(trace, e.Stack)}"));
        Assert.Equal("bash", trace.Tracks.ProcessOf(events[^1].Track)!.Name);
        Assert.Equal(["Value=1", "Value=3", "Value=1"], events.Take(3).Select(e => e.Arguments));
    }

    [Fact]
    public void APayloadThatIsShorterThanItsFieldsGivesThoseThatItHas()
    {
        (NetTraceTrace _, List<Seen> events) = Read(new FileMaker(false).Start().Runtime(1, 80).Runtime(2, 59).Runtime(3, 9999)
            .Raw(1, 1, 1, 1010, 0, "System.Exception", "half").Raw(2, 1, 2, 1020, 0, 0x0020_0001).Raw(3, 1, 3, 1030, 0, 1).EndBlock().End());

        Assert.Equal(
            ["System.Exception|ExceptionType='System.Exception' ExceptionMessage='half'", "ThreadPoolMinMaxThreads|MinWorkerThreads=1 MaxWorkerThreads=32", "Microsoft-Windows-DotNETRuntime/9999 v0|"],
            events.Select(e => $"{e.Name}|{e.Arguments}"));
    }

    private static string Frames(NetTraceTrace trace, int stack)
    {
        var frames = new List<string>();
        for (; stack != 0; stack = trace.Stacks[stack].Callers)
            frames.Add($"{trace.Texts.Get(trace.Stacks[stack].Function)}!{trace.Texts.Get(trace.Stacks[stack].Module)}");
        return string.Join(" < ", frames);
    }

    private static (NetTraceTrace Trace, List<Seen> Events) Read(FileMaker maker)
    {
        byte[] file = maker.File();
        var trace = new NetTraceTrace(() => new MemoryStream(file), "hand-made");
        return (trace, ListSink.Read(trace));
    }
}
