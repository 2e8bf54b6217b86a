using System.IO.Compression;
using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Tests;

/// <summary>
/// A file that dotnet-trace 10.0.750501 wrote of <c>tests/Programs/RuntimeEvents</c> (<c>RuntimeEvents 1200</c>, .NET 10.0.12): collect --profile
/// dotnet-sampled-thread-time --providers Microsoft-Windows-DotNETRuntime:0x100003C01D:5, Shop, System.Runtime counters, DiagnosticSource [AS]*.
/// The expected counts are those of the program's source and of what it printed: 4 collections, process 14525.
/// </summary>
public sealed class RecordedTests
{
    private static readonly byte[] s_file = Unpack();
    private readonly NetTraceTrace _trace = new(() => new MemoryStream(s_file), "runtime-events.nettrace");
    private readonly List<Seen> _events;

    public RecordedTests() => _events = ListSink.Read(_trace);

    [Fact]
    public void TheProcessAndItsThreadsHaveTheirNumbers()
    {
        TrackRow process = Assert.Single(Rows(TrackKind.Process));
        Assert.Equal(14525, process.Pid);
        Assert.EndsWith("/RuntimeEvents.dll 1200", process.CommandLine, StringComparison.Ordinal);
        TrackRow main = Assert.Single(Rows(TrackKind.Thread), r => r.Tid == 14525);
        Assert.Equal((1, ThreadRole.Main, process.Id), (main.ManagedId, main.Role, main.Parent));
        Assert.Equal("14525 14534 14535 14536 14537 14538 14539 14540 14542 14544 14545 14546 14547", string.Join(' ', Rows(TrackKind.Thread).Select(r => r.Tid).Order()));
        Assert.Equal("14545 14546 14547", string.Join(' ', Rows(TrackKind.Thread).Where(r => r.Role == ThreadRole.Pool).Select(r => r.Tid)));
    }

    [Fact]
    public void TheFourCollectionsAreSlicesOfTheirGeneration()
    {
        int row = Assert.Single(Rows(TrackKind.Async), r => r.Name == "GC").Id;
        Assert.Equal(["GC generation 2", "GC generation 2", "GC generation 2", "GC generation 0"], Names(row, EventKind.Begin));
        Assert.Equal(4, Names(row, EventKind.End).Count);
        Assert.Equal("Count=4 Depth=0 Reason='Induced' Type='NonConcurrent' ClrInstanceID=0 ClientSequenceNumber=0", _events.Last(e => e.Track == row && e.Kind == EventKind.Begin).Arguments);
        foreach (string name in new[] { "Heap generation 0", "Heap generation 1", "Heap generation 2", "Large object heap", "Pinned object heap" })
            Assert.Equal(4, _events.Count(e => e.Kind == EventKind.Counter && _trace.Tracks[e.Track].Name == name));
    }

    [Fact]
    public void EveryExceptionHasItsTypeAndMessage() =>
        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => $"System.InvalidOperationException|ExceptionType='System.InvalidOperationException' ExceptionMessage='number {i}' ExceptionEIP=0x0 ExceptionHRESULT=2148734217 ExceptionFlags=16 ClrInstanceID=0"),
            _events.Where(e => e.Category == "exception").Select(e => $"{e.Name}|{e.Arguments}"));

    [Fact]
    public void StartAndStopOfAnEventSourceAreSlicesWithTheirPayload()
    {
        int main = Row(14525);
        Assert.Equal(
            Enumerable.Range(0, 4).SelectMany(i => new[] { $"Begin id={i} customer='customer {i}'", $"End id={i}" }),
            Slices(main, "Order").SelectMany(s => new[] { $"Begin {s.Begin.Arguments}", $"End {s.End.Arguments}" }));
        Assert.All(Slices(main, "Order"), s => Assert.Equal("Shop", s.Begin.Category));
        Assert.Equal(
            ["where='shelf' shelf=0 place=0", "where='shelf' shelf=1 place=-1", "where='shelf' shelf=2 place=-2", "where='shelf' shelf=3 place=-3"],
            _events.Where(e => e.Name == "Looked" && e.Kind == EventKind.Instant).Select(e => e.Arguments));
    }

    [Fact]
    public void ActivitiesAreSlicesUnderTheirOwnName() =>
        Assert.Equal(4, Slices(Row(14525), "Pay").Count);

    [Fact]
    public void TheMainThreadWaitedTwiceForTheLock()
    {
        List<(Seen Begin, Seen End)> waits = Slices(Row(14525), "Lock contention");
        Assert.Equal(2, waits.Count);
        Assert.All(waits, w => Assert.InRange(w.End.TimeNs - w.Begin.TimeNs, 30_000_000, 60_000_000));
        Assert.All(waits, w => Assert.Equal("contention", w.Begin.Category));
        Assert.All(waits, w => Assert.Contains("RuntimeEvents.Program.Contend!RuntimeEvents.dll", Frames(w.Begin.Stack)));
        Assert.All(waits, w => Assert.DoesNotContain("LockOwnerThreadID=14525", w.Begin.Arguments, StringComparison.Ordinal));
    }

    [Fact]
    public void SamplesOfABusyThreadHaveTheirWholeStack()
    {
        Seen[] busy = [.. _events.Where(e => e.Kind == EventKind.Sample && Frames(e.Stack).Contains("RuntimeEvents.Program.BusyOne!RuntimeEvents.dll"))];
        Assert.Equal("14539", string.Join(' ', busy.Select(e => _trace.Tracks[e.Track].Tid).Distinct()));
        Assert.Equal(879, busy.Length);
        string[] frames = Frames(busy[^1].Stack);
        Assert.Equal(
            ["RuntimeEvents.Program.SpinDeep!RuntimeEvents.dll", "RuntimeEvents.Program.SpinDeep!RuntimeEvents.dll", "RuntimeEvents.Program.SpinDeep!RuntimeEvents.dll",
                "RuntimeEvents.Program.SpinDeep!RuntimeEvents.dll", "RuntimeEvents.Program.BusyOne!RuntimeEvents.dll"], frames[..5]);
        Assert.DoesNotContain(frames, f => f.StartsWith("0x", StringComparison.Ordinal));
    }

    [Fact]
    public void CompilingAMethodIsASliceOnTheThreadThatWaits()
    {
        string[] jit = [.. Names(Row(14525), EventKind.Begin).Where(n => n.StartsWith("JIT RuntimeEvents.", StringComparison.Ordinal))];
        Assert.Single(jit, "JIT RuntimeEvents.Program.Contend");
        Assert.Single(jit, "JIT RuntimeEvents.ShopEvents.Looked");
    }

    [Fact]
    public void EventCountersAreCounters()
    {
        TrackRow heap = Assert.Single(Rows(TrackKind.Counter), r => r.Name == "System.Runtime gc-heap-size");
        Assert.Equal("MB", heap.Unit);
        Assert.Contains(_events, e => e.Track == heap.Id);
        Assert.All(_events.Where(e => e.Track == heap.Id), e => Assert.Equal(EventKind.Counter, e.Kind));
        Assert.Equal(5, _events.Count(e => _trace.Tracks[e.Track].Name == "Thread pool workers"));
    }

    [Fact]
    public void EventsAreInOrderOfTimeAndNoSliceEndsThatDidNotBegin()
    {
        var depth = new int[_trace.Tracks.Count];
        long last = long.MinValue;
        for (int i = 0; i < _events.Count; i++)
        {
            Assert.Equal(i, _events[i].Ordinal);
            Assert.True(_events[i].TimeNs >= last);
            last = _events[i].TimeNs;
            depth[_events[i].Track] += _events[i].Kind == EventKind.Begin ? 1 : _events[i].Kind == EventKind.End ? -1 : 0;
            Assert.True(depth[_events[i].Track] >= 0, $"event {i}");
        }

        Assert.All(depth, d => Assert.Equal(0, d));
    }

    [Fact]
    public void FactsSayWhenAndHowMany()
    {
        Assert.Equal(new DateTime(2026, 11, 24, 22, 43, 9, 705, DateTimeKind.Utc), DateTime.UnixEpoch.AddTicks(_trace.Facts.RealtimeOffsetNs!.Value / 100));
        // As TraceEvent 4.0 counts them: 13,104 events, 6,060 samples. 2,097 are not shown, and 4 are 5 counters each.
        Assert.Equal(13_104 - 2_097 + 4 * 4, _events.Count);
        Assert.Equal(6_060, _events.Count(e => e.Kind == EventKind.Sample));
        Assert.Equal(_events.Count, _trace.Facts.Events);
        Assert.Equal((_events[0].TimeNs, _events[^1].TimeNs), (_trace.Facts.FirstNs, _trace.Facts.LastNs));
        Assert.Equal(s_file.Length, _trace.Facts.Bytes);
        Assert.False(_trace.Facts.IsTruncated);
        Assert.Null(_trace.Facts.DamageOffset);
        Assert.Equal(["2097 events that name methods and modules were read and are not shown"], _trace.Facts.Remarks);
    }

    [Fact]
    public void ASecondReadingGivesTheSame() => Assert.Equal(_events, ListSink.Read(_trace));

    [Fact]
    public void ATruncatedFileGivesEverythingBeforeTheCut()
    {
        var random = new Random(4);
        for (int i = 0; i < 25; i++)
        {
            int length = random.Next(100, s_file.Length - 1);
            var cut = new NetTraceTrace(() => new MemoryStream(s_file, 0, length), "cut");
            var events = ListSink.Read(cut);

            Assert.True(cut.Facts.IsTruncated);
            Assert.Equal(length, cut.Facts.DamageOffset);
            Assert.Equal(Enumerable.Range(0, events.Count).Select(n => (long)n), events.Select(e => e.Ordinal));
        }
    }

    [Fact]
    public void MutatedFilesNeitherCrashNorHang()
    {
        var random = new Random(5);
        for (int i = 0; i < 40; i++)
        {
            byte[] bytes = (byte[])s_file.Clone();
            for (int n = random.Next(1, 30); n > 0; n--)
                bytes[random.Next(100, bytes.Length)] = (byte)random.Next(256);
            var trace = new NetTraceTrace(() => new MemoryStream(bytes), "mutated");
            try
            {
                List<Seen> events = ListSink.Read(trace);
                Assert.Equal(events.Count, trace.Facts.Events);
            }
            catch (TraceException e)
            {
                Assert.Equal(ErrorId.BadInput, e.Id);
                Assert.Contains("byte", e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static byte[] Unpack()
    {
        using var gzip = new GZipStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "runtime-events.nettrace.gz")), CompressionMode.Decompress);
        var memory = new MemoryStream();
        gzip.CopyTo(memory);
        return memory.ToArray();
    }

    private IEnumerable<TrackRow> Rows(TrackKind kind) => Enumerable.Range(0, _trace.Tracks.Count).Select(i => _trace.Tracks[i]).Where(r => r.Kind == kind);

    private int Row(long tid) => Rows(TrackKind.Thread).Single(r => r.Tid == tid).Id;

    private List<string> Names(int row, EventKind kind) => [.. _events.Where(e => e.Track == row && e.Kind == kind).Select(e => e.Name)];

    /// <summary>Slices of a row by a stack, begin and end; ends carry no name.</summary>
    private List<(Seen Begin, Seen End)> Slices(int row, string name)
    {
        var open = new Stack<Seen>();
        var slices = new List<(Seen Begin, Seen End)>();
        foreach (Seen e in _events.Where(e => e.Track == row))
        {
            if (e.Kind == EventKind.Begin)
            {
                open.Push(e);
            }
            else if (e.Kind == EventKind.End)
            {
                Assert.Equal(("", ""), (e.Name, e.Category));
                Seen begin = open.Pop();
                if (begin.Name == name)
                    slices.Add((begin, e));
            }
        }

        return slices;
    }

    private string[] Frames(int stack)
    {
        var frames = new List<string>();
        for (; stack != 0; stack = _trace.Stacks[stack].Callers)
            frames.Add($"{_trace.Texts.Get(_trace.Stacks[stack].Function)}!{_trace.Texts.Get(_trace.Stacks[stack].Module)}");
        return [.. frames];
    }
}
