namespace VizTrace.EndToEnd.Tests.Harness;

/// <summary>How a command ended and what it said. A death by signal n is exit code 128 + n, as a shell tells it.</summary>
internal sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>Lines of standard output without the last, empty one.</summary>
    public string[] OutputLines => Lines(Output);

    /// <summary>Lines of standard error without the last, empty one.</summary>
    public string[] ErrorLines => Lines(Error);

    /// <summary>Fails, with all that was said, unless the exit code is <paramref name="code"/>.</summary>
    public CommandResult Exits(int code)
    {
        Assert.True(code == ExitCode, $"{Command}\nexit code {ExitCode} instead of {code}\n--- stdout\n{Tail(Output)}\n--- stderr\n{Tail(Error)}");
        return this;
    }

    /// <summary>Fails unless standard error has exactly one line that tells of an error, and it carries this id.</summary>
    public CommandResult Says(string errorId)
    {
        string[] errors = [.. ErrorLines.Where(l => l.StartsWith("error ", StringComparison.Ordinal))];
        Assert.True(errors.Length == 1 && errors[0].StartsWith($"error {errorId}: ", StringComparison.Ordinal),
            $"{Command}\nwanted one line 'error {errorId}: …'\n--- stderr\n{Tail(Error)}");
        return this;
    }

    public override string ToString() => $"{Command}\nexit code {ExitCode}\n--- stdout\n{Tail(Output)}\n--- stderr\n{Tail(Error)}";

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');

    private static string Tail(string text) => text.Length <= 4000 ? text : "…" + text[^4000..];
}
