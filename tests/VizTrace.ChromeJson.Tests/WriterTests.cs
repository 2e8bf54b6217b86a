using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using VizTrace.Model;
using Xunit;

namespace VizTrace.ChromeJson.Tests;

public sealed class WriterTests
{
    [Fact]
    public void CallsBecomeCompleteEventsExactToTheNanosecond()
    {
        JsonElement root = Write(w =>
        {
            One(w);
            w.Slices(7, EdgeText.Of("+0 1000000001", "+1 1000000100", "-1 1000001099", "-0 1000002001"));
        });

        JsonElement[] calls = Events(root, "X");
        Assert.Equal(
            ["""{"ph":"X","pid":4000,"tid":4001,"ts":1000000.100,"dur":0.999,"name":"Shop.Cart.Add","cat":"Shop.dll","args":{"source":"Cart.cs:12"}}""",
             """{"ph":"X","pid":4000,"tid":4001,"ts":1000000.001,"dur":2.000,"name":"Shop.Main","cat":"Shop.dll"}"""],
            calls.Select(c => c.GetRawText()));
        Assert.Equal("ns", root.GetProperty("displayTimeUnit").GetString());
    }

    [Fact]
    public void TimesAreSinceTheStartWhichStandsBeforeTheEvents()
    {
        JsonElement root = Write(w =>
        {
            w.Start(new TraceMetadata { StartNs = 1_000_000_000_000_000_001 });
            w.Process(new ProcessInfo(1, 4000, "Shop"));
            w.Thread(new ThreadInfo(7, 1, 4001));
            w.Function(new FunctionInfo(0, "F"));
            w.Slices(7, EdgeText.Of("+0 1000000000000000003", "-0 1000000000000000007"));
            w.Loss(new RecordLoss(7, 1_000_000_000_000_002_001, 1_000_000_000_000_003_000, 1, "x"));
        });

        Assert.Equal(["displayTimeUnit", "viztrace_start_ns", "traceEvents", "otherData"], root.EnumerateObject().Select(p => p.Name));
        Assert.Equal(1_000_000_000_000_000_001, root.GetProperty("viztrace_start_ns").GetInt64());
        Assert.Equal(1_000_000_000_000_000_001, root.GetProperty("otherData").GetProperty("start_ns").GetInt64());
        Assert.Equal("""{"ph":"X","pid":4000,"tid":4001,"ts":0.002,"dur":0.004,"name":"F"}""", Assert.Single(Events(root, "X")).GetRawText());
        JsonElement loss = Assert.Single(Events(root, "i"));
        Assert.Equal(("2.000", 1_000_000_000_000_003_000), (loss.GetProperty("ts").GetRawText(), loss.GetProperty("args").GetProperty("end_ns").GetInt64()));
    }

    [Fact]
    public void UnusualEdgesAreArguments()
    {
        JsonElement root = Write(w =>
        {
            One(w);
            w.Slices(7, EdgeText.Of("+0 100 StartLost", "+1 200", "-1 300 EndLost", "+1 300", "-1 350 Unwound", "-0 400 Unfinished"));
        });

        Assert.Equal(
            ["""{"source":"Cart.cs:12","end_lost":true}""", """{"source":"Cart.cs:12","unwound":true}""", """{"unfinished":true,"start_lost":true}"""],
            Events(root, "X").Select(c => c.GetProperty("args").GetRawText()));
    }

    [Fact]
    public void AFunctionThatOnlyTheEndNamesIsAnArgument()
    {
        JsonElement root = Write(w =>
        {
            One(w);
            w.Function(new FunctionInfo(2, "Ns.\"Left\"") { Module = "a.dll" });
            w.Slices(7, EdgeText.Of("+0 100 StartLost", "-2 200 Named", "+1 200 StartLost", "-2 300 Named"));
        });

        Assert.Equal(
            ["""{"start_lost":true,"function":"Ns.\"Left\""}""", """{"source":"Cart.cs:12","start_lost":true,"function":"Ns.\"Left\""}"""],
            Events(root, "X").Select(c => c.GetProperty("args").GetRawText()));
    }

    [Fact]
    public void NamesAreEscaped()
    {
        const string Name = "Ns.Type<\"A\\B\">.M\u0001\u00e9\U0001F600</script>";
        JsonElement root = Write(w =>
        {
            One(w);
            w.Function(new FunctionInfo(5, Name) { Module = "a\"b.dll", SourceFile = "C:\\x\ny.cs", SourceLine = 3 });
            w.Slices(7, EdgeText.Of("+5 1", "-5 2"));
        });

        JsonElement call = Assert.Single(Events(root, "X"));
        Assert.Equal(Name, call.GetProperty("name").GetString());
        Assert.Equal("a\"b.dll", call.GetProperty("cat").GetString());
        Assert.Equal("C:\\x\ny.cs:3", call.GetProperty("args").GetProperty("source").GetString());
    }

    [Fact]
    public void HalfASurrogatePairIsReplacedEverywhere()
    {
        const string Bad = "a\ud800b";
        JsonElement root = Write(
            w =>
            {
                w.Start(new TraceMetadata { Producer = Bad, Command = Bad, ProbeClock = Bad, Extra = [new(Bad, Bad)] });
                w.Process(new ProcessInfo(1, 4000, Bad) { CommandLine = Bad, Runtime = Bad });
                w.Thread(new ThreadInfo(7, 1, 4001) { ManagedName = Bad, OsName = Bad, EarlierNames = [(1, Bad)] });
                w.Function(new FunctionInfo(0, Bad) { Module = Bad, SourceFile = Bad });
                w.Slices(7, EdgeText.Of("+0 1", "-0 2"));
                w.Loss(new RecordLoss(7, 1, 2, 3, Bad));
            },
            new TraceSummary { BlindReason = Bad, NotRecorded = [new(Bad, Bad, Bad)], Remarks = [Bad] });

        // 3 of the metadata and 2 of its extra, 3 of the process, 4 of the thread, 3 of the function, 1 of the loss, 5 of the summary.
        string text = root.GetRawText().Replace("\\uFFFD", "\ufffd", StringComparison.Ordinal);
        Assert.Equal(21, text.Split("a\ufffdb").Length - 1);
        Assert.Equal("a\ufffdb", Assert.Single(Events(root, "X")).GetProperty("name").GetString());
    }

    [Fact]
    public void ParentStandsBeforeChildWhereBothHaveTheSameTimes()
    {
        JsonElement root = Write(w =>
        {
            One(w);
            // 0 contains 1 contains 2, all the same; then two calls that share the begin only.
            w.Slices(7, EdgeText.Of("+0 10", "+1 10", "+2 10", "-2 20", "-1 20", "-0 20"));
            w.Slices(7, EdgeText.Of("+0 30", "+1 30", "-1 35", "+2 36", "-2 40", "-0 40"));
        });

        Assert.Equal(
            ["Shop.Main", "Shop.Cart.Add", "Leaf", "Shop.Cart.Add", "Leaf", "Shop.Main"],
            Events(root, "X").Select(c => c.GetProperty("name").GetString()));
    }

    [Fact]
    public void EmptySiblingsKeepTheirOrderAndFollowTheirParent()
    {
        JsonElement root = Write(w =>
        {
            One(w);
            w.Slices(7, EdgeText.Of("+0 10", "+1 10", "-1 10", "+2 10", "-2 10", "-0 10"));
        });

        Assert.Equal(["Shop.Main", "Shop.Cart.Add", "Leaf"], Events(root, "X").Select(c => c.GetProperty("name").GetString()));
    }

    [Fact]
    public void UnfinishedCallsAreStretchedOnlyWhenTheInnermostWouldBeEmpty()
    {
        JsonElement root = Write(w =>
        {
            One(w);
            w.Thread(new ThreadInfo(8, 1, 4002));
            w.Slices(7, EdgeText.Of("+0 1000", "+1 5000", "-1 5000 Unfinished", "-0 5000 Unfinished"));
            w.Slices(8, EdgeText.Of("+0 1000", "+1 4000", "-1 5000 Unfinished", "-0 5000 Unfinished"));
        });

        Assert.Equal(
            ["""4001 "ts":5.000,"dur":0.001 {"source":"Cart.cs:12","unfinished":true,"stretched_ns":1}""",
             """4001 "ts":1.000,"dur":4.001 {"unfinished":true,"stretched_ns":1}""",
             """4002 "ts":4.000,"dur":1.000 {"source":"Cart.cs:12","unfinished":true}""",
             """4002 "ts":1.000,"dur":4.000 {"unfinished":true}"""],
            Events(root, "X").Select(c => string.Create(
                CultureInfo.InvariantCulture,
                $"{c.GetProperty("tid")} \"ts\":{c.GetProperty("ts").GetRawText()},\"dur\":{c.GetProperty("dur").GetRawText()} {c.GetProperty("args").GetRawText()}")));
    }

    [Fact]
    public void ProcessesAndThreadsAreMetadataEventsWithTheLastThatWasTold()
    {
        JsonElement root = Write(w =>
        {
            One(w);
            w.Process(new ProcessInfo(1, 4000, "Shop") { CommandLine = "dotnet Shop.dll -v", Runtime = ".NET 10.0.0", ExitCode = 3 });
            w.Thread(new ThreadInfo(7, 1, 4001)
            {
                ManagedId = 1,
                ManagedName = "Checkout",
                EarlierNames = [(50, "New")],
                OsName = "dotnet",
                Role = ThreadRole.Main,
                StartNs = 10,
                EndNs = 900,
                Calls = 12,
                LostRecords = 4,
            });
        });

        Assert.Equal(
            ["""{"ph":"M","name":"process_name","pid":4000,"args":{"name":"Shop","id":1,"os_pid":4000,"command_line":"dotnet Shop.dll -v","runtime":".NET 10.0.0","exit_code":3}}""",
             """{"ph":"M","name":"thread_name","pid":4000,"tid":4001,"args":{"name":"Checkout"}}""",
             """{"ph":"M","name":"thread_sort_index","pid":4000,"tid":4001,"args":{"sort_index":7}}""",
             """{"ph":"M","name":"viztrace_thread","pid":4000,"tid":4001,"args":{"id":7,"os_tid":4001,"managed_id":1,"managed_name":"Checkout","earlier_names":[{"time_ns":50,"name":"New"}],"os_name":"dotnet","role":"Main","start_ns":10,"end_ns":900,"calls":12,"lost_records":4}}"""],
            Events(root, "M").Select(c => c.GetRawText()));
    }

    [Fact]
    public void IdsThatDoNotFitOrAreUsedAgainGetFreeNumbersAndKeepTheTrueOneInArgs()
    {
        JsonElement root = Write(w =>
        {
            w.Start(new TraceMetadata());
            w.Process(new ProcessInfo(0, 1L << 40, "far"));
            w.Process(new ProcessInfo(1, 5, "a"));
            w.Process(new ProcessInfo(2, 5, "b"));
            w.Thread(new ThreadInfo(0, 0, 1L << 41));
            w.Thread(new ThreadInfo(1, 1, 77));
            w.Thread(new ThreadInfo(2, 2, 77));
            w.Thread(new ThreadInfo(3, 2, int.MaxValue));
            w.Function(new FunctionInfo(0, "F"));
            for (int thread = 0; thread < 4; thread++)
                w.Slices(thread, EdgeText.Of("+0 1", "-0 2"));
        });

        (long Pid, long Tid)[] shown = [.. Events(root, "X").Select(c => (c.GetProperty("pid").GetInt64(), c.GetProperty("tid").GetInt64()))];
        Assert.Equal([(1_000_000_000, 1_000_000_002), (5, 77), (1_000_000_001, 1_000_000_003), (1_000_000_001, int.MaxValue)], shown);
        Assert.Equal(
            [1L << 41, 77, 77, int.MaxValue],
            Events(root, "M").Where(e => e.GetProperty("name").GetString() == "viztrace_thread").Select(e => e.GetProperty("args").GetProperty("os_tid").GetInt64()));
        Assert.Equal(
            [1L << 40, 5, 5],
            Events(root, "M").Where(e => e.GetProperty("name").GetString() == "process_name").Select(e => e.GetProperty("args").GetProperty("os_pid").GetInt64()));
    }

    [Fact]
    public void LossesAreInstantEventsOfTheirThread()
    {
        JsonElement root = Write(w =>
        {
            One(w);
            w.Loss(new RecordLoss(7, 12_345, 99_999, 42, "no free chunk"));
        });

        Assert.Equal(
            """{"ph":"i","name":"lost records","pid":4000,"tid":4001,"ts":12.345,"s":"t","cat":"viztrace","args":{"records":42,"end_ns":99999,"reason":"no free chunk"}}""",
            Assert.Single(Events(root, "i")).GetRawText());
    }

    [Fact]
    public void MetadataAndSummaryAreOtherData()
    {
        JsonElement root = Write(
            w => w.Start(new TraceMetadata
            {
                Producer = "VizTrace 0.1.0",
                Command = "dotnet a.dll",
                StartNs = 5,
                BoottimeOffsetNs = 6,
                RealtimeOffsetNs = 7,
                ProbeClock = "tsc",
                ClockErrorNs = 8,
                Extra = [new("host", "h")],
            }),
            new TraceSummary
            {
                Calls = 1,
                Unfinished = 2,
                LostRecords = 3,
                DroppedPieces = 4,
                BlindFromNs = 5,
                BlindReason = "disk full",
                NotRecorded = [new("a.dll", "A.B", "dynamic")],
                Remarks = ["odd"],
            });

        Assert.Equal(
            """{"producer":"VizTrace 0.1.0","command":"dotnet a.dll","clock":"CLOCK_MONOTONIC","start_ns":5,"boottime_offset_ns":6,"realtime_offset_ns":7,"probe_clock":"tsc","clock_error_ns":8,"extra":[["host","h"]],"calls":1,"unfinished":2,"lost_records":3,"dropped_pieces":4,"blind_from_ns":5,"blind_reason":"disk full","not_recorded":[{"module":"a.dll","name":"A.B","reason":"dynamic"}],"coverage":[],"remarks":["odd"]}""",
            root.GetProperty("otherData").GetRawText());
        Assert.Empty(root.GetProperty("traceEvents").EnumerateArray());
    }

    [Fact]
    public void CompressedOutputIsTheSameText()
    {
        static void Trace(ChromeJsonWriter w)
        {
            One(w);
            w.Slices(7, EdgeText.Of("+0 1", "-0 2"));
            w.Finish(new TraceSummary());
        }

        var plain = new MemoryStream();
        using (var writer = new ChromeJsonWriter(plain, new ChromeJsonWriterOptions { LeaveOpen = true }))
            Trace(writer);
        var packed = new MemoryStream();
        using (var writer = new ChromeJsonWriter(packed, new ChromeJsonWriterOptions { Compress = true, LeaveOpen = true }))
            Trace(writer);

        packed.Position = 0;
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        var text = new MemoryStream();
        unpacked.CopyTo(text);
        Assert.Equal(plain.ToArray(), text.ToArray());
        Assert.True(plain.CanRead);
    }

    [Fact]
    public void NameLongerThanTheBufferIsWrittenWhole()
    {
        string name = new('n', 600_000);
        JsonElement root = Write(w =>
        {
            One(w);
            w.Function(new FunctionInfo(5, name));
            w.Slices(7, EdgeText.Of("+5 1", "-5 2", "+5 3", "-5 4 Unwound"));
        });

        Assert.Equal([name, name], Events(root, "X").Select(e => e.GetProperty("name").GetString()));
    }

    [Fact]
    public void FiveMillionCallsAreNotHeldInMemory()
    {
        // Ten calls in one another; the inner ones share their times, so that some are held back until their parents are written.
        SliceEdge[] edges = new SliceEdge[20];
        long before = GC.GetAllocatedBytesForCurrentThread();
        using (var writer = new ChromeJsonWriter(Stream.Null))
        {
            One(writer);
            for (long round = 0; round < 500_000; round++)
            {
                for (int depth = 0; depth < 10; depth++)
                {
                    int function = depth % 3;
                    edges[depth] = new SliceEdge((round * 100) + Math.Min(depth, 5), function, EdgeKind.Begin);
                    edges[19 - depth] = new SliceEdge((round * 100) + 50 - Math.Min(depth, 5), function, EdgeKind.End, depth == 3 ? EdgeFlags.Unwound : EdgeFlags.None);
                }

                writer.Slices(7, edges);
            }

            writer.Finish(new TraceSummary());
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Fact]
    public void OrderThatTheContractForbidsIsRefused()
    {
        using var writer = new ChromeJsonWriter(new MemoryStream());
        One(writer);
        Assert.Throws<InvalidOperationException>(() => writer.Slices(99, EdgeText.Of("+0 1")));
        Assert.Throws<InvalidOperationException>(() => writer.Slices(7, EdgeText.Of("-0 1")));
        Assert.Throws<InvalidOperationException>(() => writer.Slices(7, EdgeText.Of("+77 1", "-77 2")));
        Assert.Throws<InvalidOperationException>(() => writer.Thread(new ThreadInfo(1, 55, 1)));
        Assert.Throws<InvalidOperationException>(() => writer.Loss(new RecordLoss(55, 1, 2, 3, "")));
        writer.Slices(7, EdgeText.Of("+0 1"));
        Assert.Throws<InvalidOperationException>(() => writer.Finish(new TraceSummary()));
    }

    private static void One(ChromeJsonWriter w)
    {
        w.Start(new TraceMetadata { Producer = "VizTrace 0.1.0" });
        w.Process(new ProcessInfo(1, 4000, "Shop"));
        w.Thread(new ThreadInfo(7, 1, 4001));
        w.Function(new FunctionInfo(0, "Shop.Main") { Module = "Shop.dll" });
        w.Function(new FunctionInfo(1, "Shop.Cart.Add") { Module = "Shop.dll", SourceFile = "Cart.cs", SourceLine = 12 });
        w.Function(new FunctionInfo(2, "Leaf"));
    }

    private static JsonElement Write(Action<ChromeJsonWriter> trace, TraceSummary? summary = null)
    {
        var stream = new MemoryStream();
        using (var writer = new ChromeJsonWriter(stream))
        {
            trace(writer);
            writer.Finish(summary ?? new TraceSummary());
        }

        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    private static JsonElement[] Events(JsonElement root, string phase) =>
        [.. root.GetProperty("traceEvents").EnumerateArray().Where(e => e.GetProperty("ph").GetString() == phase)];
}
