using System.Globalization;
using System.Text.Json;
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
        Dictionary<string, SaidThread> said = Said(recording.Result);
        using JsonDocument info = Info(recording.File);
        long errorNs = ClockErrorNs(info);

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
            SaidThread thread = said[kind];
            DecodedThread row = Assert.Single(recording.Trace.Threads, t => t.Tid == thread.Tid);
            Assert.Equal(thread.ManagedId, row.Args["managed_id"]);
            Assert.Equal(role, row.Args["role"], ignoreCase: true);
            Assert.Equal(thread.Comm, row.Args["os_name"]);
            if (name is not null)
                Assert.Equal(name, row.Name);
            else
                Assert.NotEmpty(row.Name);
            Assert.NotEmpty(row.Slices);
            // It lived while it said so. Those that the program itself ended have both ends.
            long? startNs = Time(row, "start_ns"), endNs = Time(row, "end_ns");
            Assert.True(startNs <= thread.FirstNs + errorNs || (startNs is null && role == "Main"), $"{kind} began at {startNs}, and was there at {thread.FirstNs}");
            Assert.True(endNs >= thread.LastNs - errorNs || (endNs is null && role != "User"), $"{kind} ended at {endNs}, and was there at {thread.LastNs}");
        }
    }

    /// <summary>Each name is noted when it was given: between two readings of the clock that the program made round it.</summary>
    [Theory]
    [InlineData(".pftrace")]
    [InlineData(".json")]
    public void RenamesHaveTheirTimes(string ending)
    {
        Recording recording = shared.OfProgram("Threads", ["0"], ending: ending);
        using JsonDocument info = Info(recording.File);
        long errorNs = ClockErrorNs(info);
        string[] renames = Assert.Single(recording.Result.OutputLines, l => l.StartsWith("renamed second-name ", StringComparison.Ordinal)).Split(' ');

        JsonElement row = Assert.Single(info.RootElement.GetProperty("threads").EnumerateArray(), t => t.GetProperty("name").GetString() == "last-name");
        JsonElement[] earlier = [.. row.GetProperty("earlierNames").EnumerateArray()];
        Assert.Equal(["first-name", "second-name"], earlier.Select(e => e.GetProperty("name").GetString()));
        Assert.InRange(
            earlier[1].GetProperty("timeNs").GetInt64(),
            long.Parse(renames[2], CultureInfo.InvariantCulture) - errorNs, long.Parse(renames[3], CultureInfo.InvariantCulture) + errorNs);
    }

    [Fact]
    public void TheRuntimesOwnThreadsHaveTheirRoles()
    {
        Recording recording = Recording.OfProgram(_folder, "Threads", ["0", "roles"]).Exits(0);

        Assert.DoesNotContain(recording.Result.OutputLines, l => l.StartsWith("missing ", StringComparison.Ordinal));
        foreach (string role in (string[])["Main", "Finalizer", "Timer", "Gc", "Tiering", "Signal"])
            Assert.True(recording.Trace.Threads.Count(t => t.Args.GetValueOrDefault("role", "").Equals(role, StringComparison.OrdinalIgnoreCase)) == 1, $"not one thread of role {role}");
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

    private static long? Time(DecodedThread row, string key) =>
        row.Args.TryGetValue(key, out string? text) && text.Length > 0 ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    private static JsonDocument Info(string file) => JsonDocument.Parse(VizTraceCommand.Run("info", file, "--json").Exits(0).Output);

    /// <summary>As the trace states it, and one more for rounding to nanoseconds.</summary>
    private static long ClockErrorNs(JsonDocument info) => info.RootElement.GetProperty("metadata").GetProperty("clockErrorNs").GetInt64() + 1;

    private static Dictionary<string, SaidThread> Said(CommandResult result) =>
        result.OutputLines.Where(l => l.StartsWith("thread ", StringComparison.Ordinal)).Select(l => l.Split(' ', 7)).DistinctBy(w => w[1])
            .ToDictionary(w => w[1], w => new SaidThread(
                long.Parse(w[2], CultureInfo.InvariantCulture), w[3], long.Parse(w[4], CultureInfo.InvariantCulture), long.Parse(w[5], CultureInfo.InvariantCulture), w[6]));

    /// <summary>What a thread of the program said of itself.</summary>
    private sealed record SaidThread(long Tid, string ManagedId, long FirstNs, long LastNs, string Comm);
}
