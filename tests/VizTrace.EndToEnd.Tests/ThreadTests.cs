using System.Globalization;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>One stable row for every thread: ids, names, renames, role; also for threads that recorded nothing, and when ids come back.</summary>
public sealed class ThreadTests(SharedRecordings shared) : IClassFixture<SharedRecordings>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> PathsAndFormats
    {
        get
        {
            (string Path, string Ending)[] all = [("default", ".pftrace"), ("default", ".json"), ("portable", ".pftrace"), ("monotonic", ".json")];
            var rows = new TheoryData<string, string>();
            foreach ((string path, string ending) in all.Where(r => ProbePath.Names.Contains(r.Path)))
                rows.Add(path, ending);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(PathsAndFormats))]
    public void EveryThreadHasARowWithItsIdsAndNames(string path, string ending)
    {
        Recording recording = shared.OfProgram("Threads", ["0"], path, ending);
        Dictionary<string, (long Tid, string ManagedId)> said = Said(recording.Result);

        AssertRow("named-before", "named-before", "User");
        AssertRow("named-after", "named-after", "User");
        AssertRow("renamed", "last-name", "User");
        AssertRow("long", "a name that is longer than fifteen bytes ✓", "User");
        AssertRow("unnamed", null, "User");
        AssertRow("main", null, "Main");
        AssertRow("pool", null, "Pool");
        AssertRow("timer", null, "Pool");

        void AssertRow(string kind, string? name, string role)
        {
            (long tid, string managedId) = said[kind];
            DecodedThread[] rows = [.. recording.Trace.Threads.Where(t => t.Tid == tid)];
            DecodedThread row = Assert.Single(rows);
            Assert.Equal(managedId, row.Args["managed_id"]);
            Assert.Equal(role, row.Args["role"], ignoreCase: true);
            if (name is not null)
                Assert.Equal(name, row.Name);
            else
                Assert.NotEmpty(row.Name);
            Assert.NotEmpty(row.Slices);
        }
    }

    [Fact]
    public void EarlierNamesAreKept()
    {
        Recording recording = shared.OfProgram("Threads", ["0"]);

        Assert.Contains("first-name", recording.Trace.Thread("last-name").Args["earlier_names"], StringComparison.Ordinal);
        Assert.Contains("second-name", recording.Trace.Thread("last-name").Args["earlier_names"], StringComparison.Ordinal);
        Assert.Contains("outside-1", recording.Trace.Thread("outside-2").Args["earlier_names"], StringComparison.Ordinal);
    }

    [Fact]
    public void AThreadThatNeverRanARecordedCallIsARowToo()
    {
        Recording recording = shared.OfProgram("Threads", ["0"]);

        Assert.Empty(recording.Trace.Thread("silent").Slices);
        Assert.Contains(recording.Trace.Threads, t => t.Args.GetValueOrDefault("role", "").Equals("Finalizer", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// 3,000 threads, one after another, in a process-id space of 400: every id comes back many times. Where no such space can be made
    /// the threads are as many as the machine has ids, if those are few.
    /// </summary>
    [Fact]
    public void AThreadIdThatComesBackGetsARowOfItsOwn()
    {
        string? whyNotSmall = PidSpace.WhyNotSmall();
        int threads = whyNotSmall is null ? 3000 : PidSpace.OuterMax() + 1000;
        Assert.True(whyNotSmall is null || PidSpace.OuterMax() <= 65536,
            $"no small space of process ids ({whyNotSmall}), and too many ids to use up: {PidSpace.OuterMax()}");
        string[] run = ["run", "-o", "short.pftrace", "--include", "Threads.Program.Short", "--", "dotnet", Repository.Program("Threads"), $"{threads}"];
        CommandResult result = whyNotSmall is null
            ? PidSpace.Run(400, [VizTraceCommand.Path, .. run], _folder.Path)
            : VizTraceCommand.RunIn(_folder.Path, run);
        result.Exits(0);

        DecodedTrace trace = DecodedTrace.Read(_folder["short.pftrace"]);
        DecodedThread[] rows = [.. trace.Threads.Where(t => t.Slices.Count > 0)];
        Assert.Equal(threads, rows.Length);
        Assert.All(rows, row => Assert.Equal("Threads.Program.Short", Assert.Single(row.Slices).Name));
        Assert.True(rows.Select(r => r.Tid).Distinct().Count() < threads, "no id came back: the test proves nothing");
        Assert.Equal(threads, rows.Select(r => r.Args["managed_id"] + " " + r.Slices[0].BeginNs.ToString(CultureInfo.InvariantCulture)).Distinct().Count());
    }

    public void Dispose() => _folder.Dispose();

    private static Dictionary<string, (long Tid, string ManagedId)> Said(CommandResult result) =>
        result.OutputLines.Where(l => l.StartsWith("thread ", StringComparison.Ordinal)).Select(l => l.Split(' ')).DistinctBy(w => w[1])
            .ToDictionary(w => w[1], w => (long.Parse(w[2], CultureInfo.InvariantCulture), w[3]));
}
