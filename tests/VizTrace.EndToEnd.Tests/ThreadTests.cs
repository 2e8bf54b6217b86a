using System.Globalization;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>One stable row for every thread: ids, names, renames, role; also for threads that recorded nothing, and when ids come back.</summary>
public sealed class ThreadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> PathsAndFormats => new()
    {
        { "default", ".pftrace" },
        { "default", ".json" },
        { "portable", ".pftrace" },
        { "monotonic", ".json" },
    };

    [Theory]
    [MemberData(nameof(PathsAndFormats))]
    public void EveryThreadHasARowWithItsIdsAndNames(string path, string ending)
    {
        Recording recording = Recording.OfProgram(_folder, "Threads", ["0"], path: path, ending: ending).Exits(0);
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
        Recording recording = Recording.OfProgram(_folder, "Threads", ["0"]).Exits(0);

        Assert.Contains("first-name", recording.Trace.Thread("last-name").Args["earlier_names"], StringComparison.Ordinal);
        Assert.Contains("second-name", recording.Trace.Thread("last-name").Args["earlier_names"], StringComparison.Ordinal);
        Assert.Contains("outside-1", recording.Trace.Thread("outside-2").Args["earlier_names"], StringComparison.Ordinal);
    }

    [Fact]
    public void AThreadThatNeverRanARecordedCallIsARowToo()
    {
        Recording recording = Recording.OfProgram(_folder, "Threads", ["0"]).Exits(0);

        Assert.Empty(recording.Trace.Thread("silent").Slices);
        Assert.Contains(recording.Trace.Threads, t => t.Args.GetValueOrDefault("role", "").Equals("Finalizer", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// 3,000 threads, one after another, in a process-id space of 400: every id comes back many times. Where no such space can be made
    /// the threads are as many as the machine has ids.
    /// </summary>
    [Fact]
    public void AThreadIdThatComesBackGetsARowOfItsOwn()
    {
        bool small = ChildProcess.Run("unshare", ["-pf", "--mount-proc", "sh", "-c", "echo 400 > /proc/sys/kernel/pid_max"]).ExitCode == 0;
        int threads = small ? 3000 : int.Parse(File.ReadAllText("/proc/sys/kernel/pid_max"), CultureInfo.InvariantCulture) + 1000;
        string[] run = ["run", "-o", "short.pftrace", "--include", "Threads.Program.Short", "--", "dotnet", Repository.Program("Threads"), $"{threads}"];
        CommandResult result = small
            ? ChildProcess.Run("unshare", ["-pf", "--mount-proc", "sh", "-c", "echo 400 > /proc/sys/kernel/pid_max && exec \"$@\"", "sh", VizTraceCommand.Path, .. run], _folder.Path)
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
