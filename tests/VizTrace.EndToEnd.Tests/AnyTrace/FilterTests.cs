using System.Globalization;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;
using VizTrace.Tests;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// <c>viztrace filter</c> as a user has it, on recordings of ours: what goes is gone, what stays is as it was, and the trace says what went.
/// Perfetto's trace processor and our tests' own decoders are the judges.
/// </summary>
[Trait("Records", "nothing")]
public sealed class FilterTests(SharedRecordings recordings) : IClassFixture<SharedRecordings>, IDisposable
{
    private const string SlicesByThread =
        "select thread.name, slice.name, slice.ts, slice.dur, slice.depth from slice join thread_track on slice.track_id = thread_track.id "
        + "join thread using (utid) where slice.category is not 'viztrace' order by 1, 3, 5, 2";

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(".pftrace", ".pftrace")]
    [InlineData(".json", ".json")]
    [InlineData(".json.gz", ".json")]
    [InlineData(".json", ".json.gz")]
    [InlineData(".pftrace", ".json")]
    [InlineData(".json", ".pftrace")]
    public void ADroppedThreadIsGoneAndTheOthersAreAsTheyWere(string from, string to)
    {
        Recording recording = Record(from);
        string output = _folder["out" + to];

        VizTraceCommand.Run("filter", recording.File, "-o", output, "--drop-thread", "Monitor*").Exits(0);

        Dictionary<string, string[][]> before = Slices(recording.File), after = Slices(output);
        Assert.Contains("Monitor", before.Keys);
        Assert.Equal(before.Keys.Where(n => !n.StartsWith("Monitor", StringComparison.Ordinal)).Order(StringComparer.Ordinal), after.Keys.Order(StringComparer.Ordinal));
        foreach ((string thread, string[][] slices) in after)
            Assert.Equal(before[thread], slices);
        Assert.Equal("0", Referee.Query(output, "select count(*) from thread where name glob 'Monitor*'")[0][0]);
    }

    [Theory]
    [InlineData(".pftrace")]
    [InlineData(".json")]
    public void TheTraceSaysWhatWentAndInfoPrintsIt(string ending)
    {
        Recording recording = Record(ending);
        string output = _folder["out" + ending];
        long monitor = DecodedTrace.Read(recording.File).Threads.Where(t => t.Name?.StartsWith("Monitor", StringComparison.Ordinal) == true).Sum(t => t.Counts().Values.Sum());

        CommandResult dry = VizTraceCommand.Run("filter", recording.File, "--dry-run", "--drop-thread", "Monitor*").Exits(0);
        VizTraceCommand.Run("filter", recording.File, "-o", output, "--drop-thread", "Monitor*").Exits(0);
        CommandResult info = VizTraceCommand.Run("info", output).Exits(0);

        string row = Row(dry.OutputLines, "--drop-thread 'Monitor*'");
        Assert.StartsWith(monitor.ToString("N0", CultureInfo.InvariantCulture) + " ", row.TrimStart(), StringComparison.Ordinal);
        Assert.Equal(row, Row(info.OutputLines, "--drop-thread 'Monitor*'"));
        Assert.Contains(info.OutputLines, l => l == "taken out by viztrace filter --drop-thread 'Monitor*'");
    }

    [Fact]
    public void TheInputMayBeTheOutputAndAFileMayHoldTheFilters()
    {
        string trace = _folder["t.pftrace"];
        File.Copy(Record(".pftrace").File, trace);
        File.WriteAllText(_folder["quiet.txt"], "# what nobody wants\n--drop-thread Monitor*\n\n--hide-function '*.Step'\n");

        VizTraceCommand.RunIn(_folder.Path, ["filter", "t.pftrace", "-o", "t.pftrace", "@quiet.txt"]).Exits(0);

        DecodedTrace after = DecodedTrace.Read(trace);
        Assert.DoesNotContain(after.Threads, t => t.Name?.StartsWith("Monitor", StringComparison.Ordinal) == true);
        Assert.DoesNotContain(after.Counts().Keys, n => n.EndsWith(".Step", StringComparison.Ordinal));
        Assert.Equal(["quiet.txt", "t.pftrace"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("VZ0007", "--min-duration", "5 lightyears")]
    [InlineData("VZ0007", "--where", "duration >")]
    [InlineData("VZ0007", "--max-depth", "none")]
    [InlineData("VZ0007", "--time", "2s..1s")]
    [InlineData("VZ0007", "--drop-thread", "role:cook")]
    public void AMalformedFilterIsOneLineAndNothingIsWritten(string error, string option, string value)
    {
        VizTraceCommand.RunIn(_folder.Path, ["filter", Record(".pftrace").File, "-o", "x.pftrace", option, value]).Exits(64).Says(error);

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(".pftrace")]
    [InlineData(".json")]
    public void ACutInputGivesWhatCameBeforeAndItsOwnExitCode(string ending)
    {
        string plain = _folder["plain" + ending];
        VizTraceCommand.Run("convert", Record(ending).File, "-o", plain, "--no-compress").Exits(0);
        byte[] whole = File.ReadAllBytes(plain);
        File.WriteAllBytes(_folder["cut" + ending], whole[..CutInsideAnEvent(whole)]);

        CommandResult result = VizTraceCommand.RunIn(_folder.Path, ["filter", "cut" + ending, "-o", "out" + ending, "--min-duration", "1ns"]).Exits(3);

        Assert.Contains("byte", result.Error, StringComparison.Ordinal);
        long before = Count(plain), after = Count(_folder["out" + ending]);
        Assert.InRange(after, before / 4, before * 3 / 4);

        // An array may end without its bracket, and packets may end anywhere between two: neither is damage.
        static int CutInsideAnEvent(byte[] bytes)
        {
            int half = bytes.Length / 2;
            if (bytes[0] == '{')
                return half + bytes.AsSpan(half).IndexOf("\"ph\""u8) + 2;
            int at = 0;
            while (at < half)
            {
                int length = 0, shift = 0, i = at + 1;
                do
                    length |= (bytes[i] & 0x7F) << shift;
                while (bytes[i++] >= 0x80 && (shift += 7) < 35);
                at = i + length;
            }

            return at + 3;
        }

        static long Count(string path) => long.Parse(Referee.Query(path, "select count(*) from slice where category is not 'viztrace'")[0][0]!, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void ShrinkComesBelowTheSizeAndKeepsEveryThread()
    {
        Recording recording = Record(".json");
        string output = _folder["small.json"];
        long limit = new FileInfo(recording.File).Length / 10;

        CommandResult result = VizTraceCommand.Run("shrink", recording.File, "-o", output, "--max-size", limit.ToString(CultureInfo.InvariantCulture)).Exits(0);

        Assert.InRange(new FileInfo(output).Length, 1, limit);
        Assert.Equal(Slices(recording.File).Keys.Order(StringComparer.Ordinal), Slices(output).Keys.Order(StringComparer.Ordinal));
        Assert.Contains("left: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ATimeAroundANameIsThreeWordsOrOne()
    {
        string trace = Record(".pftrace").File;

        CommandResult words = VizTraceCommand.Run("filter", trace, "--dry-run", "--time", "around", "*.Step", "1us").Exits(0);
        CommandResult one = VizTraceCommand.Run("filter", trace, "--dry-run", "--time", "around '*.Step' 1us").Exits(0);

        Assert.Equal(one.Output, words.Output);
        Assert.Contains("around", one.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoTracesMakeOneWithTheRowsOfBoth()
    {
        string output = _folder["both.pftrace"];
        string one = Record(".pftrace").File, two = Record(".json").File;

        VizTraceCommand.Run("merge", one, two, "-o", output).Exits(0);

        string[][] Count(string path) => Referee.Query(path, "select thread.name, count(*) from slice join thread_track on slice.track_id = thread_track.id join thread using (utid) where slice.category is not 'viztrace' and thread.name is not null group by 1 order by 1")!;
        Dictionary<string, long> sum = [];
        foreach (string[] row in (string[][])[.. Count(one), .. Count(two)])
            sum[row[0]] = sum.GetValueOrDefault(row[0]) + long.Parse(row[1], CultureInfo.InvariantCulture);
        Assert.Equal(sum, Count(output).ToDictionary(r => r[0], r => long.Parse(r[1], CultureInfo.InvariantCulture)));
    }

    public void Dispose() => _folder.Dispose();

    private Recording Record(string ending) => recordings.OfProgram("Ignoring", ["threads"], ending: ending);

    /// <summary>Slices of each thread that has a name: name, start since the first of the thread Kept, duration, depth. JSON counts from the start of the trace.</summary>
    private static Dictionary<string, string[][]> Slices(string path)
    {
        string?[][] rows = Referee.Query(path, SlicesByThread);
        long start = long.Parse(rows.First(r => r[0] == "Kept")[2]!, CultureInfo.InvariantCulture);
        return rows.Where(r => r[0] is not null).GroupBy(r => r[0]!).ToDictionary(
            g => g.Key,
            g => g.Select(r => new[] { r[1]!, (long.Parse(r[2]!, CultureInfo.InvariantCulture) - start).ToString(CultureInfo.InvariantCulture), r[3]!, r[4]! }).ToArray());
    }

    private static string Row(string[] lines, string filter) => lines.Single(l => l.EndsWith(filter, StringComparison.Ordinal) && !l.StartsWith("taken", StringComparison.Ordinal));
}
