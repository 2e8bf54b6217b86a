using VizTrace.Model;

namespace VizTrace.Perfetto.Tests;

/// <summary>What was written comes out again; damage costs no more than what it hit.</summary>
public sealed class PerfettoReaderTests
{
    private const long T = TraceFiles.Start;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EverythingThatWasToldComesOutAgain(bool compress)
    {
        var metadata = new TraceMetadata
        {
            Producer = "VizTrace 0.1.0",
            Command = "dotnet App.dll",
            StartNs = T,
            BoottimeOffsetNs = 5,
            RealtimeOffsetNs = 7,
            ProbeClock = "tsc",
            ClockErrorNs = 42,
            Extra = [new("host", "box"), new("empty", "")],
        };
        var process = new ProcessInfo(0, 99, "App") { CommandLine = "dotnet App.dll", Runtime = ".NET 10.0.12", Signal = 9 };
        ThreadInfo[] threads =
        [
            new(0, 0, 99) { ManagedId = 1, OsName = "dotnet", Role = ThreadRole.Main, Calls = 2 },
            new(1, 0, 1L << 40)
            {
                ManagedId = 5, ManagedName = "Later", OsName = "worker", Role = ThreadRole.Pool, StartNs = T + 1, EndNs = T + 2, Calls = 1, LostRecords = 3,
                EarlierNames = [(T, "First"), (T + 1, "")],
            },
            new(2, 0, 1L << 40) { Role = ThreadRole.User },
        ];
        FunctionInfo[] functions =
        [
            new(0, "App.Main") { Module = "App.dll", SourceFile = "/a.cs", SourceLine = 3 },
            new(1, "App.F"),
            new(2, "App.F") { Module = "Other.dll" },
        ];
        SliceEdge[] main =
        [
            new(T - 5, 0, EdgeKind.Begin, EdgeFlags.StartLost), new(T, 1, EdgeKind.Begin), new(T + 70_000, 1, EdgeKind.End, EdgeFlags.Unwound | EdgeFlags.EndLost),
            new(T + 70_000, 0, EdgeKind.End, EdgeFlags.Unfinished),
        ];
        SliceEdge[] other = [new(T + 1, 2, EdgeKind.Begin), new(T + 2, 2, EdgeKind.End)];
        var summary = new TraceSummary
        {
            Calls = 3,
            LostRecords = 12,
            DroppedPieces = 1,
            Unfinished = 1,
            BlindFromNs = T + 9,
            BlindReason = "disk full",
            NotRecorded = [new("App.dll", "App.Dyn", "dynamic"), new("App.dll", "App.G", "undecodable body")],
            Remarks = ["one", "two"],
            Coverage = Coverage(),
        };
        var sink = RecordingSink.Of(TraceFiles.Write(
            w =>
            {
                w.Start(metadata);
                w.Process(process with { Signal = null });
                foreach (var f in functions) w.Function(f);
                foreach (var t in threads) w.Thread(t with { ManagedName = null, Calls = 0 });
                w.Slices(0, main);
                w.Slices(1, other);
                w.Loss(new RecordLoss(1, T + 2, T + 50, 12, "no free chunk"));
                w.Process(process);
                foreach (var t in threads) w.Thread(t);
                w.Finish(summary);
            },
            new PerfettoWriterOptions { Compress = compress }));
        Assert.Equal(metadata.Extra, sink.Metadata!.Extra);
        Assert.Equal(metadata, sink.Metadata with { Extra = metadata.Extra });
        Assert.Equal([process], sink.Processes.Values);
        Assert.Equal(threads.SelectMany(t => t.EarlierNames), sink.Threads.Values.SelectMany(t => t.EarlierNames));
        Assert.Equal(threads, sink.Threads.Values.Select((t, i) => t with { EarlierNames = threads[i].EarlierNames }));
        Assert.Equal(functions, sink.Functions.Values);
        Assert.Equal(main, sink.Edges[0]);
        Assert.Equal(other, sink.Edges[1]);
        Assert.Equal([new RecordLoss(1, T + 2, T + 50, 12, "no free chunk")], sink.Losses);
        Assert.Equal(summary.NotRecorded, sink.Summary!.NotRecorded);
        Assert.Equal(summary.Remarks, sink.Summary.Remarks);
        Assert.Equal(Lines(summary.Coverage), Lines(sink.Summary.Coverage));
        Assert.Equal(summary, sink.Summary with { NotRecorded = summary.NotRecorded, Remarks = summary.Remarks, Coverage = summary.Coverage });
    }

    private static IEnumerable<string> Lines(IReadOnlyList<ModuleCoverage> coverage) => coverage.SelectMany(m => m.Groups
        .SelectMany(g => g.Types.Select(t => $"{g.State} {g.Reason}: {t.Type}: {string.Join('|', t.Names)}"))
        .Prepend($"{m.Module} {m.Unlisted ?? "listed"} {m.Recorded} {m.Refused}"));

    /// <summary>Two builds of one module, names that have what parts names, and more of them than one text holds.</summary>
    private static ModuleCoverage[] Coverage() =>
    [
        new("App.dll")
        {
            Recorded = 2,
            Refused = 1,
            Groups =
            [
                new(CoverageState.Recorded, "", [new("App", ["F"])]),
                new(CoverageState.NeverCalled, "", [new("App.Odd", ["a\tb", "c\\n\nd", "", "\\"]), new("App", ["G", "G", ".ctor"]), new("", ["Global"]), new("App.Odd", ["e"])]),
                new(CoverageState.NotRecordable, "abstract", [new("App.I", ["G"])]),
                new(CoverageState.NotRecordable, "P/Invoke", [new("App.Native", ["Open"])]),
            ],
        },
        new("App.dll") { Groups = [new(CoverageState.NoCalls, "", [new("Large", [.. Enumerable.Range(0, 30_000).Select(i => $"Method{i}")]), new("Other", ["X"])])] },
        new("Memory.dll") { Unlisted = "loaded from memory", Recorded = 7, Groups = [new(CoverageState.Hidden, "excluded", [new("Memory", ["M"])])] },
        new("") { Groups = [new(CoverageState.NotAskedFor, "", [new("T", ["M"])])] },
    ];

    [Fact]
    public void TwoProcessesWithOnePidStayTwo()
    {
        ProcessInfo[] processes =
        [
            new(0, 50, "first") { CommandLine = "dotnet first.dll", Runtime = ".NET 9", ExitCode = 1 },
            new(1, 50, "second") { CommandLine = "dotnet second.dll", Runtime = ".NET 10", ExitCode = 0 },
        ];
        ThreadInfo[] threads =
        [
            new(0, 0, 50) { Role = ThreadRole.Main, Calls = 1 },
            new(1, 1, 50) { Role = ThreadRole.Main, Calls = 1 },
            new(2, 0, 60) { ManagedName = "of the first" },
        ];
        var sink = RecordingSink.Of(TraceFiles.Write(w =>
        {
            w.Start(new TraceMetadata { StartNs = T });
            w.Function(new FunctionInfo(0, "F"));
            foreach (var p in processes) w.Process(new ProcessInfo(p.Id, p.Pid, ""));
            foreach (var t in threads) w.Thread(t with { ManagedName = null, Calls = 0 });
            for (var t = 0; t < 2; t++) w.Slices(t, [new(T + t, 0, EdgeKind.Begin), new(T + 5 + t, 0, EdgeKind.End)]);
            foreach (var p in processes) w.Process(p);
            foreach (var t in threads) w.Thread(t);
            w.Finish(new TraceSummary { Calls = 2 });
        }));
        Assert.Equal(processes, sink.Processes.Values);
        Assert.Equal(threads, sink.Threads.Values.Select((t, i) => t with { EarlierNames = threads[i].EarlierNames }));
        Assert.Equal([[T, T + 5], [T + 1, T + 6]], sink.Edges.Values.Select(e => e.Select(x => x.TimeNs)));
    }

    [Fact]
    public void RandomTracesComeOutAgainInBatchesOfAnySize()
    {
        var random = new Random(11);
        var calls = Enumerable.Range(0, 3).Select(t => TraceFiles.RandomCalls(random, 60_000, 5000, T, () => random.Next(10) == 0 ? random.Next(1 << 20) : random.Next(200)).ToArray()).ToArray();
        var file = TraceFiles.WriteIn(w =>
        {
            for (var t = 0; t < 3; t++) w.Thread(new ThreadInfo(t, 0, 10 + t));
            for (var f = 0; f < 5000; f++) w.Function(new FunctionInfo(f, "F" + f) { Module = "M" + f % 7 });
            var at = new int[3];
            while (at.Any(a => a < 120_000))
            {
                var t = random.Next(3);
                var n = Math.Min(random.Next(3000), 120_000 - at[t]);
                w.Slices(t, calls[t].AsSpan(at[t], n));
                at[t] += n;
            }
        });
        var sink = RecordingSink.Of(file);
        for (var t = 0; t < 3; t++)
        {
            Assert.Equal(
                calls[t].Select(e => (e.TimeNs, "F" + e.FunctionId, e.Kind)),
                sink.Edges[t].Select(e => (e.TimeNs, sink.Functions[e.FunctionId].Name, e.Kind)));
        }
        Assert.Equal([60_000, 60_000, 60_000], sink.Threads.Values.Select(t => t.Calls));
        Assert.Equal(180_000, sink.Summary!.Calls);
        Assert.Empty(sink.Summary.Remarks);
    }

    [Fact]
    public void ATraceCutOffAnywhereGivesWhatIsWhole()
    {
        foreach (var compress in new[] { false, true })
        {
            var file = Small(compress);
            var whole = RecordingSink.Of(file).Lines(7);
            for (var length = 0; length < file.Length; length++)
            {
                var sink = new RecordingSink();
                try
                {
                    PerfettoReader.Read(new MemoryStream(file, 0, length), sink);
                }
                catch (TraceException e)
                {
                    Assert.Equal(ErrorId.BadInput, e.Id);
                    continue;
                }
                Assert.NotNull(sink.Summary);
                var lines = sink.Threads.Count == 0 ? [] : sink.Lines(7);
                // Closed at the end where the rest is missing.
                var same = lines.Zip(whole).TakeWhile(p => p.First == p.Second).Count();
                Assert.All(lines.Skip(same), line => Assert.EndsWith("Unfinished", line));
                if (sink.Metadata!.Producer.Length > 0) Assert.NotEmpty(sink.Summary.Remarks);
            }
        }
    }

    [Fact]
    public void DamagedBytesNeverThrowAnythingElse()
    {
        var random = new Random(1);
        foreach (var compress in new[] { false, true })
        {
            var file = Small(compress);
            for (var round = 0; round < 2000; round++)
            {
                var damaged = file.ToArray();
                for (var k = random.Next(1, 4); k > 0; k--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                var sink = new RecordingSink();
                try
                {
                    PerfettoReader.Read(new MemoryStream(damaged), sink);
                }
                catch (TraceException e)
                {
                    Assert.Equal(ErrorId.BadInput, e.Id);
                    continue;
                }
                Assert.NotNull(sink.Summary);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"traceEvents\":[]}")]
    [InlineData("Nettrace")]
    [InlineData("\n")]
    public void WhatIsNoTraceIsRefused(string text)
    {
        var e = Assert.Throws<TraceException>(() => RecordingSink.Of(System.Text.Encoding.UTF8.GetBytes(text)));
        Assert.Equal(ErrorId.BadInput, e.Id);
    }

    [Fact]
    public void MissingFilesAndDirectoriesAreNamed()
    {
        var missing = Path.Combine(Path.GetTempPath(), "not", "there.pftrace");
        var e = Assert.Throws<TraceException>(() => PerfettoReader.Read(missing, new RecordingSink()));
        Assert.Equal(ErrorId.NotFound, e.Id);
        Assert.Contains(missing, e.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorId.BadInput, Assert.Throws<TraceException>(() => PerfettoReader.Read(Path.GetTempPath(), new RecordingSink())).Id);
        Assert.StartsWith("/", TraceFiles.InFile([1, 2], p => Assert.Throws<TraceException>(() => PerfettoReader.Read(p, new RecordingSink())).Message), StringComparison.Ordinal);
    }

    [Fact]
    public void ProgressRisesToOne()
    {
        var calls = TraceFiles.RandomCalls(new Random(2), 200_000, 10, T, () => 30).ToArray();
        var file = TraceFiles.WriteIn(w =>
        {
            w.Thread(new ThreadInfo(0, 0, 1));
            for (var f = 0; f < 10; f++) w.Function(new FunctionInfo(f, "F" + f));
            w.Slices(0, calls);
        });
        var seen = new List<double>();
        PerfettoReader.Read(new MemoryStream(file), new RecordingSink(), seen.Add);
        Assert.True(seen.Count > 3);
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(1, seen[^1]);
        Assert.True(seen[0] < 0.9);
    }

    private static byte[] Small(bool compress) => TraceFiles.Write(
        w =>
        {
            w.Start(new TraceMetadata { StartNs = T, Producer = "VizTrace" });
            w.Process(new ProcessInfo(0, 7, "App"));
            w.Thread(new ThreadInfo(0, 0, 7));
            w.Function(new FunctionInfo(0, "Main"));
            w.Function(new FunctionInfo(1, "F"));
            w.Slices(0, TraceFiles.RandomCalls(new Random(1), 20, 2, T, () => 100).ToArray());
            w.Finish(new TraceSummary());
        },
        new PerfettoWriterOptions { Compress = compress });
}
