using System.Runtime.InteropServices;
using VizTrace.Model;
using Xunit;

namespace VizTrace.Recorder.Tests;

/// <summary>A command runs under the recorder as it would without it.</summary>
public sealed partial class LaunchTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(255)]
    public void TheExitCodeIsTheCommands(int code)
    {
        RecordingResult result = Run("sh", "-c", $"exit {code}");
        Assert.Equal(code, result.ExitCode);
        Assert.Null(result.Signal);
    }

    [Fact]
    public void DeathByASignalIsToldApartFromAnExit()
    {
        RecordingResult result = Run("sh", "-c", "kill -9 $$");
        Assert.Equal(9, result.Signal);
        Assert.Equal(137, result.ExitCode);
    }

    [Fact]
    public void ABrokenPipeEndsTheCommandAsUsualAlthoughOurRuntimeIgnoresIt() =>
        Assert.Equal(13, Run("sh", "-c", "kill -PIPE $$; exit 7").Signal);

    [Fact]
    public void StandardInputIsTheCommandsOwn()
    {
        byte[] text = [.. Enumerable.Range(0, 60_000).Select(i => (byte)(i * 7))];
        string input = _directory.File("in"), output = _directory.File("out");
        File.WriteAllBytes(input, text);
        using (FileStream stream = File.OpenRead(input))
        {
            int saved = Duplicate(0);
            Assert.Equal(0, Replace((int)stream.SafeFileHandle.DangerousGetHandle(), 0));
            try
            {
                Assert.Equal(0, Run("sh", "-c", "cat > \"$0\"", output).ExitCode);
            }
            finally
            {
                _ = Replace(saved, 0);
                _ = CloseDescriptor(saved);
            }
        }

        Assert.Equal(text, File.ReadAllBytes(output));
    }

    [Fact]
    public void EnvironmentAndWorkingDirectoryAreOursAndOnlyTheProfilersVariablesAreAdded()
    {
        string output = _directory.File("out");
        Run("sh", "-c", "pwd > \"$0\"; exec env -0 >> \"$0\"", output);
        string[] lines = File.ReadAllText(output).Split('\n', 2);
        Assert.Equal(Environment.CurrentDirectory, lines[0]);
        Dictionary<string, string> theirs = lines[1].TrimEnd('\0').Split('\0').Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1]);
        Assert.Equal("1", theirs["CORECLR_ENABLE_PROFILING"]);
        Assert.Equal("{5A0F0D52-6C1B-4B56-9C2E-7D1A3E5B8F10}", theirs["CORECLR_PROFILER"]);
        Assert.Equal(Library, theirs["CORECLR_PROFILER_PATH"]);
        Assert.Equal(Capture, theirs["VIZTRACE_CAPTURE"]);
        foreach (string name in new[] { "CORECLR_ENABLE_PROFILING", "CORECLR_PROFILER", "CORECLR_PROFILER_PATH", "VIZTRACE_CAPTURE", "PWD", "OLDPWD", "_", "SHLVL" })
            theirs.Remove(name);
        Dictionary<string, string> ours = File.ReadAllText("/proc/self/environ").TrimEnd('\0').Split('\0')
            .Select(v => v.Split('=', 2)).Where(v => v[0] is not ("PWD" or "OLDPWD" or "_" or "SHLVL")).ToDictionary(v => v[0], v => v[1]);
        Assert.Equal(ours, theirs);
    }

    [Fact]
    public void ASignalForUsIsHandedOn()
    {
        string ready = _directory.File("ready");
        RecordingResult result = RunAndSignal(15, ready, () => { }, "sh", "-c", $"trap 'exit 42' TERM; : > \"$0\"; {Wait("false")}", ready);
        Assert.Equal(42, result.ExitCode);
    }

    [Fact]
    public void AnInterruptDoesNotEndUsWhileTheCommandRuns()
    {
        string ready = _directory.File("ready"), sent = _directory.File("sent");
        RecordingResult result = RunAndSignal(
            2, ready, () => File.WriteAllText(sent, ""), "sh", "-c", $"trap '' INT; : > \"$0\"; {Wait("[ -e \"$1\" ]")}; sleep 0.1; exit 5", ready, sent);
        Assert.Equal(5, result.ExitCode);
    }

    [Fact]
    public void ArgumentsAreHandedOnByteForByte()
    {
        string output = _directory.File("out");
        byte[] odd = [0x66, 0xFF, 0xC3, 0x28, 0xE2];
        RecordingOptions options = Options("sh", "-c", "printf %s \"$1\" > \"$2\"", "sh", "f\uFFFD", output);
        options = options with { CommandBytes = [.. options.Command.Take(4).Select(System.Text.Encoding.UTF8.GetBytes), odd, System.Text.Encoding.UTF8.GetBytes(output)] };
        Assert.Equal(0, Recorder.Run(options, TextWriter.Null).ExitCode);
        Assert.Equal(odd, File.ReadAllBytes(output));
    }

    /// <summary>The kernel does not execute it, and every shell runs it.</summary>
    [Fact]
    public void AScriptWithoutAnInterpreterIsRunByTheShell()
    {
        string script = _directory.File("script");
        File.WriteAllText(script, "test \"$1 $2\" = 'a b c' && exit 21\n");
        File.SetUnixFileMode(script, (UnixFileMode)0b111_000_000);
        Assert.Equal(21, Run(script, "a", "b c").ExitCode);
    }

    [Fact]
    public void AnotherProfilerIsReplacedAndThatIsSaid()
    {
        Assert.Empty(Run("true").Problems);
        CaptureDirectory.Delete(Capture, Capture);
        Assert.Equal(0, SetVariable("CORECLR_ENABLE_PROFILING", "1", 1));
        try
        {
            Assert.Equal(["the profiler that CORECLR_ENABLE_PROFILING asks for was not loaded: a runtime takes one, and it was this one"], Run("true").Problems);
        }
        finally
        {
            _ = RemoveVariable("CORECLR_ENABLE_PROFILING");
        }
    }

    [Fact]
    public void ACommandThatDoesNotExistCannotBeStartedAndLeavesNothingBehind()
    {
        var failure = Assert.Throws<TraceException>(() => Run("no-such-command-of-viztrace"));
        Assert.Equal(ErrorId.CannotStart, failure.Id);
        Assert.Equal("no-such-command-of-viztrace: cannot be started: No such file or directory", failure.Message);
        Assert.False(Directory.Exists(Capture));
    }

    [Fact]
    public void ACaptureDirectoryThatCannotBeMadeIsRefusedBeforeAnythingStarts()
    {
        string marker = _directory.File("started");
        RecordingOptions options = Options("touch", marker);
        File.WriteAllText(_directory.File("plain"), "");
        foreach (string place in new[] { "/dev/null/capture", _directory.File("plain"), "/proc/capture", _directory.Path })
        {
            var failure = Assert.Throws<TraceException>(() => Recorder.Run(options with { CaptureDirectory = place }, TextWriter.Null));
            Assert.Contains(failure.Id, new[] { ErrorId.BadOutput, ErrorId.NoPermission });
        }

        Assert.False(File.Exists(marker));
    }

    [Fact]
    public void OptionsThatCannotBeAreRefused()
    {
        RecordingOptions options = Options("true");
        Assert.Equal(ErrorId.BadOption, Refusal(options with { Command = [] }));
        Assert.Equal(ErrorId.BadOption, Refusal(options with { MaxDepth = -1 }));
        Assert.Equal(ErrorId.BadOption, Refusal(options with { MaxCaptureBytes = 1000 }));
        Assert.Equal(ErrorId.BrokenInstallation, Refusal(options with { ProfilerLibrary = "/nowhere/libVizTrace.Profiler.so" }));
        Assert.False(Directory.Exists(Capture));
    }

    [Fact]
    public void TheCaptureIsOwnerOnlyAndItsSettingsSayWhatWasAsked()
    {
        RecordingResult result = Recorder.Run(
            Options("sh", "-c", "exit 0 # a\nb") with { Include = ["Shop.*", "x\\y"], Exclude = ["*.ToString"], MaxDepth = 9, MaxCaptureBytes = 16 << 20 },
            TextWriter.Null);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Capture));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Capture, "settings")));
        Assert.Equal(
            "version=1\ninclude=Shop.*\ninclude=x\\\\y\nexclude=*.ToString\nmin-duration=0\nmin-duration-ticks=0\nmax-depth=9\nthrough-sdk=0\ninitial-chunks=64\nmax-chunks=64\npool-on-disk=0\n"
            + "command=sh\ncommand=-c\ncommand=exit 0 # a\\nb\n",
            File.ReadAllText(Path.Combine(Capture, "settings")));
        Assert.False(result.AnyProcessRecorded);
        Assert.Equal("sh is no .NET program, and none that it may have started loaded the profiler", result.WhyNothingRecorded);
    }

    [Fact]
    public void AProcessThatOutlivesTheCommandIsLeftAndToldToStop()
    {
        string go = _directory.File("go");
        FakeProgram? program = null;
        RecordingResult result = RunBeside(
            () =>
            {
                WaitFor(() => File.Exists(Path.Combine(Capture, "settings")));
                program = new FakeProgram(Capture, initialChunks: 16, maxChunks: 32);
                FakeProgram.FakeThread thread = program.NewThread(1);
                for (uint i = 0; i < 1_000_000; i++)
                    thread.Record(60, (i % 2 == 0) ? 10u : 11u);
                thread.End();
                File.WriteAllText(go, "");
            },
            "sh", "-c", $"{Wait("[ -e \"$0\" ]")}; exit 6", go);
        using (program)
        {
            Assert.Equal(6, result.ExitCode);
            RecordedProcess process = Assert.Single(result.Processes);
            Assert.Equal(Environment.ProcessId, process.Pid);
            Assert.Null(process.ExitCode);
            Assert.Equal("the command had ended before this process", process.StoppedEarly);
            Assert.Null(result.WhyNothingRecorded);
            Assert.Equal(4u, program!.Stop);
            Assert.Equal(program.Threads[0].Recorded, CaptureParser.ThreadRecords(program.Directory, 1));
            Assert.Empty(result.Problems);
        }
    }

    private static string Library => typeof(LaunchTests).Assembly.Location;

    private string Capture => _directory.File("x.capture");

    private static ErrorId Refusal(RecordingOptions options) =>
        Assert.Throws<TraceException>(() => Recorder.Run(options, TextWriter.Null)).Id;

    private RecordingOptions Options(params string[] command) =>
        new() { Command = command, CaptureDirectory = Capture, ProfilerLibrary = Library };

    private RecordingResult Run(params string[] command) => Recorder.Run(Options(command), TextWriter.Null);

    /// <summary>Shell code that waits for a condition, and ends with code 99 when it has not come in a minute: nothing outlives a failed test.</summary>
    private static string Wait(string condition) =>
        $"i=0; until {condition}; do [ $i -lt 3000 ] || exit 99; i=$((i+1)); sleep 0.02; done";

    private static void WaitFor(Func<bool> condition)
    {
        for (long start = Environment.TickCount64; !condition(); Thread.Sleep(5))
        {
            if (Environment.TickCount64 - start > 60_000)
                throw new TimeoutException("waited for a minute");
        }
    }

    /// <summary>Runs the command while something else goes on on a thread; what that throws is thrown here.</summary>
    private RecordingResult RunBeside(Action other, params string[] command)
    {
        Task task = Task.Factory.StartNew(other, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        RecordingResult result = Run(command);
        Assert.True(task.Wait(TimeSpan.FromMinutes(1)));
        return result;
    }

    /// <summary>
    /// Runs the command and signals this process once the command has made the file <paramref name="ready"/>. The signal is sent only while
    /// the command runs: at any other time it would be the test host's end.
    /// </summary>
    private RecordingResult RunAndSignal(int signal, string ready, Action sent, params string[] command)
    {
        var gate = new Lock();
        bool running = true;
        Task sender = Task.Run(() =>
        {
            WaitFor(() => !Volatile.Read(ref running) || File.Exists(ready));
            lock (gate)
            {
                if (!running)
                    return;
                Assert.Equal(0, Kill(Environment.ProcessId, signal));
                sent();
            }
        });
        try
        {
            return Run(command);
        }
        finally
        {
            lock (gate)
                running = false;
            sender.Wait();
        }
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int fd);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Replace(int from, int to);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int fd);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RemoveVariable(string name);
}
