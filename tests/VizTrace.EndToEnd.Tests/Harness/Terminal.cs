namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>Commands in a terminal of their own, which <c>script</c> makes; its input is what is typed.</summary>
internal static class Terminal
{
    /// <summary>
    /// Starts a line of shell. script starts it through $SHELL, which need not be set; exec: a shell that waited would take part in the
    /// signals and be one more process.
    /// </summary>
    public static ChildProcess Start(string folder, string line) => ChildProcess.Start(
        "script", ["-qec", "exec " + line, "/dev/null"], folder, new Dictionary<string, string> { ["SHELL"] = "/bin/sh", ["PS1"] = "$ ", ["TERM"] = "xterm" }, openInput: true);

    /// <summary>The command, to record a program of <c>tests/Programs</c> with these options, as a shell takes it.</summary>
    public static string Recording(string options, string program) => $"{Quoted(VizTraceCommand.Path)} run {options} -- dotnet {Quoted(Repository.Program(program))}";

    /// <summary>A word that a shell takes as it is.</summary>
    public static string Quoted(string word) => "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
