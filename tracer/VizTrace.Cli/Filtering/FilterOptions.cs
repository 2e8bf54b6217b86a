using System.CommandLine;

namespace VizTrace.Cli.Filtering;

/// <summary>The options that are filters, as the command line knows them; what they do is the business of VizTrace.Filters.</summary>
internal static class FilterOptions
{
    private static readonly (string Name, string? Value, string Description)[] s_all =
    [
        ("--drop-thread", "THREAD", "Drop threads: name, managed:ID, tid:ID or role:ROLE"),
        ("--keep-thread", "THREAD", "Drop all other threads"),
        ("--drop-process", "PROCESS", "Drop processes: name or pid:ID"),
        ("--keep-process", "PROCESS", "Drop all other processes"),
        ("--drop-function", "GLOB", "Drop slices of this name and all below them"),
        ("--hide-function", "GLOB", "Drop slices of this name; what is below them moves up"),
        ("--keep-function", "GLOB", "Keep slices of this name and all below them, nothing else"),
        ("--drop-category", "GLOB", "Drop events of a category"),
        ("--min-duration", "TIME", "Drop slices that are shorter (50us, 1ms)"),
        ("--max-depth", "N", "Drop slices deeper than this; the outermost has depth 1"),
        ("--time", "A..B", "Keep this stretch of time: 1.5s..2s, ..10ms, @ns..@ns, or: around 'name' 2s"),
        ("--merge-repeats", null, "Make one slice of a run of equal ones, with their count and total time"),
        ("--sample-calls", "N", "Keep one in N calls of each function, with all below it"),
        ("--drop-args", "[GLOB]", "Drop arguments, all or those of this name"),
        ("--drop-counters", "GLOB", "Drop counters of this name"),
        ("--drop-flows", null, "Drop all flows"),
        ("--where", "EXPR", "Keep slices for which this holds: duration > 5ms and name ~ 'Shop.*'"),
    ];

    /// <summary>Whether <paramref name="option"/> is one.</summary>
    public static bool IsFilter(string option) => Array.Exists(s_all, o => o.Name == option);

    /// <summary>Whether it must have a value.</summary>
    public static bool TakesValue(string option) => Array.Exists(s_all, o => o.Name == option && o.Value is { } value && value[0] != '[');

    /// <summary>Whether it may have one.</summary>
    public static bool MayTakeValue(string option) => Array.Exists(s_all, o => o.Name == option && o.Value is not null);

    /// <summary>Adds them to <paramref name="command"/>; their values are read from the tokens, where their order is.</summary>
    public static void AddTo(Command command)
    {
        foreach ((string name, string? value, string description) in s_all)
        {
            if (value is null)
            {
                command.Add(new Option<bool[]>(name) { Description = description, Arity = ArgumentArity.Zero, AllowMultipleArgumentsPerToken = false });
                continue;
            }

            // --time around NAME TIME has three words.
            command.Add(new Option<string[]>(name)
            {
                Description = description,
                HelpName = value.Trim('[', ']'),
                Arity = value[0] == '[' ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore,
                AllowMultipleArgumentsPerToken = name == "--time",
            });
        }
    }
}
