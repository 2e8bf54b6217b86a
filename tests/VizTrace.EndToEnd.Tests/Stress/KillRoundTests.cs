using System.Diagnostics;
using System.Globalization;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>
/// <c>kill -9</c> at random moments, of a busy program or of its recorder, again and again: each time the capture becomes a trace, its slices
/// nest, and every call that had ended 10 ms before the program did is in it. Some rounds here; <c>tests/stress/kill.sh</c> does as many as it
/// is told to.
/// </summary>
public sealed class KillRoundTests : IDisposable
{
    private const int KillSignal = 9;
    private const long TenMs = 10_000_000;
    private const int RoundsInTests = 3;

    /// <summary>How long the program goes on when nobody kills it, and until when a kill comes: some come while the trace is being written.</summary>
    private const int LivesMs = 300, LastKillMs = 450;

    /// <summary>How long a program may go on without its recorder before it is killed, too.</summary>
    private const int LastBreathMs = 250;

    /// <summary>
    /// Calls of each thread of a program that is left alone: those of all, and a chunk for each short thread, have room in the pool as it is at
    /// first, when no recorder is there to make it larger.
    /// </summary>
    private const int MostAlone = 90_000;

    private readonly TemporaryFolder _folder = new();
    private readonly int _seed = Number("VIZTRACE_KILL_SEED") ?? Random.Shared.Next();
    private long _oldestMissingNs, _checked;
    private int _silent;

    [Fact]
    public void WhoeverKillsTheProgram() => Rounds("program", KillProgram);

    [Fact]
    public void WhoeverKillsTheRecorder() => Rounds("recorder", KillRecorder);

    public void Dispose() => _folder.Dispose();

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static void Note(string line)
    {
        if (Environment.GetEnvironmentVariable("VIZTRACE_STRESS_TABLE") is { } table)
            File.AppendAllText(table, line + "\n");
    }

    private void Rounds(string whom, Action<Random, int> round)
    {
        int rounds = Number("VIZTRACE_KILL_ROUNDS") ?? RoundsInTests;
        var failures = new List<string>();
        for (int i = 0; i < rounds; i++)
        {
            try
            {
                round(new Random(_seed + i), i);
            }
            catch (Exception e) when (rounds > RoundsInTests)
            {
                // One of many: the others are still worth knowing.
                failures.Add($"round {i}: {e.Message}");
            }
        }

        Note(string.Create(CultureInfo.InvariantCulture,
            $"{whom}|{rounds}|{rounds - failures.Count}|{_silent}|{_checked}|{_oldestMissingNs / 1e6:F1}"));
        Assert.True(failures.Count == 0, $"VIZTRACE_KILL_SEED={_seed}\n{string.Join('\n', failures)}");
    }

    /// <summary>The recorder sees its end, and writes the trace.</summary>
    private void KillProgram(Random random, int round)
    {
        using ChildProcess recorder = Start(round, LastKillMs * 4, int.MaxValue);
        int program = WaitForProgram(recorder, round);
        Thread.Sleep(random.Next(LastKillMs));
        long killedNs = Stopwatch.GetTimestamp();
        ChildProcess.Signal(program, KillSignal);
        recorder.Wait().Exits(128 + KillSignal);
        AssertWhole(round, killedNs, killed: true);
    }

    /// <summary>The program goes on alone; every other time it comes to its end, else it is killed, too.</summary>
    private void KillRecorder(Random random, int round)
    {
        using ChildProcess recorder = Start(round, LivesMs, MostAlone);
        int program = WaitForProgram(recorder, round);
        Thread.Sleep(random.Next(LastKillMs));
        bool wasThere = !recorder.HasExited;
        if (wasThere)
            ChildProcess.Signal(recorder.Id, KillSignal);
        if (round % 2 == 1)
            Thread.Sleep(random.Next(LastBreathMs));
        long killedNs = Stopwatch.GetTimestamp();
        bool killed = round % 2 == 1 && IsAlive(program);
        if (killed)
            _ = ChildProcess.Run("kill", ["-9", program.ToString(CultureInfo.InvariantCulture)]);
        CommandResult result = recorder.Wait();
        Assert.Equal(wasThere && result.ExitCode != 0 ? 128 + KillSignal : 0, result.ExitCode);
        long start = Stopwatch.GetTimestamp();
        while (IsAlive(program))
        {
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 60, "the program hangs without its recorder");
            Thread.Sleep(2);
        }

        AssertWhole(round, killed ? killedNs : long.MaxValue, killed);
    }

    private ChildProcess Start(int round, int milliseconds, int mostCalls) => VizTraceCommand.Start(
        _folder.Path,
        [
            "run", "--quiet", "-o", "run.pftrace", "--keep-capture", "--capture-dir", $"capture{round}", "--",
            "dotnet", Repository.Program("KillMarks"), _folder[$"marks{round}"], $"{milliseconds}", $"{mostCalls}",
        ]);

    /// <summary>Its id, as soon as it has a place to record; three times of four when its threads run.</summary>
    private int WaitForProgram(ChildProcess recorder, int round)
    {
        while (true)
        {
            Assert.False(recorder.HasExited, "the recorder ended before it recorded anything");
            string capture = _folder[$"capture{round}"];
            string? process = Directory.Exists(capture)
                ? Directory.GetDirectories(capture, "p*").FirstOrDefault(d => File.Exists(Path.Combine(d, "pool")))
                : null;
            string marks = _folder[$"marks{round}"];
            if (process is not null && (round % 4 == 0 || (IsWritten(marks) && Diary.Read(marks).HasBegun)))
                return int.Parse(Path.GetFileName(process)[1..].Split('-')[0], CultureInfo.InvariantCulture);
            Thread.Sleep(1);
        }
    }

    /// <summary>The file is there and has its length.</summary>
    private static bool IsWritten(string marks) => File.Exists(marks) && new FileInfo(marks).Length > 0;

    /// <summary>Running; one that ended and is not yet waited for by its new parent is not.</summary>
    private static bool IsAlive(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void AssertWhole(int round, long endNs, bool killed)
    {
        string capture = $"capture{round}", marks = _folder[$"marks{round}"];
        VizTraceCommand.RunIn(_folder.Path, ["convert", capture, "-o", "late.pftrace", "--quiet"]).Exits(0);

        // Reading it checks that slices nest.
        DecodedTrace trace = DecodedTrace.Read(_folder["late.pftrace"]);
        Diary? diary = IsWritten(marks) ? Diary.Read(marks) : null;
        if (!killed)
            Assert.True(diary?.HasEnded, "a program that nobody killed did not come to its end");
        bool silent = true;
        foreach (string name in Diary.Names)
        {
            (long Ns, long Steps)[] all = [.. diary?.Marks(name) ?? []];
            long steps = trace.Threads.Where(t => t.Name == name).Sum(t => t.Slices.LongCount(s => s.Name == "KillMarks.Program.Step"));
            (long Ns, long Steps)[] due = [.. all.Where(m => !killed || m.Ns <= endNs - TenMs)];
            long said = due.Length > 0 ? due[^1].Steps : 0;
            Assert.True(steps >= said, $"{name}: {steps} calls in the trace, {said} were due");
            silent &= due.Length == 0;
            _checked += said;
            if (killed && all.FirstOrDefault(m => m.Steps > steps) is { Ns: > 0 } missing)
                _oldestMissingNs = Math.Max(_oldestMissingNs, endNs - missing.Ns);
        }

        _silent += silent ? 1 : 0;
        foreach (string pool in Directory.GetFiles(_folder[capture], "pool", SearchOption.AllDirectories))
        {
            if (new FileInfo(pool).LinkTarget is { } inMemory)
                File.Delete(inMemory);
        }

        Directory.Delete(_folder[capture], recursive: true);
        File.Delete(marks);
    }
}
