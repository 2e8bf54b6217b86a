using VizTrace.Model;
using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

public sealed class CaptureReaderTests : IDisposable
{
    private readonly TestCapture _capture = new();

    public void Dispose() => _capture.Dispose();

    private static TestProcess Complete(TestProcess process, string function, ulong at)
    {
        process.Usual(function).Pool().Journal(5, 1u, 200ul, at, 0ul, 1u, "app");
        return process.Block(new TestChunk(1) { StartTicks = at, StartNs = at }, [In(at, 1), Out(at + 10, 1)]);
    }

    private TraceException Fails() => Assert.Throws<TraceException>(() => CaptureReader.Read(_capture.Path, new Trace()));

    [Fact]
    public void WhatIsKnownOfTheProcessAndTheTraceIsTold()
    {
        File.WriteAllText(_capture.In("settings"), "version=1\ninclude=Shop.*\nexclude=*.Log\nmax-depth=9\ncommand=dotnet\ncommand=A b.dll\n");
        Complete(_capture.AddProcess(), "App.Main", 2_000).Ledger(36, 5_000ul, 0u, 42u).Save();
        Trace trace = _capture.Read();
        Assert.Equal("VizTrace 0.1.0", trace.Metadata.Producer);
        Assert.Equal("dotnet A b.dll", trace.Metadata.Command);
        Assert.Equal("monotonic", trace.Metadata.ProbeClock);
        Assert.Equal((long)TestProcess.StartTicks, trace.Metadata.StartNs);
        Assert.Equal(0, trace.Metadata.ClockErrorNs);
        Assert.Equal(
            [new("include", "Shop.*"), new("hide function", "*.Log"), new("max depth", "9"), new("probe", "stub")], trace.Metadata.Extra);
        ProcessInfo process = Assert.Single(trace.Processes);
        Assert.Equal(
            new ProcessInfo(1, 100, "App") { CommandLine = "dotnet App.dll", Runtime = ".NET 10.0.12", ExitCode = 42 }, process);
        Assert.Equal(
            ["--include Shop.*: no method that ran matches", "--hide-function *.Log: no method that ran matches"], trace.Summary.Remarks);
    }

    [Fact]
    public void AProcessEndedByASignalSaysWhich()
    {
        Complete(_capture.AddProcess(), "App.Main", 2_000).Ledger(36, 5_000ul, 1u, 9u).Save();
        ProcessInfo process = Assert.Single(_capture.Read().Processes);
        Assert.Equal((null, 9), (process.ExitCode, process.Signal));
    }

    [Fact]
    public void AnEndThatIsSeenButNotUnderstoodHasNoCode()
    {
        Complete(_capture.AddProcess(), "App.Main", 2_000).Ledger(36, 5_000ul, 2u, 0u).Save();
        Trace trace = _capture.Read();
        Assert.Equal((null, null), (trace.Processes[0].ExitCode, trace.Processes[0].Signal));
        Assert.Empty(trace.Summary.Remarks);
    }

    [Fact]
    public void FaultsOfTheProfilerAreRemarkedOnOnce()
    {
        TestProcess process = Complete(_capture.AddProcess(), "App.Main", 2_000).Ledger(36, 5_000ul, 0u, 0u);
        process.Journal(14, 2_000ul, "JITInlining", "out of memory").Journal(14, 3_000ul, "JITInlining", "out of memory").Save();
        Assert.Equal(
            ["process 100: the profiler failed and recorded less: JITInlining: out of memory"], _capture.Read().Summary.Remarks);
    }

    [Fact]
    public void SeveralProcessesAreOneTrace()
    {
        Complete(_capture.AddProcess(120, 5_001), "App.Child", 4_000).Save();
        Complete(_capture.AddProcess(100, 5_000), "App.Main", 2_000).Save();
        Trace trace = _capture.Read();
        Assert.Equal([(1, 100L), (2, 120L)], trace.Processes.Select(p => (p.Id, p.Pid)));
        Assert.Equal([(1, 1), (2, 2)], trace.Threads.Values.Select(t => (t.Id, t.ProcessId)));
        Assert.Equal(["+ App.Main 2000", "- App.Main 2010"], trace.Edges(1));
        Assert.Equal(["+ App.Child 4000", "- App.Child 4010"], trace.Edges(2));
        Assert.Equal(2, trace.Summary.Calls);
    }

    [Fact]
    public void AProcessThatWasPassedThroughIsOnlyRemarkedOn()
    {
        _capture.AddProcess(90, 4_000).Journal(13, "an SDK tool").Save();
        Complete(_capture.AddProcess(), "App.Main", 2_000).Ledger(36, 5_000ul, 0u, 0u).Save();
        Trace trace = _capture.Read();
        Assert.Equal(100, Assert.Single(trace.Processes).Pid);
        Assert.Equal(["process 90 was passed through: an SDK tool"], trace.Summary.Remarks);
    }

    [Fact]
    public void MethodsThatWereNotRecordedAreListedWithTheirReason()
    {
        TestProcess process = Complete(_capture.AddProcess(), "App.Main", 2_000);
        process.Journal(4, 0u, 0x06000009u, 1u, "App.Native", "Call", "", "").Journal(4, 0u, 0x0600000Au, 8u, "App", "Early", "", "").Save();
        Assert.Equal(
            [new NotRecordedMethod("App.dll", "App.Native.Call", "no body"), new NotRecordedMethod("App.dll", "App.Early", "runtime refused")],
            _capture.Read().Summary.NotRecorded);
    }

    [Fact]
    public void JournalEntriesThatCouldNotBeWrittenAreSaid()
    {
        Complete(_capture.AddProcess(), "App.Main", 2_000).Pool(journalFailures: 3).Save();
        Assert.Contains("process 100: 3 journal entries could not be written", _capture.Read().Summary.Remarks);
    }

    [Fact]
    public void ProgressRisesToOne()
    {
        TestProcess process = Complete(_capture.AddProcess(), "App.Main", 2_000);
        for (uint i = 1; i < 300; i++)
            process.Block(new TestChunk(1, i), [In(2_010 + i, 1), Out(2_010 + i, 1)]);
        process.Save();
        var seen = new List<double>();
        CaptureReader.Read(_capture.Path, new Trace(), seen.Add);
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(1, seen[^1]);
        Assert.InRange(seen.Count, 90, 110);
    }

    [Fact]
    public void ProgressOfBlocksWithoutRecordsIsTold()
    {
        TestProcess process = _capture.AddProcess().Usual("App.Main").Journal(5, 1u, 100ul, 2_000ul, 0ul, 1u, "app");
        process.Block(new TestChunk(1) { Lost = 3, GapStartTicks = 1_900 }, []).Save();
        var seen = new List<double>();
        Assert.Equal(3, CaptureReader.Read(_capture.Path, new Trace(), seen.Add).LostRecords);
        Assert.Equal([1.0], seen);
    }

    [Fact]
    public void ADirectoryThatIsNotThereIsNotFound()
    {
        var error = Assert.Throws<TraceException>(() => CaptureReader.Read(_capture.In("none"), new Trace()));
        Assert.Equal(ErrorId.NotFound, error.Id);
    }

    [Fact]
    public void AFileIsNoCapture()
    {
        var error = Assert.Throws<TraceException>(() => CaptureReader.Read(_capture.In("settings"), new Trace()));
        Assert.Equal(ErrorId.BadInput, error.Id);
    }

    [Fact]
    public void ADirectoryWithoutSettingsAndProcessesIsNoCapture()
    {
        File.Delete(_capture.In("settings"));
        Assert.Equal(ErrorId.BadInput, Fails().Id);
        Assert.False(CaptureReader.IsCapture(_capture.Path));
        Assert.False(CaptureReader.IsCapture(_capture.In("none")));
    }

    [Fact]
    public void ACaptureWithoutSettingsIsReadForItsRecords()
    {
        File.Delete(_capture.In("settings"));
        Complete(_capture.AddProcess(), "App.Main", 2_000).Save();
        Assert.True(CaptureReader.IsCapture(_capture.Path));
        Assert.Equal(1, _capture.Read().Summary.Calls);
        Assert.Equal("dotnet App.dll", _capture.Read().Metadata.Command);
    }

    [Fact]
    public void ACaptureWithoutProcessesSaysSo()
    {
        Assert.True(CaptureReader.IsCapture(_capture.Path));
        Trace trace = _capture.Read();
        Assert.Equal(["no process was recorded"], trace.Summary.Remarks);
        Assert.Empty(trace.Processes);
    }

    [Theory]
    [InlineData("version=2\n", ErrorId.WrongVersion)]
    [InlineData("", ErrorId.BadInput)]
    [InlineData("\0\u0001\u0002 garbage", ErrorId.BadInput)]
    public void SettingsOfAnotherKindAreRefused(string settings, ErrorId expected)
    {
        File.WriteAllText(_capture.In("settings"), settings);
        TraceException error = Fails();
        Assert.Equal(expected, error.Id);
        Assert.StartsWith(_capture.In("settings"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APoolOfAnotherVersionIsRefused()
    {
        Complete(_capture.AddProcess(), "App.Main", 2_000).Pool(version: 2).Save();
        TraceException error = Fails();
        Assert.Equal((ErrorId.WrongVersion, 65), (error.Id, error.ExitCode));
        Assert.EndsWith("pool: version 2, this program reads version 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GarbageAloneIsBadInput()
    {
        _capture.AddProcess().Pool(magic: 0x1234).Save();
        TraceException error = Fails();
        Assert.Equal(ErrorId.BadInput, error.Id);
        Assert.EndsWith("pool: not a pool of records at byte 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GarbageInPlaceOfThePoolKeepsTheBlocks()
    {
        Complete(_capture.AddProcess(), "App.Main", 2_000).Pool(magic: 0x1234).Save();
        Trace trace = _capture.Read();
        Assert.Equal((1, 1), (trace.Summary.Calls, trace.Summary.DroppedPieces));
    }

    [Fact]
    public void AFileThatMayNotBeReadIsSaidSo()
    {
        TestProcess process = Complete(_capture.AddProcess(), "App.Main", 2_000);
        process.Save();
        string journal = Path.Combine(process.Directory, "journal");
        File.Delete(journal);
        // A directory in its place is what even root cannot read as a file.
        Directory.CreateDirectory(journal);
        TraceException error = Fails();
        Assert.Contains(error.Id, new[] { ErrorId.NoPermission, ErrorId.BadInput });
        Assert.StartsWith(journal, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnExceptionOfTheSinkPassesThrough()
    {
        Complete(_capture.AddProcess(), "App.Main", 2_000).Save();
        Assert.Throws<NotSupportedException>(() => CaptureReader.Read(_capture.Path, new ThrowingSink()));
    }

    private sealed class ThrowingSink : ITraceSink
    {
        void ITraceSink.Start(TraceMetadata metadata) => throw new NotSupportedException();

        void ITraceSink.Process(ProcessInfo process) => throw new NotSupportedException();

        void ITraceSink.Thread(ThreadInfo thread) => throw new NotSupportedException();

        void ITraceSink.Function(FunctionInfo function) => throw new NotSupportedException();

        void ITraceSink.Slices(int threadId, ReadOnlySpan<SliceEdge> edges) => throw new NotSupportedException();

        void ITraceSink.Loss(RecordLoss loss) => throw new NotSupportedException();

        void ITraceSink.Finish(TraceSummary summary) => throw new NotSupportedException();
    }
}
