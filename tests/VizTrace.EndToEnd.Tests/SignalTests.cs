using System.Globalization;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>Signals are the program's: each comes once, whoever is told and however; and the trace is written after its end.</summary>
public sealed class SignalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(2, 130)]
    [InlineData(15, 143)]
    public void ASignalToTheRecorderEndsTheProgramAndTheTraceIsWritten(int signal, int exitCode)
    {
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, ["run", "-o", "signal.pftrace", "--", "dotnet", Repository.Program("Kill")]);
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
        using ChildProcess recorder = VizTraceCommand.Start(_folder.Path, ["run", "-o", "signal.pftrace", "--", "dotnet", Repository.Program("Signals")]);
        recorder.WaitForOutput(o => o.Contains("ready", StringComparison.Ordinal));
        ChildProcess.Signal(recorder.Id, signal);

        CommandResult result = recorder.Wait().Exits(9);

        Assert.Equal(["ready", counts + " terminal False"], result.OutputLines);
        Assert.Equal(1, DecodedTrace.Read(_folder["signal.pftrace"]).Counts()["Signals.Program.OnSignal"]);
    }

    /// <summary>
    /// The terminal sends SIGINT to the recorder and to the program; it must not come twice. <c>script</c> makes the terminal, its input is
    /// what is typed.
    /// </summary>
    [Fact]
    public void CtrlCInATerminalComesOnce()
    {
        // exec: script starts the command through $SHELL or, without one, /bin/sh; a dash that waited would die of the same SIGINT and say 130.
        string command = $"exec {VizTraceCommand.Path} run -o signal.pftrace -- dotnet {Repository.Program("Signals")}";
        using ChildProcess terminal = ChildProcess.Start("script", ["-qec", command, "/dev/null"], _folder.Path, openInput: true);
        terminal.WaitForOutput(o => o.Contains("ready", StringComparison.Ordinal));
        terminal.Type("\u0003");

        CommandResult result = terminal.Wait().Exits(9);

        Assert.Contains("SIGINT 1 SIGTERM 0 terminal True", result.Output, StringComparison.Ordinal);
        Assert.Equal(1, DecodedTrace.Read(_folder["signal.pftrace"]).Counts()["Signals.Program.OnSignal"]);
    }

    public void Dispose() => _folder.Dispose();
}
