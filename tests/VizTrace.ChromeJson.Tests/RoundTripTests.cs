using VizTrace.Model;
using Xunit;

namespace VizTrace.ChromeJson.Tests;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatWasWrittenReadsBackEqual(bool compress)
    {
        var metadata = new TraceMetadata
        {
            Producer = "VizTrace 0.1.0",
            Command = "dotnet a.dll",
            // After the first call: times before it are kept too.
            StartNs = 1500,
            BoottimeOffsetNs = -6,
            RealtimeOffsetNs = 7,
            ProbeClock = "tsc",
            ClockErrorNs = 8,
            Extra = [new("host", "h"), new("host", "again")],
        };
        var process = new ProcessInfo(3, 1L << 40, "Shop") { CommandLine = "dotnet Shop.dll", Runtime = ".NET 10", Signal = 9 };
        var main = new ThreadInfo(4, 3, 77)
        {
            ManagedId = 1,
            ManagedName = "Main",
            EarlierNames = [(1, "a"), (2, "b")],
            OsName = "dotnet",
            Role = ThreadRole.Main,
            StartNs = 1,
            EndNs = 2,
            Calls = 8,
            LostRecords = 9,
        };
        var reused = new ThreadInfo(9, 3, 77);
        FunctionInfo[] functions = [new(0, "A.B") { Module = "a.dll" }, new(1, "A.C") { Module = "a.dll", SourceFile = "c:\\x.cs", SourceLine = 4 }, new(2, "D")];
        SliceEdge[] first = EdgeText.Of(
            "+0 1000 StartLost", "+1 1000", "+2 1000", "-2 1500", "-1 1500", "+1 1600", "+2 1700", "-2 1700", "-1 1700 EndLost",
            "+2 1750", "-2 1800 Unwound", "-0 2000", "+1 3000", "+0 4000", "-0 4000 Unfinished", "-1 4000 Unfinished");
        var loss = new RecordLoss(9, 10, 20, 30, "disk full");
        var summary = new TraceSummary
        {
            Calls = 8,
            LostRecords = 30,
            DroppedPieces = 1,
            Unfinished = 2,
            BlindFromNs = 4,
            BlindReason = "disk full",
            NotRecorded = [new("a.dll", "X", "dynamic")],
            Remarks = ["odd"],
            Coverage =
            [
                new("a.dll")
                {
                    Recorded = 2,
                    Refused = 1,
                    Groups =
                    [
                        new(CoverageState.Recorded, "", [new("A", ["B"])]),
                        new(CoverageState.NeverCalled, "", [new("A", ["a\tb", "", ".ctor"]), new("", ["Global", "Global"]), new("A", ["C"])]),
                        new(CoverageState.NotRecordable, "abstract", [new("A.I", ["G"])]),
                    ],
                },
                new("a.dll") { Groups = [new(CoverageState.NoCalls, "", [new("Large", [.. Enumerable.Range(0, 200_000).Select(i => $"Method{i}")])])] },
                new("m.dll") { Unlisted = "loaded from memory", Groups = [new(CoverageState.Hidden, "excluded", [new("M", ["M"])])] },
                new("") { Groups = [new(CoverageState.NotAskedFor, "", [new("T", ["M"])])] },
            ],
        };

        var stream = new MemoryStream();
        using (var writer = new ChromeJsonWriter(stream, new ChromeJsonWriterOptions { Compress = compress, LeaveOpen = true }))
        {
            writer.Start(metadata);
            writer.Process(process);
            writer.Thread(main);
            writer.Thread(reused);
            Array.ForEach(functions, writer.Function);
            writer.Slices(4, first.AsSpan(0, 5));
            writer.Loss(loss);
            writer.Slices(4, first.AsSpan(5));
            writer.Finish(summary);
        }

        stream.Position = 0;
        var sink = new CollectingSink();
        ChromeJsonReader.Read(stream, sink);

        Assert.Equivalent(metadata, sink.Metadata, strict: true);
        Assert.Equal(process, Assert.Single(sink.Processes).Value);
        Assert.Equal([4, 9], sink.Threads.Keys.Order());
        Assert.Equivalent(main, sink.Threads[4], strict: true);
        Assert.Equivalent(reused, sink.Threads[9], strict: true);
        Assert.Equal(
            first.Select(e => (e.TimeNs, functions[e.FunctionId].Name, e.Kind, e.Flags)),
            sink.Edges[4].Select(e => (e.TimeNs, sink.Functions[e.FunctionId].Name, e.Kind, e.Flags)));
        Assert.Equal(
            functions.Select(f => f with { Id = 0 }).OrderBy(f => f.Name),
            sink.Functions.Values.Select(f => f with { Id = 0 }).OrderBy(f => f.Name));
        Assert.Equal(loss, Assert.Single(sink.Losses));
        Assert.Equivalent(summary with { Coverage = [] }, sink.Summary! with { Coverage = [] }, strict: true);
        Assert.Equal(Lines(summary.Coverage), Lines(sink.Summary.Coverage));
    }

    private static IEnumerable<string> Lines(IReadOnlyList<ModuleCoverage> coverage) => coverage.SelectMany(m => m.Groups
        .SelectMany(g => g.Types.Select(t => $"{g.State} {g.Reason}: {t.Type}: {string.Join('|', t.Names)}"))
        .Prepend($"{m.Module} {m.Unlisted ?? "listed"} {m.Recorded} {m.Refused}"));

    [Fact]
    public void RandomNestingReadsBackEqual()
    {
        const int Seed = 4711;
        var random = new Random(Seed);
        for (int round = 0; round < 200; round++)
        {
            var edges = new List<SliceEdge>();
            var open = new Stack<int>();
            long time = 1_000_000;
            for (int i = 0; i < 100; i++)
            {
                // Times stand still often; but an end is always later than its begin, or JSON could not say which contains which.
                if (open.Count > 0 && random.Next(2) == 0)
                {
                    time += edges[^1].Kind == EdgeKind.Begin ? random.Next(1, 3) : random.Next(2);
                    edges.Add(new SliceEdge(time, open.Pop(), EdgeKind.End));
                }
                else
                {
                    time += random.Next(2);
                    open.Push(random.Next(5));
                    edges.Add(new SliceEdge(time, open.Peek(), EdgeKind.Begin));
                }
            }

            while (open.Count > 0)
                edges.Add(new SliceEdge(time + 1, open.Pop(), EdgeKind.End));
            var stream = new MemoryStream();
            var writer = new ChromeJsonWriter(stream);
            writer.Start(new TraceMetadata());
            writer.Process(new ProcessInfo(0, 1, "p"));
            writer.Thread(new ThreadInfo(0, 0, 2));
            for (int i = 0; i < 5; i++)
                writer.Function(new FunctionInfo(i, "F" + i));
            writer.Slices(0, edges.ToArray());
            writer.Finish(new TraceSummary());

            stream.Position = 0;
            var sink = new CollectingSink();
            ChromeJsonReader.Read(stream, sink);
            Assert.Equal(
                edges.Select(e => $"{(e.Kind == EdgeKind.Begin ? "+" : "-")}F{e.FunctionId} {e.TimeNs}"),
                sink.Lines(0));
        }
    }
}
