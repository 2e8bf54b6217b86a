using VizTrace.Filters.Calls;
using VizTrace.Filters.Repeats;
using VizTrace.Filters.Rows;
using VizTrace.Filters.Where;
using VizTrace.Model;

namespace VizTrace.Filters.Parsing;

/// <summary>Makes a chain from options and their values.</summary>
public static class FilterParser
{
    private static readonly Dictionary<string, Func<string, string, Filter>> s_options = new(StringComparer.Ordinal)
    {
        ["--drop-thread"] = (_, v) => new DropThread(v),
        ["--keep-thread"] = (_, v) => new DropThread(v, keeps: true),
        ["--drop-process"] = (_, v) => new DropProcess(v),
        ["--keep-process"] = (_, v) => new DropProcess(v, keeps: true),
        ["--drop-function"] = (o, v) => new DropFunction(OptionText.Glob(o, v)),
        ["--hide-function"] = (o, v) => new HideFunction(OptionText.Glob(o, v)),
        ["--keep-function"] = (o, v) => new KeepFunction(OptionText.Glob(o, v)),
        ["--drop-category"] = (o, v) => new DropCategory(OptionText.Glob(o, v)),
        ["--min-duration"] = (o, v) => new MinDuration(OptionText.Nanoseconds(o, v, v, 1), v),
        ["--max-depth"] = (o, v) => new MaxDepth(OptionText.Count(o, v)),
        ["--time"] = TimeText.Parse,
        ["--sample-calls"] = (o, v) => new SampleCalls(OptionText.Count(o, v)),
        ["--where"] = (_, v) => new WhereFilter(v),
        ["--drop-counters"] = (o, v) => new DropCounters(OptionText.Glob(o, v)),
    };

    /// <summary>The options that name a filter.</summary>
    public static IReadOnlyList<string> Options { get; } = [.. s_options.Keys, "--drop-args", "--drop-flows", "--merge-repeats"];

    /// <summary>The chain, in the order given.</summary>
    /// <exception cref="TraceException"><see cref="ErrorId.BadOption"/>: no such option, or a value that is malformed, with its column.</exception>
    public static FilterChain Parse(IReadOnlyList<(string Option, string? Value)> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new FilterChain([.. options.Select(o => One(o.Option, o.Value))]);
    }

    private static Filter One(string option, string? value)
    {
        if (option == "--drop-args")
            return new DropArguments(value is null ? null : OptionText.Glob(option, value));
        if (option is "--drop-flows" or "--merge-repeats")
        {
            if (value is not null)
                throw OptionText.Bad(option, value, "takes no value", 1);
            return option == "--drop-flows" ? new DropFlows() : new MergeRepeats();
        }

        if (!s_options.TryGetValue(option, out Func<string, string, Filter>? make))
            throw new TraceException(ErrorId.BadOption, $"{option}: no such filter");
        return make(option, value ?? throw new TraceException(ErrorId.BadOption, $"{option}: needs a value"));
    }
}
