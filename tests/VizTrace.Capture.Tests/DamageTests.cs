using VizTrace.Model;
using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

/// <summary>Captures cut off or scribbled on: never anything but a <see cref="TraceException"/>, and what is sound is kept.</summary>
public sealed class DamageTests : IDisposable
{
    private readonly TestCapture _capture = new();
    private readonly TestProcess _process;

    public DamageTests()
    {
        _process = _capture.AddProcess().Usual("App.Main", "App.Work").Pool();
        _process.Journal(5, 1u, 101ul, 2_000ul, 77ul, 1u, "app").Journal(8, 77ul, 101ul, 2_001ul, 1u).Journal(9, 77ul, 2_002ul, 1u, "name");
        _process.Ledger(35, 1_000ul, 1_000ul, 5u, 6_000ul, 7_000ul).Ledger(32, 101ul, 1ul, 1_500ul, "os name").Ledger(36, 9_000ul, 0u, 3u);
        _process.Block(new TestChunk(1), [In(2_010, 1), In(2_020, 2), Out(2_030, 2)]);
        _process.Block(new TestChunk(1, 1) { StartTicks = 3_000, StartNs = 3_000 }, [In(3_010, 2), Out(3_020, 2)]);
        _process.Chunk(1, new TestChunk(1, 2) { StartTicks = 4_000, StartNs = 4_000 }, In(4_010, 2), Out(4_020, 2), Out(4_030, 1));
        _process.Save();
    }

    public void Dispose() => _capture.Dispose();

    private string PathOf(string file) => Path.Combine(_process.Directory, file);

    /// <summary>Reads with each of <paramref name="damaged"/> in place of a file; null for the expected exceptions.</summary>
    private IEnumerable<(int Index, Trace? Trace)> ReadEach(string file, IEnumerable<byte[]> damaged)
    {
        foreach ((int index, byte[] bytes) in damaged.Index())
        {
            File.WriteAllBytes(PathOf(file), bytes);
            Trace? trace = null;
            try
            {
                trace = _capture.Read();
            }
            catch (TraceException e)
            {
                Assert.Contains(PathOf(file), e.Message, StringComparison.Ordinal);
            }

            yield return (index, trace);
        }
    }

    private static IEnumerable<byte[]> EveryCut(byte[] whole) => Enumerable.Range(0, whole.Length + 1).Select(length => whole[..length]);

    [Fact]
    public void BlocksCutAnywhereKeepTheWholeOnes()
    {
        byte[] whole = File.ReadAllBytes(PathOf("blocks"));
        int second = 112 + 24;
        foreach ((int length, Trace? trace) in ReadEach("blocks", EveryCut(whole)))
        {
            Assert.NotNull(trace);
            bool torn = length != 0 && length != second && length != whole.Length;
            string[] edges = trace.Edges();
            if (length < second)
            {
                // Only the pool is left: the leave of Main belongs to no call that is known.
                Assert.Equal(["+ App.Work 4010", "- App.Work 4020"], edges);
                Assert.Equal(torn ? 2 : 1, trace.Summary.DroppedPieces);
                continue;
            }

            Assert.Equal(["+ App.Main 2010", "+ App.Work 2020", "- App.Work 2030"], edges[..3]);
            Assert.Equal("- App.Main 4030", edges[^1]);
            Assert.Equal(torn ? 1 : 0, trace.Summary.DroppedPieces);
            Assert.Equal(length == whole.Length ? 8 : 6, edges.Length);
            Assert.Equal(length == whole.Length ? 0 : 1, trace.Losses.Count);
        }
    }

    [Fact]
    public void AJournalCutAnywhereKeepsItsWholeEntriesAndAllRecords()
    {
        byte[] whole = File.ReadAllBytes(PathOf("journal"));
        var ends = new List<int> { 0 };
        while (ends[^1] < whole.Length)
            ends.Add(ends[^1] + 12 + BitConverter.ToInt32(whole, ends[^1]));
        foreach ((int length, Trace? trace) in ReadEach("journal", EveryCut(whole)))
        {
            Assert.NotNull(trace);
            int entries = ends.Count(e => e != 0 && e <= length);
            Assert.Equal(ends.Contains(length) ? 0 : 1, trace.Summary.DroppedPieces);
            Assert.Equal(8, trace.EdgeCount);
            Assert.Equal(entries >= 3 ? "App.Main" : "(function 1)", trace.Functions[0].Name);
            Assert.Equal(entries >= 7 ? "name" : null, trace.Threads[1].ManagedName ?? trace.Threads.Values.Last().ManagedName);
            Assert.Equal(entries >= 5 ? 101 : 0, trace.Threads.Values.Single(t => t.Calls > 0).OsTid);
        }
    }

    [Fact]
    public void ALedgerCutAnywhereKeepsItsWholeEntriesAndAllRecords()
    {
        byte[] whole = File.ReadAllBytes(PathOf("ledger"));
        foreach ((int length, Trace? trace) in ReadEach("ledger", EveryCut(whole)))
        {
            Assert.NotNull(trace);
            Assert.Equal(8, trace.EdgeCount);
            Assert.Equal(length == whole.Length ? 3 : null, trace.Processes[0].ExitCode);
            Assert.Equal(length < whole.Length, trace.Summary.Remarks.Contains("process 100: its end was not recorded"));
        }
    }

    /// <summary>A disk that was full took a part of an entry, and later ones whole.</summary>
    [Theory]
    [InlineData("journal")]
    [InlineData("ledger")]
    public void AnEntryTornInTheMiddleCostsOnlyItself(string file)
    {
        byte[] whole = File.ReadAllBytes(PathOf(file));
        byte[] torn = TestProcess.Entry(14, 9ul, "somewhere", "a fault that is not told");
        int second = 12 + BitConverter.ToInt32(whole, 0);
        IEnumerable<byte[]> Torn() => Enumerable.Range(1, torn.Length - 1).Select(length => (byte[])[.. whole[..second], .. torn[..length], .. whole[second..]]);
        foreach ((int index, Trace? trace) in ReadEach(file, Torn()))
        {
            Assert.NotNull(trace);
            Assert.Equal(8, trace.EdgeCount);
            Assert.Equal("App.Main", trace.Functions[0].Name);
            Assert.Equal("name", trace.Threads.Values.Single(t => t.Calls > 0).ManagedName);
            Assert.Equal(3, trace.Processes[0].ExitCode);
            Assert.Equal(1, trace.Summary.DroppedPieces);
            Assert.Contains($"{PathOf(file)}: damaged at byte {second}: {index + 1} bytes were passed over", trace.Summary.Remarks);
        }
    }

    [Fact]
    public void APoolCutAnywhereKeepsTheBlocks()
    {
        byte[] whole = File.ReadAllBytes(PathOf("pool"));
        int chunk = TestProcess.ChunkBytes;
        int[] lengths = [.. Enumerable.Range(0, 100), 4_096, 65_536, .. Enumerable.Range(chunk - 2, 100), whole.Length];
        foreach ((int index, Trace? trace) in ReadEach("pool", lengths.Select(l => whole[..l])))
        {
            Assert.NotNull(trace);
            int records = Math.Clamp((lengths[index] - chunk - 64) / 8, 0, 3);
            string[] expected = ["+ App.Main 2010", "+ App.Work 2020", "- App.Work 2030", "+ App.Work 3010", "- App.Work 3020"];
            string[] end = records switch
            {
                0 => ["- App.Main 9000 Unfinished"],
                1 => ["+ App.Work 4010", "- App.Work 9000 Unfinished", "- App.Main 9000 Unfinished"],
                2 => ["+ App.Work 4010", "- App.Work 4020", "- App.Main 9000 Unfinished"],
                _ => ["+ App.Work 4010", "- App.Work 4020", "- App.Main 4030"],
            };
            Assert.Equal([.. expected, .. end], trace.Edges());
        }
    }

    [Fact]
    public void ADamagedHeadTakesOnlyItsOwnBlock()
    {
        byte[] whole = File.ReadAllBytes(PathOf("blocks"));
        const int second = 112 + 24;
        for (int at = 0; at < 108; at++)
        {
            byte[] bytes = [.. whole];
            bytes[at] ^= 0x40;
            File.WriteAllBytes(PathOf("blocks"), bytes);
            Trace trace = _capture.Read();
            Assert.Equal(["+ App.Work 3010", "- App.Work 3020", "+ App.Work 4010", "- App.Work 4020"], trace.Edges());
            Assert.Contains($"{PathOf("blocks")}: {second} bytes from byte 0 on are no whole block and were dropped", trace.Summary.Remarks);
        }
    }

    [Fact]
    public void BytesMissingFromTheMiddleOfABlockTakeOnlyThatBlock()
    {
        byte[] whole = File.ReadAllBytes(PathOf("blocks"));
        File.WriteAllBytes(PathOf("blocks"), [.. whole[..120], .. whole[128..]]);
        Trace trace = _capture.Read();
        Assert.Equal(["+ App.Work 3010", "- App.Work 3020", "+ App.Work 4010", "- App.Work 4020"], trace.Edges());
        Assert.Contains("1 damaged blocks of records were dropped", trace.Summary.Remarks);
    }

    [Theory]
    [InlineData("blocks", 150)]
    [InlineData("journal", 150)]
    [InlineData("ledger", 100)]
    [InlineData("pool", 100)]
    public void RandomDamageNeverThrowsAnythingElse(string file, int rounds)
    {
        byte[] whole = File.ReadAllBytes(PathOf(file));
        var random = new Random(20_260_726);
        int[] places = file == "pool" ? [.. Enumerable.Range(0, 80), .. Enumerable.Range(TestProcess.ChunkBytes, 100)] : [.. Enumerable.Range(0, whole.Length)];
        IEnumerable<byte[]> Scribbled()
        {
            for (int round = 0; round < rounds; round++)
            {
                byte[] bytes = [.. whole];
                for (int i = random.Next(1, 8); i > 0; i--)
                    bytes[places[random.Next(places.Length)]] = (byte)(random.Next(4) switch { 0 => 0, 1 => 255, _ => random.Next(256) });
                yield return bytes;
            }
        }

        Assert.Equal(rounds, ReadEach(file, Scribbled()).Count());
    }
}
