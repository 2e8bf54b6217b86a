using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>The numbers in a trace equal what the program did: per function and thread, on every probe, in every format.</summary>
public sealed class CountingTests(SharedRecordings shared) : IClassFixture<SharedRecordings>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> PathsAndFormats
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string path in ProbePath.Names)
            {
                rows.Add(path, ".pftrace");
                rows.Add(path, ".json");
            }

            rows.Add("default", ".json.gz");
            rows.Add("default", ".perfetto-trace");
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(PathsAndFormats))]
    public void EveryCallOfEveryThreadIsThereOnce(string path, string ending)
    {
        Recording recording = shared.OfProgram("Counting", ["3", "2"], path, ending);

        Assert.Equal("sum 5422\n", recording.Result.Output);
        AssertCounts(recording.Trace, 3, 2);
    }

    [Fact]
    public void HotLoopsThatAreCompiledAgainAndReplacedOnTheStackLoseNothing()
    {
        Recording recording = Recording.OfProgram(_folder, "Counting", ["2", "40"]).Exits(0);

        AssertCounts(recording.Trace, 2, 40);
    }

    [Theory]
    [MemberData(nameof(ProbePath.All), MemberType = typeof(ProbePath))]
    public void PerfettosOwnTraceProcessorCountsTheSame(string path)
    {
        Recording recording = shared.OfProgram("Counting", ["3", "2"], path);

        AssertReferee(recording.File, 3, 2);
    }

    [Fact]
    public void PerfettosOwnTraceProcessorCountsTheSameInJson()
    {
        Recording recording = shared.OfProgram("Counting", ["3", "2"], ending: ".json");

        AssertReferee(recording.File, 3, 2);
    }

    [Fact]
    public void UncompressedPacketsSayTheSame()
    {
        Recording recording = Recording.OfProgram(_folder, "Counting", ["2", "1"], ["--no-compress"]).Exits(0);

        AssertCounts(recording.Trace, 2, 1);
        Recording compressed = shared.OfProgram("Counting", ["2", "1"]);
        Assert.True(new FileInfo(compressed.File).Length < new FileInfo(recording.File).Length);
    }

    [Fact]
    public void ReadyToRunCodeIsRecordedToo()
    {
        string program = PublishedPrograms.ReadyToRun;
        Recording recording = Recording.Of(_folder, ["dotnet", program, "2", "1"]).Exits(0);

        AssertCounts(recording.Trace, 2, 1);
    }

    [Fact]
    public void MaxDepthKeepsTheOutermostCallsOnly()
    {
        Recording recording = Recording.OfProgram(_folder, "Counting", ["2", "1"], ["--max-depth", "4"]).Exits(0);

        // Run 1 > Round 2 > Walk(6) 3 > Walk(5) 4: one and two of its 127 calls a round; Leaf is deeper.
        SortedDictionary<string, long> worker = recording.Trace.Thread("counter-1").Counts();
        Assert.Equal(4, recording.Trace.Thread("counter-1").Slices.Max(s => s.Depth));
        Assert.Equal(1, worker["Counting.Worker.Run"]);
        Assert.Equal(2, worker["Counting.Worker.Round"]);
        Assert.Equal(2 * 3, worker["Counting.Tree.Walk"]);
        Assert.False(worker.ContainsKey("Counting.Tree.Leaf"));
        Assert.Equal(2 * 3000, worker["Counting.Hot.AddOne"]);
        Assert.Equal(2 * 3000, worker["Counting.Hot.Forced"]);
        Assert.False(worker.ContainsKey("Counting.Hot.Nested"));
    }

    [Fact]
    public void IncludeRecordsWhatItNamesAndNothingElse()
    {
        Recording recording = Recording.OfProgram(_folder, "Counting", ["2", "1"], ["--include", "Counting.Tree.*", "--include", "counting!Counting.Hot.For?ed"]).Exits(0);

        AssertEqual(Only(CountingExpectation.Total(2, 1), n => n.StartsWith("Counting.Tree.", StringComparison.Ordinal) || n == "Counting.Hot.Forced"),
            recording.Trace.Counts());
    }

    [Theory]
    [InlineData("Counting.dll!*", true)]
    [InlineData("COUNTING.DLL!Counting.*", true)]
    [InlineData("Hello.dll!*", false)]
    public void AModuleIsNamedWithItsEnding(string pattern, bool matches)
    {
        Recording recording = Recording.OfProgram(_folder, "Counting", ["1", "1"], ["--include", pattern, "--include", "Counting.Program.Main"]).Exits(0);

        AssertEqual(Only(CountingExpectation.Total(1, 1), n => matches || n == "Counting.Program.Main"), recording.Trace.Counts());
    }

    [Fact]
    public void ExcludeWinsOverInclude()
    {
        Recording recording = Recording.OfProgram(_folder, "Counting", ["2", "1"], ["--exclude", "Counting.Hot.*", "--exclude", "*.Walk", "--include", "Counting.*"]).Exits(0);

        AssertEqual(Only(CountingExpectation.Total(2, 1), n => !n.StartsWith("Counting.Hot.", StringComparison.Ordinal) && n != "Counting.Tree.Walk"),
            recording.Trace.Counts());
    }

    [Fact]
    public void MillionsOfCallsOnTwoThreadsAreAllThere()
    {
        Recording recording = Recording.OfProgram(_folder, "Fib", ["2", "27", "2"]).Exits(0);

        // fib(27) takes 2 x 317,811 - 1 calls.
        Assert.Equal([1_271_242L, 1_271_242L], recording.Trace.Threads
            .Where(t => t.Name != "Fib" && t.Counts().ContainsKey("Fib.Program.Run.Go")).Select(t => t.Counts()["Fib.Calculator.Fib"]).ToArray());
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertCounts(DecodedTrace trace, int threads, int rounds)
    {
        for (int i = 0; i < threads; i++)
            AssertEqual(CountingExpectation.OfThread(i, rounds), trace.Thread($"counter-{i}").Counts());
        AssertEqual(CountingExpectation.Total(threads, rounds), trace.Counts());
        DecodedThread main = Assert.Single(trace.Threads, t => t.Counts().ContainsKey("Counting.Program.Main"));
        AssertEqual(CountingExpectation.OfMain(threads), main.Counts());
        AssertCallers(trace.Thread("counter-0"));
        Assert.DoesNotContain(trace.Threads, t => t.Slices.Any(s => s.Unfinished));
    }

    /// <summary>Counts may be right and the nesting wrong: who called whom, on every slice.</summary>
    private static void AssertCallers(DecodedThread thread)
    {
        var callers = thread.Slices.Select(s => (s.Name, Caller: s.Parent < 0 ? "" : thread.Slices[s.Parent].Name)).Distinct().ToLookup(p => p.Name, p => p.Caller);
        (string Callee, string[] Callers)[] expected =
        [
            ("Counting.Worker.Run", [""]),
            ("Counting.Worker.Round", ["Counting.Worker.Run"]),
            ("Counting.Tree.Walk", ["Counting.Tree.Walk", "Counting.Worker.Round"]),
            ("Counting.Tree.Leaf", ["Counting.Tree.Walk"]),
            ("Counting.Hot.Nested", ["Counting.Hot.Forced"]),
            ("Counting.Hot.Forced", ["Counting.Hot.Loop"]),
            ("Counting.Shape..ctor", ["Counting.Circle..ctor", "Counting.Square..ctor"]),
            ("Counting.Cell.get_Value", ["Counting.Cell.get_Doubled", "Counting.Members.Run"]),
            ("Counting.Point..ctor", ["Counting.Members.Run", "Counting.Point.op_Addition"]),
        ];
        foreach ((string callee, string[] names) in expected)
            Assert.Equal(names, callers[callee].Order(StringComparer.Ordinal));
    }

    private static void AssertReferee(string file, int threads, int rounds)
    {
        var expected = new List<string>();
        for (int i = 0; i < threads; i++)
            expected.AddRange(CountingExpectation.OfThread(i, rounds).Select(p => $"counter-{i} {p.Key} {p.Value}"));
        string?[][][] answers = Referee.Query(
            file,
            """
            select thread.name, slice.name, count(*) from slice join thread_track on slice.track_id = thread_track.id
            join thread using (utid) where thread.name like 'counter-%' group by 1, 2
            """,
            "select count(*) from slice join thread_track on slice.track_id = thread_track.id where dur >= 0");

        Assert.Equal(expected.Order(StringComparer.Ordinal), answers[0].Select(r => string.Join(' ', r)).Order(StringComparer.Ordinal));
        Assert.Equal($"{CountingExpectation.Total(threads, rounds).Values.Sum()}", answers[1][0][0]);
    }

    private static SortedDictionary<string, long> Only(SortedDictionary<string, long> counts, Func<string, bool> keep) =>
        new(counts.Where(p => keep(p.Key)).ToDictionary(), StringComparer.Ordinal);

    private static void AssertEqual(SortedDictionary<string, long> expected, SortedDictionary<string, long> actual) =>
        Assert.Equal(expected.Select(p => $"{p.Key} {p.Value}"), actual.Select(p => $"{p.Key} {p.Value}"));
}
