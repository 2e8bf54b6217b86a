using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>A started command whose streams are collected from the first byte. Disposing it kills it and what it started.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    /// <summary>Nothing here takes a tenth of it; a test that waits longer has found a hang.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly string _command;
    private readonly StringBuilder _output = new();
    private readonly Task _outputRead;
    private readonly Task<string> _errorRead;

    private ChildProcess(Process process, string command)
    {
        _process = process;
        _command = command;
        _outputRead = Task.Run(ReadOutput);
        _errorRead = process.StandardError.ReadToEndAsync();
    }

    /// <summary>OS process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it has written to standard output so far.</summary>
    public string OutputSoFar
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>
    /// Starts a command with pipes for streams. The environment is ours without what the test runner and the SDK put there, and with
    /// <paramref name="environment"/>. Standard input is <paramref name="input"/> and then closed, unless <paramref name="openInput"/>.
    /// </summary>
    public static ChildProcess Start(
        string file,
        IEnumerable<string> arguments,
        string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null,
        string input = "",
        bool openInput = false)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        Clean(start.Environment);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        Process process = Process.Start(start)!;
        var child = new ChildProcess(process, file + " " + string.Join(' ', start.ArgumentList));
        process.StandardInput.Write(input);
        if (!openInput)
            process.StandardInput.Close();
        return child;
    }

    /// <summary>Starts a command and waits for its end.</summary>
    public static CommandResult Run(
        string file, IEnumerable<string> arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null, string input = "")
    {
        using ChildProcess child = Start(file, arguments, folder, environment, input);
        return child.Wait();
    }

    /// <summary>Waits for the end of the process and of its streams.</summary>
    public CommandResult Wait()
    {
        bool ended = _process.WaitForExit(s_patience) && Task.WaitAll([_outputRead, _errorRead], s_patience);
        Assert.True(ended, $"still running after {s_patience.TotalMinutes} minutes: {_command}\n{OutputSoFar}");
        return new CommandResult(_command, _process.ExitCode, OutputSoFar, _errorRead.Result);
    }

    /// <summary>Waits until standard output, which a program it started may share, holds what is asked for.</summary>
    public void WaitForOutput(Func<string, bool> there, bool mayHaveExited = false)
    {
        long start = Stopwatch.GetTimestamp();
        while (!there(OutputSoFar))
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < s_patience && (mayHaveExited || !_process.HasExited),
                $"ended or hung before it wrote what was waited for: {_command}\n{OutputSoFar}");
            Thread.Sleep(2);
        }
    }

    /// <summary>Writes to standard input, which was left open, and closes it no sooner than the process ends.</summary>
    public void Type(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    /// <summary>Sends a signal to it, or to another process.</summary>
    public static void Signal(int processId, int signal) =>
        Assert.True(Kill(processId, signal) == 0, $"kill -{signal} {processId}: errno {Marshal.GetLastPInvokeError()}");

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    /// <summary>A test host inherits much that a user's shell has not and that would steer the SDK's commands.</summary>
    private static void Clean(IDictionary<string, string?> environment)
    {
        string[] prefixes = ["MSBUILD", "VSTEST", "TESTINGPLATFORM", "DOTNET_HOST_PATH", "DOTNET_CLI_TELEMETRY_SESSIONID", "CORECLR_", "COREHOST_"];
        foreach (string name in environment.Keys.ToArray())
        {
            if (prefixes.Any(p => name.StartsWith(p, StringComparison.OrdinalIgnoreCase)))
                environment.Remove(name);
        }

        // Build servers outlive the command and would keep its streams open.
        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["UseSharedCompilation"] = "false";
        environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        environment["DOTNET_NOLOGO"] = "1";
    }

    private void ReadOutput()
    {
        var buffer = new char[4096];
        int read;
        while ((read = _process.StandardOutput.Read(buffer, 0, buffer.Length)) > 0)
        {
            lock (_output)
                _output.Append(buffer, 0, read);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
