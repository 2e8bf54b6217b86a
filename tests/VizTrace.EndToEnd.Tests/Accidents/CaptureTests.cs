using System.Text.Json;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Captures kept, converted by hand, damaged, of another version; what <c>info</c> says of captures and traces.</summary>
public sealed class CaptureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void ACaptureIsRemovedUnlessItIsAskedFor()
    {
        Recording.OfProgram(_folder, "Hello", [], ["--capture-dir", _folder["mine"]]).Exits(0);
        Assert.False(Directory.Exists(_folder["mine"]));

        Recording.OfProgram(_folder, "Hello", [], ["--keep-capture"]).Exits(0);
        Assert.Equal(["Hello.pftrace", "Hello.pftrace.capture"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void ACaptureIsForItsOwnerOnly()
    {
        string capture = Keep("Hello");

        foreach (string path in Directory.GetFileSystemEntries(capture, "*", SearchOption.AllDirectories).Prepend(capture))
            Assert.Equal(0, (int)File.GetUnixFileMode(path) & 0b000_111_111);
    }

    [Theory]
    [InlineData("again.pftrace")]
    [InlineData("again.json")]
    [InlineData("again.json.gz")]
    public void ConvertByHandSaysTheSameAsRun(string output)
    {
        string capture = Keep("Counting", "2", "1");

        VizTraceCommand.RunIn(_folder.Path, ["convert", capture, "-o", output]).Exits(0);

        DecodedTrace trace = DecodedTrace.Read(_folder[output]);
        Assert.Equal(CountingExpectation.Total(2, 1), trace.Counts());
        Assert.Equal(CountingExpectation.OfThread(1, 1), trace.Thread("counter-1").Counts());
    }

    [Fact]
    public void OneFormatBecomesTheOtherAndBack()
    {
        Recording recording = Recording.OfProgram(_folder, "Counting", ["2", "1"]).Exits(0);

        VizTraceCommand.RunIn(_folder.Path, ["convert", "Counting.pftrace", "-o", "there.json"]).Exits(0);
        VizTraceCommand.RunIn(_folder.Path, ["convert", "there.json", "-o", "back.pftrace"]).Exits(0);

        string[] original = Lines(recording.Trace);
        Assert.Equal(original, Lines(DecodedTrace.Read(_folder["there.json"])));
        Assert.Equal(original, Lines(DecodedTrace.Read(_folder["back.pftrace"])));
    }

    [Theory]
    [InlineData("Counting.pftrace")]
    [InlineData("Counting.json")]
    [InlineData("Counting.pftrace.capture")]
    public void InfoTellsWhatIsInIt(string input)
    {
        Keep("Counting", "2", "1");
        VizTraceCommand.RunIn(_folder.Path, ["convert", "Counting.pftrace.capture", "-o", "Counting.json"]).Exits(0);

        CommandResult text = VizTraceCommand.RunIn(_folder.Path, ["info", input]).Exits(0);
        CommandResult json = VizTraceCommand.RunIn(_folder.Path, ["info", input, "--json"]).Exits(0);

        foreach (string word in (string[])["counter-0", "counter-1", "Counting.Hot.AddOne"])
            Assert.Contains(word, text.Output, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(json.Output);
        JsonElement root = document.RootElement;
        Assert.Equal(CountingExpectation.Total(2, 1).Values.Sum(), root.GetProperty("slices").GetInt64());
        JsonElement thread = Assert.Single(root.GetProperty("threads").EnumerateArray(), t => t.GetProperty("name").GetString() == "counter-1");
        Assert.Equal(CountingExpectation.OfThread(1, 1).Values.Sum(), thread.GetProperty("calls").GetInt64());
        Assert.Equal(0, thread.GetProperty("lostRecords").GetInt64());
    }

    [Theory]
    [InlineData("default")]
    [InlineData("portable")]
    [InlineData("monotonic")]
    public void TheProbeThatWasAskedForIsTheOneThatRecorded(string path)
    {
        Recording.OfProgram(_folder, "Hello", [], path: path).Exits(0);

        using JsonDocument document = JsonDocument.Parse(VizTraceCommand.RunIn(_folder.Path, ["info", "Hello.pftrace", "--json"]).Exits(0).Output);
        JsonElement metadata = document.RootElement.GetProperty("metadata");
        // The machine-code probe reads the time-stamp counter only. The suite as a whole may run on a forced probe.
        string expected = path != "default" ? "portable" : Environment.GetEnvironmentVariable("VIZTRACE_PROBE") ?? "stub";
        Assert.Equal(expected, metadata.GetProperty("extra").EnumerateArray().Single(e => e.GetProperty("key").GetString() == "probe").GetProperty("value").GetString());
        Assert.Equal(path == "monotonic" ? "monotonic" : "tsc", metadata.GetProperty("probeClock").GetString());
    }

    [Fact]
    public void ACaptureOfAnotherVersionIsRefused()
    {
        string capture = Keep("Hello");
        string settings = Path.Combine(capture, "settings");
        File.WriteAllText(settings, File.ReadAllText(settings).Replace("version=1\n", "version=77\n", StringComparison.Ordinal));

        CommandResult result = VizTraceCommand.RunIn(_folder.Path, ["convert", capture, "-o", "x.pftrace"]).Exits(65).Says("VZ0005");

        Assert.Contains("77", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["x.pftrace"]));
        Assert.True(Directory.Exists(capture), "what was recorded is kept");
    }

    /// <summary>Records cut off cost the calls that they were of and no other; a piece that the cut goes through is counted.</summary>
    [Theory]
    [InlineData("blocks", 0.0)]
    [InlineData("blocks", 0.5)]
    [InlineData("blocks", 0.999)]
    [InlineData("pool", 0.1)]
    public void ATruncatedCaptureGivesTheCallsThatAreLeft(string file, double part)
    {
        string capture = Keep("Counting", "2", "20");
        string blocks = Inside(capture, "blocks"), pool = Inside(capture, "pool");
        List<int> before = CaptureFiles.BlockRecords(blocks);
        long cutFrom = Cut(Inside(capture, file), length => (long)(length * part));
        List<int> whole = CaptureFiles.BlockRecords(blocks);
        Assert.True(before.Count > 10, $"{before.Count} blocks: too few to prove anything");
        long kept = whole.Sum(r => (long)r) + CaptureFiles.PoolRecords(pool);
        long total = CountingExpectation.Total(2, 20).Values.Sum();
        if (part == 0.999)
            Assert.Equal(before.Count - 1, whole.Count);

        (DecodedTrace trace, long dropped) = ConvertCut(capture);

        // A call has at most two records.
        Assert.InRange(trace.SliceCount, Math.Max(kept / 2, 1), total);
        if (whole.Count == before.Count - 1)
            Assert.InRange(trace.SliceCount, total - before[^1], total);
        // The block that the cut goes through, and of each of the three threads the stretch that is missing before what the pool still holds.
        bool torn = file == "blocks" && cutFrom > 0;
        Assert.InRange(dropped, torn ? 1 : 0, torn ? 4 : 3);
    }

    /// <summary>The last entries of journal and ledger tell of ends: without them every call is still there, under its name and on its thread.</summary>
    [Theory]
    [InlineData("journal")]
    [InlineData("ledger")]
    public void ATornLastEntryCostsNoCall(string file)
    {
        string capture = Keep("Counting", "2", "20");
        Cut(Inside(capture, file), length => length - 3);

        (DecodedTrace trace, long dropped) = ConvertCut(capture);

        Assert.Equal(CountingExpectation.Total(2, 20), trace.Counts());
        Assert.Equal(CountingExpectation.OfThread(1, 20), trace.Thread("counter-1").Counts());
        Assert.Equal(1, dropped);
    }

    /// <summary>Names may be lost with what is cut off, calls are not.</summary>
    [Theory]
    [InlineData("journal", 0.6)]
    [InlineData("ledger", 0.3)]
    public void WithoutHalfOfItsJournalOrLedgerNoCallIsLost(string file, double part)
    {
        string capture = Keep("Counting", "2", "20");
        string path = Inside(capture, file);
        List<int> ends = CaptureFiles.EntryEnds(path);
        long length = Cut(path, l => (long)(l * part));

        (DecodedTrace trace, long dropped) = ConvertCut(capture);

        Assert.Equal(CountingExpectation.Total(2, 20).Values.Sum(), trace.SliceCount);
        Assert.Equal(ends.Contains((int)length) ? 0 : 1, dropped);
        if (file == "ledger")
            Assert.Equal(CountingExpectation.Total(2, 20), trace.Counts());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ACaptureOfGarbageIsRefusedOrReadAndNeverMore(int seed)
    {
        string capture = Keep("Hello");
        var random = new Random(seed);
        foreach (string path in Directory.GetFiles(capture, "*", SearchOption.AllDirectories).Where(p => Path.GetFileName(p) != "settings"))
        {
            var bytes = new byte[new FileInfo(path).Length];
            random.NextBytes(bytes);
            File.WriteAllBytes(path, bytes);
        }

        VizTraceCommand.RunIn(_folder.Path, ["convert", capture, "-o", "x.pftrace"]).Exits(65).Says("VZ0004");
        Assert.False(File.Exists(_folder["x.pftrace"]));
    }

    public void Dispose() => _folder.Dispose();

    private string Keep(string program, params string[] arguments)
    {
        Recording.OfProgram(_folder, program, arguments, ["--keep-capture"]).Exits(0);
        return _folder[program + ".pftrace.capture"];
    }

    private static string Inside(string capture, string file) => Directory.GetFiles(capture, file, SearchOption.AllDirectories).Single();

    /// <summary>Cuts a file; its new length.</summary>
    private static long Cut(string path, Func<long, long> length)
    {
        using FileStream stream = File.OpenWrite(path);
        stream.SetLength(length(stream.Length));
        return stream.Length;
    }

    /// <summary>The trace of a damaged capture, and how many pieces it says were dropped.</summary>
    private (DecodedTrace Trace, long Dropped) ConvertCut(string capture)
    {
        VizTraceCommand.RunIn(_folder.Path, ["convert", capture, "-o", "cut.pftrace"]).Exits(0);
        Assert.Empty(Referee.ImportErrors(_folder["cut.pftrace"]));
        using JsonDocument info = JsonDocument.Parse(VizTraceCommand.RunIn(_folder.Path, ["info", "cut.pftrace", "--json"]).Exits(0).Output);
        return (DecodedTrace.Read(_folder["cut.pftrace"]), info.RootElement.GetProperty("droppedPieces").GetInt64());
    }

    private static string[] Lines(DecodedTrace trace) =>
    [
        .. trace.Threads.OrderBy(t => t.Tid).SelectMany(t => t.Slices.Select(s => $"{t.Tid} {t.Name} {s.Depth} {s.Name} {s.BeginNs} {s.EndNs}")),
    ];
}
