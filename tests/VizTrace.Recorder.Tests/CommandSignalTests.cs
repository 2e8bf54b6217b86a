using System.Globalization;
using System.Runtime.InteropServices;
using Xunit;

namespace VizTrace.Recorder.Tests;

/// <summary>Signals that come to the recorder while a command runs, and what becomes of the command's own stops.</summary>
public sealed partial class CommandSignalTests : IDisposable
{
    private const int Continue = 18;
    private const int User2 = 12;

    private readonly TemporaryDirectory _directory = new();

    private string Ready => _directory.File("ready");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("HUP", 1)]
    [InlineData("INT", 2)]
    [InlineData("QUIT", 3)]
    [InlineData("USR1", 10)]
    [InlineData("USR2", 12)]
    [InlineData("ALRM", 14)]
    [InlineData("TERM", 15)]
    [InlineData("40", 40)]
    public void ASignalFromAProcessIsHandedOnOnce(string name, int signal)
    {
        string seen = _directory.File("seen");
        RecordingResult result = RunWhile(
            () => _ = Kill(Environment.ProcessId, signal),
            $"trap 'echo x >> {seen}' {name}; : > {Ready}; i=0; while [ $i -lt 400 ] && [ ! -e {seen} ]; do sleep 0.02; i=$((i+1)); done; sleep 0.2; exit 42");
        Assert.Equal(42, result.ExitCode);
        Assert.Equal("x\n", File.ReadAllText(seen));
    }

    [Fact]
    public void WhatTheCommandSendsToItsGroupDoesNotComeBack()
    {
        string seen = _directory.File("seen");
        // The shell plays "kill 0" with the one process of its group that matters here: us.
        RecordingResult result = RunWhile(() => { }, $"trap 'echo x >> {seen}' USR1; : > {Ready}; kill -USR1 $PPID; sleep 0.3; exit 42");
        Assert.Equal(42, result.ExitCode);
        Assert.False(File.Exists(seen));
    }

    [Fact]
    public void WhatWasIgnoredAtOurStartStaysIgnored()
    {
        nint before = Signal(User2, 1);
        try
        {
            string status = _directory.File("status");
            RecordingResult result = RunWhile(
                () => _ = Kill(Environment.ProcessId, User2), $"grep SigIgn /proc/self/status > {status}; : > {Ready}; sleep 0.2; exit 42");
            Assert.Equal(42, result.ExitCode);
            ulong ignored = ulong.Parse(File.ReadAllText(status).Split('\t')[1].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Assert.NotEqual(0ul, ignored >> (User2 - 1) & 1);
        }
        finally
        {
            _ = Signal(User2, before);
        }
    }

    [Fact]
    public void AStoppedCommandGoesOnWhenWeAreContinued()
    {
        RecordingResult result = RunWhile(
            () =>
            {
                int pid = int.Parse(File.ReadAllText(Ready), CultureInfo.InvariantCulture);
                while (State(pid) != 'T')
                    Thread.Sleep(5);
                _ = Kill(Environment.ProcessId, Continue);
            },
            $"echo $$ > {Ready}.new; mv {Ready}.new {Ready}; kill -STOP $$; exit 42");
        Assert.Equal(42, result.ExitCode);
    }

    [Fact]
    public void SignalsAreOursAgainAfterTheCommand()
    {
        string before = Caught();
        RunWhile(() => { }, $": > {Ready}");
        Assert.Equal(before, Caught());
    }

    private static string Caught() => File.ReadLines("/proc/self/status").First(l => l.StartsWith("SigCgt", StringComparison.Ordinal));

    private static char State(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }

    /// <summary>Does <paramref name="act"/> when the script has made the file <see cref="Ready"/>.</summary>
    private RecordingResult RunWhile(Action act, string script)
    {
        var actor = new Thread(() =>
        {
            while (!File.Exists(Ready))
                Thread.Sleep(5);
            act();
        });
        actor.Start();
        RecordingResult result = Recorder.Run(
            new RecordingOptions
            {
                Command = ["sh", "-c", script],
                CaptureDirectory = _directory.File("x.capture"),
                ProfilerLibrary = typeof(CommandSignalTests).Assembly.Location,
            },
            TextWriter.Null);
        actor.Join();
        return result;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int signal, nint handler);
}
