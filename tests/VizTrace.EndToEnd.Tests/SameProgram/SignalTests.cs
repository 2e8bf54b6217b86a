using System.Globalization;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Signals are the program's: each comes once, whoever is told and however; and the trace is written after its end.</summary>
public sealed class SignalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Also those that libc keeps for itself: its posix_spawn leaves them ignored unless told otherwise.</summary>
    [Fact]
    public void TheProgramIgnoresWhatItWouldIgnoreAlone()
    {
        // These tests ignore SIGPIPE, as every .NET program does, and so would what they start; a shell does not.
        string[] command = ["env", "--default-signal=PIPE", "grep", "SigIgn", "/proc/self/status"];
        CommandResult plain = ChildProcess.Run(command[0], command[1..]).Exits(0);

        Assert.Equal(plain.Output, VizTraceCommand.RunIn(_folder.Path, ["run", "-o", "signals.pftrace", "--", .. command]).Exits(0).Output);
    }

    [Theory]
    [InlineData(2, 130)]
    [InlineData(15, 143)]
    public void ASignalToTheRecorderEndsTheProgramAndTheTraceIsWritten(int signal, int exitCode)
    {
        using ChildProcess recorder = Start(["run", "-o", "signal.pftrace", "--", "dotnet", Repository.Program("Kill")]);
        recorder.WaitForOutput(o => o.Split('\n').Length > 10);
        ChildProcess.Signal(recorder.Id, signal);

        CommandResult result = recorder.Wait().Exits(exitCode);

        string last = result.OutputLines[^1].Split(' ')[0];
        var trace = DecodedTrace.Read(_folder["signal.pftrace"]);
        Assert.True(trace.Counts()["Kill.Program.Step"] >= long.Parse(last, CultureInfo.InvariantCulture), $"{trace.Counts()["Kill.Program.Step"]} of {last}");
    }

    [Theory]
    [InlineData(2, "SIGINT 1 SIGTERM 0")]
    [InlineData(15, "SIGINT 0 SIGTERM 1")]
    public void AProgramThatHandlesASignalGetsItOnceAndEndsAsItWants(int signal, string counts)
    {
        using ChildProcess recorder = Start(["run", "-o", "signal.pftrace", "--", "dotnet", Repository.Program("Signals")]);
        recorder.WaitForOutput(o => o.Contains("ready", StringComparison.Ordinal));
        ChildProcess.Signal(recorder.Id, signal);

        CommandResult result = recorder.Wait().Exits(9);

        Assert.Equal(["ready", counts + " terminal False"], result.OutputLines);
        Assert.Equal(1, DecodedTrace.Read(_folder["signal.pftrace"]).Counts()["Signals.Program.OnSignal"]);
    }

    /// <summary>
    /// The terminal sends SIGINT to the recorder and to the program; it must not come twice.
    /// </summary>
    [Fact]
    public void CtrlCInATerminalComesOnce()
    {
        using ChildProcess terminal = Terminal.Start(_folder.Path, Terminal.Recording("-o signal.pftrace", "Signals"));
        terminal.WaitForOutput(o => o.Contains("ready", StringComparison.Ordinal));
        terminal.Type("\u0003");

        CommandResult result = terminal.Wait().Exits(9);

        Assert.Contains("SIGINT 1 SIGTERM 0 terminal True", result.Output, StringComparison.Ordinal);
        Assert.Equal(1, DecodedTrace.Read(_folder["signal.pftrace"]).Counts()["Signals.Program.OnSignal"]);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>In a session without a terminal, whether these tests are run from one or not. setsid becomes the command: its id is the command's.</summary>
    private ChildProcess Start(string[] arguments) => ChildProcess.Start("setsid", [VizTraceCommand.Path, .. arguments], _folder.Path);
}
