using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>A terminal belongs to the program and to the shell: its modes, its keys, its stops and its end.</summary>
public sealed class TerminalTests : IDisposable
{
    private const char Escape = '\u001b';

    private readonly TemporaryFolder _folder = new();

    /// <summary>The modes are those of a user who has set some: neither start, program nor end may set others.</summary>
    [Fact]
    public void TheProgramGetsItsKeysAndTheTerminalItsModesBack()
    {
        string script = $"stty -echo -ixon; stty -a > before; {Terminal.Recording("--quiet -o k.pftrace", "Keys")}; echo code $?; stty -a > after";
        using ChildProcess terminal = Terminal.Start(_folder.Path, "sh -c " + Terminal.Quoted(script));
        terminal.WaitForOutput(o => o.Contains("ready", StringComparison.Ordinal));
        terminal.Type("a");
        terminal.WaitForOutput(o => o.Contains("key A", StringComparison.Ordinal));
        terminal.Type("q");

        CommandResult result = terminal.Wait().Exits(0);

        Assert.Contains("key A None", result.Output, StringComparison.Ordinal);
        Assert.Contains("key Q None", result.Output, StringComparison.Ordinal);
        Assert.Contains("code 0", result.Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(_folder["before"]), File.ReadAllText(_folder["after"]));
        Assert.Contains("-echo ", File.ReadAllText(_folder["after"]), StringComparison.Ordinal);
        Assert.Equal(1, DecodedTrace.Read(_folder["k.pftrace"]).Counts()["Keys.Program.Main"]);
    }

    /// <summary>A program of the C library in raw mode: whatever the terminal is told besides came from us.</summary>
    [Fact]
    public void WeTellTheTerminalNothingWhileTheProgramRuns()
    {
        string program = "stty raw -echo; stty -a > before; echo ready; head -c 1 > key; stty -a > after; stty sane; exit 7";
        using ChildProcess terminal = Terminal.Start(
            _folder.Path, $"{Terminal.Quoted(VizTraceCommand.Path)} run --quiet -o k.pftrace -- sh -c {Terminal.Quoted(program)}");
        terminal.WaitForOutput(o => o.Contains("ready", StringComparison.Ordinal));
        terminal.Type("\u0003");

        CommandResult result = terminal.Wait().Exits(7);

        Assert.Equal("\u0003", File.ReadAllText(_folder["key"]));
        Assert.Equal(File.ReadAllText(_folder["before"]), File.ReadAllText(_folder["after"]));
        Assert.DoesNotContain(Escape, result.Output);
    }

    /// <summary>Ctrl-Z and fg, with a shell that controls jobs: both stop, the shell has its prompt, both go on.</summary>
    [Fact]
    public void AStoppedJobIsTheShellsAndGoesOnInTheForeground()
    {
        using ChildProcess terminal = Terminal.Start(_folder.Path, "sh -i");
        terminal.Type(Terminal.Recording("--quiet -o k.pftrace", "Keys") + "\n");
        terminal.WaitForOutput(o => o.Contains("ready", StringComparison.Ordinal));
        terminal.Type("\u001a");
        terminal.WaitForOutput(o => o.Contains("Stopped", StringComparison.Ordinal));
        terminal.Type("echo prompt $((6 * 7))\n");
        terminal.WaitForOutput(o => o.Contains("prompt 42", StringComparison.Ordinal));
        terminal.Type("fg\n");
        terminal.WaitForOutput(o => o.Split("Keys.dll").Length > 3);
        terminal.Type("q");
        terminal.WaitForOutput(o => o.Contains("key Q", StringComparison.Ordinal));
        terminal.Type("echo code $?\nexit\n");

        CommandResult result = terminal.Wait();

        Assert.Contains("code 0", result.Output, StringComparison.Ordinal);
        Assert.Equal(1, DecodedTrace.Read(_folder["k.pftrace"]).Counts()["Keys.Program.Main"]);
    }

    [Fact]
    public void AProgramThatStopsItselfGivesTheShellItsPrompt()
    {
        using ChildProcess terminal = Terminal.Start(_folder.Path, "sh -i");
        terminal.Type($"{Terminal.Quoted(VizTraceCommand.Path)} run --quiet -o k.pftrace -- sh -c 'kill -STOP $$; echo went on; exit 5'\n");
        terminal.WaitForOutput(o => o.Contains("Stopped", StringComparison.Ordinal));
        terminal.Type("echo prompt $((6 * 7))\n");
        terminal.WaitForOutput(o => o.Contains("prompt 42", StringComparison.Ordinal));
        terminal.Type("fg\n");
        terminal.WaitForOutput(o => o.Contains("\nwent on", StringComparison.Ordinal) && o.Contains("VZ0009", StringComparison.Ordinal));
        terminal.Type("echo code $?\nexit\n");

        Assert.Contains("code 5", terminal.Wait().Output, StringComparison.Ordinal);
    }

    /// <summary>27 million calls take seconds to convert: the bar hides the cursor, and Ctrl-C brings it back.</summary>
    [Fact]
    public void CtrlCDuringTheConversionEndsItAndTheCursorIsThereAgain()
    {
        using ChildProcess terminal = Terminal.Start(_folder.Path, Terminal.Recording("-o k.json.gz", "Fib") + " 1 30 10");
        terminal.WaitForOutput(o => o.Contains($"{Escape}[?25l", StringComparison.Ordinal));
        terminal.Type("\u0003");

        string output = terminal.Wait().Exits(0).Output;

        Assert.True(output.LastIndexOf($"{Escape}[?25h", StringComparison.Ordinal) > output.LastIndexOf($"{Escape}[?25l", StringComparison.Ordinal));
        Assert.Contains("viztrace: interrupted; the recording is kept", output, StringComparison.Ordinal);
        Assert.Equal(["k.json.gz.capture"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    /// <summary>The terminal's window is closed: the program ends of the hang-up as it would, and the trace is written for nobody to see.</summary>
    [Fact]
    public void WhenTheTerminalIsClosedTheTraceIsWritten()
    {
        using ChildProcess terminal = Terminal.Start(_folder.Path, Terminal.Recording("-o k.pftrace", "Signals"));
        terminal.WaitForOutput(o => o.Contains("ready", StringComparison.Ordinal));
        ChildProcess.Signal(terminal.Id, 9);
        terminal.Wait();

        for (int i = 0; i < 6000 && (!File.Exists(_folder["k.pftrace"]) || Directory.Exists(_folder["k.pftrace.capture"])); i++)
            Thread.Sleep(10);

        Assert.Equal(["k.pftrace"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
        Assert.Equal(1, DecodedTrace.Read(_folder["k.pftrace"]).Counts()["Signals.Program.Main"]);
    }

    public void Dispose() => _folder.Dispose();
}
