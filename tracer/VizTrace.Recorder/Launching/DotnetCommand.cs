namespace VizTrace.Recorder.Launching;

/// <summary>What a command line that begins with <c>dotnet</c> asks for.</summary>
internal static class DotnetCommand
{
    /// <summary>Options of the host that take a value; they stand before the program or SDK command.</summary>
    private static readonly string[] s_withValue =
    [
        "--roll-forward", "--roll-forward-on-no-candidate-fx", "--fx-version", "--additionalprobingpath", "--additional-deps", "--depsfile",
        "--runtimeconfig",
    ];

    /// <summary>Whether the command is the <c>dotnet</c> host.</summary>
    public static bool IsDotnet(IReadOnlyList<string> command) => command.Count > 0 && Path.GetFileName(command[0]) == "dotnet";

    /// <summary>Whether the host will run an SDK command (<c>run</c>, <c>test</c>, …) and not a program that was named.</summary>
    public static bool IsThroughSdk(IReadOnlyList<string> command) =>
        IsDotnet(command) && FirstArgument(command, 1) is int at && at < command.Count && command[at] != "exec" && !IsProgram(command[at]);

    /// <summary>The program (.dll or .exe) that <c>dotnet X.dll</c> or <c>dotnet exec X.dll</c> runs; null when there is none.</summary>
    public static string? Program(IReadOnlyList<string> command)
    {
        if (!IsDotnet(command))
            return null;
        int at = FirstArgument(command, 1);
        if (at < command.Count && command[at] == "exec")
            at = FirstArgument(command, at + 1);
        return at < command.Count && IsProgram(command[at]) ? command[at] : null;
    }

    private static int FirstArgument(IReadOnlyList<string> command, int at)
    {
        while (at < command.Count && command[at].StartsWith('-'))
            at += Array.IndexOf(s_withValue, command[at]) >= 0 ? 2 : 1;
        return at;
    }

    private static bool IsProgram(string argument) =>
        (argument.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) || argument.EndsWith(".exe", StringComparison.OrdinalIgnoreCase))
        && File.Exists(argument);
}
