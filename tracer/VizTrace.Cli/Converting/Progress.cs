using Spectre.Console;
using VizTrace.Recorder;

namespace VizTrace.Cli.Converting;

/// <summary>Shows how far a long work is: a bar on a terminal, a line every few seconds elsewhere, nothing when quiet or done at once.</summary>
internal static class Progress
{
    /// <summary>Most works are done before a person has read a line.</summary>
    private static readonly TimeSpan s_firstLine = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_nextLine = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Does <paramref name="work"/>, which reports the part done, 0 to 1. When a signal asks us to end, its next report throws
    /// <see cref="Interrupted"/>; the terminal's cursor is there again.
    /// </summary>
    public static void Show(Surroundings around, bool quiet, string what, Action<Action<double>> work)
    {
        using var signals = CaughtSignals.Begin(CaughtSignals.AsksToEnd);
        if (quiet)
            work(static _ => Interrupted.ThrowIfAsked());
        else if (around.ErrorIsTerminal() && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"))
            Bar(around, what, work);
        else
            Lines(around, what, work);
    }

    private static void Lines(Surroundings around, string what, Action<Action<double>> work)
    {
        long start = Environment.TickCount64;
        double next = s_firstLine.TotalMilliseconds;
        work(part =>
        {
            Interrupted.ThrowIfAsked();
            long elapsed = Environment.TickCount64 - start;
            if (elapsed < next)
                return;
            around.Error.WriteLine($"viztrace: {what}: {(int)(part * 100)}%");
            next = elapsed + s_nextLine.TotalMilliseconds;
        });
    }

    private static void Bar(Surroundings around, string what, Action<Action<double>> work)
    {
        // Said, not detected: Spectre would look at standard output, which is not ours after a recording.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new TerminalOutput(around.Error),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
        });
        console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(what);
                double shown = 0;
                work(part =>
                {
                    Interrupted.ThrowIfAsked();
                    // The bar takes a lock; a thousand steps are as smooth as it can be drawn.
                    if (part - shown < 0.001)
                        return;
                    shown = part;
                    task.Value = part * 100;
                });
            });
    }
}
