using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Processes that the command starts: one after the other, and where the recorder cannot see them.</summary>
public sealed class ManyProcessTests : IDisposable
{
    private const int Processes = 40;

    /// <summary>A pool of two living processes at most, and of the ended ones the head.</summary>
    private const long MostPoolBytes = (2 * (32L << 20)) + (Processes * (128L << 10));

    private readonly TemporaryFolder _folder = new();

    /// <summary>Its number there is one that somebody else has here, or most likely nobody.</summary>
    [Theory]
    [InlineData("exec")]
    [InlineData("echo 31998 > /proc/sys/kernel/ns_last_pid;")]
    public void ProcessesOfAnotherPidNamespaceAreRecordedToTheirEnd(string before)
    {
        string user = Environment.IsPrivilegedProcess ? "-pf" : "-rpf";
        Recording recording = Recording.Of(
            _folder, ["unshare", user, "--mount-proc", "sh", "-c", before + " \"$@\"; exit $?", "sh", "dotnet", Repository.Program("Counting"), "2", "20"]).Exits(0);

        Assert.Equal(CountingExpectation.Total(2, 20), recording.Trace.Counts());
        Assert.DoesNotContain("lost", recording.Result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatEndedProcessesTookIsGivenBackWhileTheCommandGoesOn()
    {
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, [
            "run", "-o", "many.pftrace", "--capture-dir", "capture", "--", "sh", "-c",
            $"for i in $(seq {Processes}); do dotnet \"$0\" 1 1 || exit 1; done; echo done; sleep 1", Repository.Program("Counting")]);
        long mostBytes = 0;
        int mostDescriptors = 0;
        while (true)
        {
            long bytes = PoolBytes();
            int descriptors = Directory.GetFileSystemEntries($"/proc/{recorder.Id}/fd").Length;
            // Afterwards it converts, with all files open.
            if (recorder.OutputSoFar.Contains("done", StringComparison.Ordinal))
                break;
            (mostBytes, mostDescriptors) = (Math.Max(mostBytes, bytes), Math.Max(mostDescriptors, descriptors));
            Thread.Sleep(3);
        }

        recorder.Wait().Exits(0);
        Assert.InRange(mostBytes, 1, MostPoolBytes);
        Assert.InRange(mostDescriptors, 1, 60);
        DecodedTrace trace = DecodedTrace.Read(_folder["many.pftrace"]);
        IGrouping<long, DecodedThread>[] processes = [.. trace.Threads.Where(t => t.Slices.Count > 0).GroupBy(t => t.Process)];
        Assert.Equal(Processes, processes.Length);
        foreach (IGrouping<long, DecodedThread> process in processes)
        {
            var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach ((string name, long count) in process.SelectMany(t => t.Counts()))
                counts[name] = counts.GetValueOrDefault(name) + count;
            Assert.Equal(CountingExpectation.Total(1, 1), counts);
        }
    }

    public void Dispose() => _folder.Dispose();

    private long PoolBytes()
    {
        string capture = _folder["capture"];
        long bytes = 0;
        foreach (string process in Directory.Exists(capture) ? Directory.GetDirectories(capture) : [])
        {
            var link = new FileInfo(Path.Combine(process, "pool"));
            if (link.LinkTarget is { } pool && File.Exists(pool))
                bytes += new FileInfo(pool).Length;
        }

        return bytes;
    }
}
