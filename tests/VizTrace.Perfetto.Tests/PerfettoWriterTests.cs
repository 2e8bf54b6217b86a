using System.Runtime.InteropServices;
using System.Text;
using VizTrace.Model;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Tests;

/// <summary>What the writer leaves, decoded with protoc's classes.</summary>
public sealed class PerfettoWriterTests
{
    private const long T = TraceFiles.Start;

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(true, 3)]
    [InlineData(false, 0)]
    [InlineData(false, 2)]
    public void NestedCallsComeOutWithNamesTimesAndModules(bool compress, int threads)
    {
        var decoded = new Decoded(TraceFiles.WriteIn(
            w =>
            {
                w.Thread(new ThreadInfo(3, 0, 4711) { Role = ThreadRole.Main });
                w.Function(new FunctionInfo(0, "Shop.Program.Main") { Module = "Shop.dll", SourceFile = "/src/Program.cs", SourceLine = 12 });
                w.Function(new FunctionInfo(1, "Shop.Cart.Add") { Module = "Cart.dll" });
                w.Function(new FunctionInfo(200, "Lonely"));
                w.Slices(3, TraceFiles.Edges(
                    (T + 10, 0, EdgeKind.Begin), (T + 15, 1, EdgeKind.Begin), (T + 200, 1, EdgeKind.End), (T + 200, 1, EdgeKind.Begin)));
                w.Slices(3, TraceFiles.Edges((T + 200, 1, EdgeKind.End), (T + 90_000, 200, EdgeKind.Begin), (T + 90_001, 200, EdgeKind.End), (T + 90_128, 0, EdgeKind.End)));
            },
            new PerfettoWriterOptions { Compress = compress, CompressionThreads = threads }));
        var track = TrackIds.Thread(3);
        Assert.Equal(
            [
                new DecodedSlice(track, "Shop.Program.Main", "Shop.dll", "/src/Program.cs:12:Shop.Program.Main", T + 10, 90_118, 0, "", ""),
                new DecodedSlice(track, "Shop.Cart.Add", "Cart.dll", "", T + 15, 185, 1, "Shop.Program.Main", ""),
                new DecodedSlice(track, "Shop.Cart.Add", "Cart.dll", "", T + 200, 0, 1, "Shop.Program.Main", ""),
                new DecodedSlice(track, "Lonely", "", "", T + 90_000, 1, 1, "Shop.Program.Main", ""),
            ],
            decoded.Slices);
        Assert.Equal(compress, decoded.Packs > 0);
        Assert.Equal("Main", decoded.Tracks[track].Thread.ThreadName);
        Assert.Equal(4711, decoded.Tracks[TrackIds.Process(0)].Process.Pid);
    }

    [Fact]
    public void FlagsBecomeArguments()
    {
        var decoded = new Decoded(TraceFiles.WriteIn(w =>
        {
            w.Thread(new ThreadInfo(0, 0, 1));
            w.Function(new FunctionInfo(0, "F") { SourceFile = "f.cs" });
            w.Slices(0,
            [
                new SliceEdge(T, 0, EdgeKind.Begin),
                new SliceEdge(T + 1, 0, EdgeKind.Begin, EdgeFlags.StartLost),
                new SliceEdge(T + 2, 0, EdgeKind.Begin),
                new SliceEdge(T + 3, 0, EdgeKind.Begin),
                new SliceEdge(T + 4, 0, EdgeKind.End, EdgeFlags.Unwound),
                new SliceEdge(T + 5, 0, EdgeKind.End, EdgeFlags.EndLost),
                new SliceEdge(T + 6, 0, EdgeKind.End),
                new SliceEdge(T + 70_000, 0, EdgeKind.End, EdgeFlags.Unfinished | EdgeFlags.EndLost),
            ]);
        }));
        Assert.Equal(["unfinished=True,end_lost=True", "start_lost=True", "end_lost=True", "unwound=True"], decoded.Slices.Select(s => s.Args));
        Assert.Equal([70_000, 5, 3, 1], decoded.Slices.Select(s => s.Dur));
    }

    [Fact]
    public void AFunctionThatOnlyTheEndNamesIsAnArgument()
    {
        var left = new string('x', 300);
        var decoded = new Decoded(TraceFiles.WriteIn(w =>
        {
            w.Thread(new ThreadInfo(0, 0, 1));
            w.Function(new FunctionInfo(0, "(lost)"));
            w.Function(new FunctionInfo(1, left));
            w.Slices(0,
            [
                new SliceEdge(T, 0, EdgeKind.Begin),
                new SliceEdge(T + 1, 0, EdgeKind.Begin, EdgeFlags.StartLost),
                new SliceEdge(T + 70_000, 1, EdgeKind.End, EdgeFlags.Named),
                new SliceEdge(T + 70_005, 0, EdgeKind.End),
            ]);
        }));
        Assert.Equal([("(lost)", 70_005, ""), ("(lost)", 69_999, $"start_lost=True,function={left}")], decoded.Slices.Select(s => (s.Name, (int)s.Dur, s.Args)));
    }

    [Theory]
    [InlineData(1, 50, 0)]
    [InlineData(2, 3000, 1)]
    [InlineData(3, 20_000, 2)]
    [InlineData(4, 70_000, 1)]
    public void RandomCallsOfManyThreadsComeOutExactly(int seed, int functions, int threads)
    {
        var random = new Random(seed);
        var rows = Enumerable.Range(0, 5).Select(t => TraceFiles.RandomCalls(random, 20_000, functions, T, () => seed switch
        {
            1 => random.Next(0, 60),
            2 => random.Next(0, 400),
            _ => random.Next(50) == 0 ? random.NextInt64(1L << random.Next(45)) : random.Next(3) == 0 ? random.Next(20_000) : random.Next(130),
        })).ToArray();
        var file = TraceFiles.WriteIn(
            w =>
            {
                for (var f = 0; f < functions; f++) w.Function(new FunctionInfo(f, "F" + f) { Module = f % 3 == 0 ? null : "M" + f % 200, SourceFile = f % 2 == 0 ? "s" + f : null });
                for (var t = 0; t < rows.Length; t++) w.Thread(new ThreadInfo(t, 0, 100 + t));
                var at = new int[rows.Length];
                while (at.Zip(rows).Any(p => p.First < p.Second.Count))
                {
                    var t = random.Next(rows.Length);
                    var n = Math.Min(random.Next(4) == 0 ? random.Next(5000) : random.Next(20), rows[t].Count - at[t]);
                    w.Slices(t, CollectionsMarshal.AsSpan(rows[t]).Slice(at[t], n));
                    at[t] += n;
                }
            },
            new PerfettoWriterOptions { CompressionThreads = threads });
        var decoded = new Decoded(file);
        Assert.True(decoded.LongestPack < 512 * 1024);
        for (var t = 0; t < rows.Length; t++)
        {
            var expected = Expected(rows[t], f => ("F" + f, f % 3 == 0 ? "" : "M" + f % 200));
            Assert.Equal(expected, decoded.Of(TrackIds.Thread(t)).Select(s => (s.Name, s.Category, s.Ts, s.Dur, s.Depth)));
        }
    }

    [Fact]
    public void PlainAndCompressedHoldTheSamePacketsForAnyNumberOfThreads()
    {
        var random = new Random(9);
        var calls = TraceFiles.RandomCalls(random, 300_000, 500, T, () => random.Next(300)).ToArray();
        byte[] Make(bool compress, int threads) => TraceFiles.WriteIn(
            w =>
            {
                w.Thread(new ThreadInfo(0, 0, 1));
                for (var f = 0; f < 500; f++) w.Function(new FunctionInfo(f, "F" + f));
                for (var i = 0; i < calls.Length; i += 1000) w.Slices(0, calls.AsSpan(i, Math.Min(1000, calls.Length - i)));
            },
            new PerfettoWriterOptions { Compress = compress, CompressionThreads = threads });
        var plain = Make(false, 0);
        var packed = Make(true, 0);
        var unpacked = new MemoryStream();
        foreach (var packet in Trace.Parser.ParseFrom(packed).Packet) unpacked.Write(DeflateEncoderTests.Inflate(packet.CompressedPackets.ToByteArray()));
        Assert.True(plain.AsSpan().SequenceEqual(unpacked.ToArray()));
        Assert.True(packed.AsSpan().SequenceEqual(Make(true, 1)));
        Assert.True(packed.AsSpan().SequenceEqual(Make(true, 4)));
        Assert.True(plain.AsSpan().SequenceEqual(Make(false, 2)));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(300_000)]
    [InlineData(2_000_000)]
    public void PacksOfWhatCannotBeCompressedStayBelowHalfAMegabyte(int length)
    {
        var random = new Random(4);
        var names = Enumerable.Range(0, 6_000_000 / length).Select(_ => string.Create(length, 0, (text, _) =>
        {
            foreach (ref var c in text) c = (char)random.Next(32, 127);
        })).ToArray();
        var file = TraceFiles.WriteIn(w =>
        {
            w.Thread(new ThreadInfo(0, 0, 1));
            for (var i = 0; i < names.Length; i++)
            {
                w.Function(new FunctionInfo(i, names[i]));
                w.Slices(0, TraceFiles.Edges((T + i, i, EdgeKind.Begin), (T + i, i, EdgeKind.End)));
            }
        });
        var decoded = new Decoded(file);
        Assert.Equal(names, decoded.Slices.Select(s => s.Name));
        Assert.True(decoded.LongestPack < 512 * 1024, $"{decoded.LongestPack:N0} bytes");
        // Text of 95 letters has 6.6 bits each, and it is had where a pack stays small enough.
        Assert.True(file.Length < (length < 1_000_000 ? 5_300_000 : 6_100_000), $"{file.Length:N0} bytes");
        Assert.Equal(names, RecordingSink.Of(file).Functions.Values.Select(f => f.Name));
    }

    [Fact]
    public void NamesOfAnyUtf16BecomeUtf8()
    {
        string[] names = ["", "Größe", "日本語.関数", "🙂.Smile", "a\0b", "lone \uD800 high", "\uDC00", new string('x', 3_000_000), "tab\tnew\nline\"quote'"];
        var decoded = new Decoded(TraceFiles.WriteIn(w =>
        {
            w.Thread(new ThreadInfo(0, 0, 1) { ManagedName = "T\uD800" });
            for (var i = 0; i < names.Length; i++)
            {
                w.Function(new FunctionInfo(i, names[i]) { Module = names[i] });
                w.Slices(0, TraceFiles.Edges((T + i, i, EdgeKind.Begin), (T + i, i, EdgeKind.End)));
            }
        }));
        var expected = names.Select(n => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(n))).ToArray();
        Assert.Equal(expected, decoded.Slices.Select(s => s.Name));
        Assert.Equal(expected, decoded.Slices.Select(s => s.Category));
        Assert.Equal("T\uFFFD", decoded.Tracks[TrackIds.Thread(0)].Thread.ThreadName);
    }

    [Fact]
    public void TimesFarApartAndBeforeTheStartAreExact()
    {
        long[] times = [0, 1, T - 1, T, T + (1L << 13), T + (1L << 14), T + (1L << 28), T + (1L << 40), long.MaxValue / 2, long.MaxValue];
        var decoded = new Decoded(TraceFiles.WriteIn(w =>
        {
            w.Thread(new ThreadInfo(0, 0, 1));
            w.Function(new FunctionInfo(0, "F"));
            foreach (var t in times) w.Slices(0, [new SliceEdge(t, 0, EdgeKind.Begin), new SliceEdge(t, 0, EdgeKind.End)]);
        }));
        Assert.Equal(times, decoded.Slices.Select(s => s.Ts));
        Assert.All(decoded.Slices, s => Assert.Equal(0, s.Dur));
    }

    [Fact]
    public void LossesStandOnARowBesideTheThread()
    {
        var decoded = new Decoded(TraceFiles.WriteIn(w =>
        {
            w.Thread(new ThreadInfo(7, 0, 1));
            w.Loss(new RecordLoss(7, T + 5, T + 105, 12, "no free chunk"));
            w.Loss(new RecordLoss(7, T + 500, T + 500, 2, "disk full"));
        }));
        var row = decoded.Tracks[TrackIds.Lost(7)];
        Assert.Equal(("lost records", TrackIds.Thread(7)), (row.Name, row.ParentUuid));
        Assert.Equal(
            [(T + 5, "lost", "records=12 reason=no free chunk duration_ns=100"), (T + 500, "lost", "records=2 reason=disk full duration_ns=0")],
            decoded.Instants.Where(i => i.Track == TrackIds.Lost(7)).Select(i => (i.Ts, i.Name, Arguments(i.Event))));
    }

    [Fact]
    public void TheTraceTellsOfItself()
    {
        var decoded = new Decoded(TraceFiles.Write(w =>
        {
            w.Start(new TraceMetadata
            {
                Producer = "VizTrace 0.1.0",
                Command = "dotnet App.dll",
                StartNs = T,
                BoottimeOffsetNs = 5,
                RealtimeOffsetNs = 7,
                ProbeClock = "tsc",
                ClockErrorNs = 42,
                Extra = [new("host", "box"), new("depth", "9")],
            });
            w.Process(new ProcessInfo(2, 99, "App") { CommandLine = "dotnet App.dll", Runtime = ".NET 10.0.12" });
            w.Thread(new ThreadInfo(0, 2, 1L << 40) { OsName = "worker" });
            w.Thread(new ThreadInfo(0, 2, 1L << 40)
            {
                ManagedId = 5,
                ManagedName = "Later",
                OsName = "worker",
                Role = ThreadRole.Pool,
                StartNs = T + 1,
                EndNs = T + 2,
                Calls = 10,
                LostRecords = 3,
                EarlierNames = [(T, "First"), (T + 1, "Second")],
            });
            w.Process(new ProcessInfo(2, 99, "App") { CommandLine = "dotnet App.dll", Runtime = ".NET 10.0.12", ExitCode = 3 });
            w.Finish(new TraceSummary
            {
                Calls = 10,
                LostRecords = 3,
                DroppedPieces = 1,
                Unfinished = 2,
                BlindFromNs = T + 9,
                BlindReason = "disk full",
                NotRecorded = [new NotRecordedMethod("App.dll", "App.Dyn", "dynamic")],
                Remarks = ["one", "two"],
            });
        }));
        Assert.Equal(
            [
                (T, "metadata", "producer=VizTrace 0.1.0 command=dotnet App.dll start_ns=5000000000 probe_clock=tsc clock_error_ns=42 extra=[{key=host value=box}{key=depth value=9}]"),
                (T, "process", "id=2 pid=99 name=App command_line=dotnet App.dll runtime=.NET 10.0.12 exit_code=3"),
                (T + 1, "thread", "id=0 process=2 tid=1099511627776 name=Later managed_id=5 managed_name=Later os_name=worker role=Pool start_ns=5000000001 end_ns=5000000002 "
                    + "calls=10 lost_records=3 earlier_names=[{time_ns=5000000000 name=First}{time_ns=5000000001 name=Second}]"),
                (T, "not recorded", "module=App.dll name=App.Dyn reason=dynamic"),
                (T, "summary", "calls=10 lost_records=3 dropped_pieces=1 unfinished=2 blind_from_ns=5000000009 blind_reason=disk full remarks=[{one}{two}]"),
            ],
            decoded.Instants.Where(i => i.Track == TrackIds.About).Select(i => (i.Ts, i.Name, Arguments(i.Event))));
        Assert.Equal((1L << 40, "Later"), (decoded.Tracks[TrackIds.Thread(0)].Thread.Tid, decoded.Tracks[TrackIds.Thread(0)].Thread.ThreadName));
        Assert.Equal(TrackIds.Process(2), decoded.Tracks[TrackIds.About].ParentUuid);
    }

    [Fact]
    public void AFullDiskIsSaidAsOne()
    {
        foreach (var threads in new[] { 0, 1, 2 })
        {
            using var writer = new PerfettoWriter(new FullStream(28), new PerfettoWriterOptions { CompressionThreads = threads });
            writer.Start(new TraceMetadata());
            Assert.Equal(ErrorId.DiskFull, Assert.Throws<TraceException>(() => writer.Finish(new TraceSummary())).Id);
            using var other = new PerfettoWriter(new FullStream(5), new PerfettoWriterOptions { CompressionThreads = threads });
            other.Start(new TraceMetadata());
            Assert.Equal(ErrorId.BadOutput, Assert.Throws<TraceException>(() => other.Finish(new TraceSummary())).Id);
        }
    }

    [Fact]
    public void AFailureStopsALongTraceWhileItIsWritten()
    {
        using var writer = new PerfettoWriter(new FullStream(28), new PerfettoWriterOptions { CompressionThreads = 1 });
        writer.Start(new TraceMetadata { StartNs = T });
        writer.Process(new ProcessInfo(0, 1, "P"));
        writer.Thread(new ThreadInfo(0, 0, 1));
        writer.Function(new FunctionInfo(0, "F"));
        var edges = Enumerable.Range(0, 100_000).Select(i => new SliceEdge(T + i, 0, i % 2 == 0 ? EdgeKind.Begin : EdgeKind.End)).ToArray();
        var e = Assert.Throws<TraceException>(() =>
        {
            for (var i = 0; i < 1000; i++) writer.Slices(0, edges.Select(x => x with { TimeNs = x.TimeNs + i * 100_000L }).ToArray());
        });
        Assert.Equal(ErrorId.DiskFull, e.Id);
    }

    internal static List<(string Name, string Category, long Ts, long Dur, int Depth)> Expected(List<SliceEdge> edges, Func<int, (string, string)> name)
    {
        var slices = new List<(string, string, long Ts, long Dur, int)>();
        var open = new Stack<int>();
        foreach (var e in edges)
        {
            if (e.Kind == EdgeKind.Begin)
            {
                var (n, c) = name(e.FunctionId);
                open.Push(slices.Count);
                slices.Add((n, c, e.TimeNs, -1, open.Count - 1));
            }
            else
            {
                var i = open.Pop();
                slices[i] = slices[i] with { Dur = e.TimeNs - slices[i].Ts };
            }
        }
        return slices;
    }

    private static string Arguments(TrackEvent e) => string.Join(" ", e.DebugAnnotations.Select(Argument));

    private static string Argument(DebugAnnotation a) =>
        (a.HasName ? a.Name + "=" : "")
        + (a.HasStringValue ? a.StringValue : a.HasIntValue ? a.IntValue.ToString(System.Globalization.CultureInfo.InvariantCulture) : "")
        + (a.ArrayValues.Count > 0 ? "[" + string.Concat(a.ArrayValues.Select(v => "{" + (v.DictEntries.Count > 0 ? string.Join(" ", v.DictEntries.Select(Argument)) : Argument(v)) + "}")) + "]" : "");

    private sealed class FullStream(int error) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("no", error);

        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("no", error);
    }
}
