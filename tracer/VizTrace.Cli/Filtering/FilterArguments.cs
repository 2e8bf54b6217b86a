using System.CommandLine.Parsing;
using VizTrace.Model;

namespace VizTrace.Cli.Filtering;

/// <summary>
/// The filters of a command line in the order in which they stand there, those of <c>@FILE</c> in its place. The parser of options keeps each
/// option's values together; the order between options is in its tokens alone.
/// </summary>
internal static class FilterArguments
{
    /// <summary>
    /// Replaces each <c>@FILE</c> of <paramref name="args"/> that is no option's value by what is in the file: a filter a line, its value parted
    /// by blanks, in quotes or not; empty lines and those that begin with <c>#</c> are nothing. A file does not name another.
    /// </summary>
    public static string[] Expand(string[] args, Func<string, string> fullPath)
    {
        var expanded = new List<string>(args.Length);
        bool isFilter = args.Length > 0 && args[0] == "filter";
        for (int i = 0; i < args.Length; i++)
        {
            if (isFilter && args[i].Length > 1 && args[i][0] == '@' && !FilterOptions.TakesValue(args[i - 1]))
                Read(fullPath(args[i][1..]), expanded);
            else
                expanded.Add(args[i]);
        }

        return [.. expanded];
    }

    /// <summary>Options and values in their order.</summary>
    public static IReadOnlyList<(string Option, string? Value)> InOrder(IReadOnlyList<Token> tokens)
    {
        var filters = new List<(string Option, string? Value)>();
        for (int i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Type != TokenType.Option || !FilterOptions.IsFilter(tokens[i].Value))
                continue;
            bool hasValue = FilterOptions.MayTakeValue(tokens[i].Value) && i + 1 < tokens.Count && tokens[i + 1].Type == TokenType.Argument;
            if (tokens[i].Value != "--time" || !hasValue || tokens[i + 1].Value != "around")
            {
                filters.Add((tokens[i].Value, hasValue ? tokens[i + 1].Value : null));
                continue;
            }

            // --time around 'NAME' DURATION: three words, one value; the shell has taken the quotes.
            string[] words = [.. tokens.Skip(i + 1).Take(3).TakeWhile(t => t.Type == TokenType.Argument).Select(t => t.Value)];
            filters.Add(("--time", words.Length == 3 ? $"{words[0]} '{words[1].Trim('\'')}' {words[2]}" : string.Join(' ', words)));
        }

        return filters;
    }

    private static void Read(string path, List<string> to)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TraceException(ErrorId.NotFound, $"{path}: there is no such file", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TraceException(ErrorId.NoPermission, $"{path}: no permission to read", e);
        }
        catch (IOException e)
        {
            throw new TraceException(ErrorId.BadInput, $"{path}: cannot be read: {e.Message}", e);
        }

        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            int blank = line.IndexOfAny([' ', '\t']);
            string option = blank < 0 ? line : line[..blank];
            if (!FilterOptions.IsFilter(option))
                throw new TraceException(ErrorId.BadOption, $"{path}: line {i + 1}: no filter '{option}'");
            to.Add(option);
            string value = blank < 0 ? "" : line[blank..].Trim();
            if (value.Length > 0)
                to.Add(Unquoted(value));
            else if (FilterOptions.TakesValue(option))
                throw new TraceException(ErrorId.BadOption, $"{path}: line {i + 1}: {option} wants a value");
        }
    }

    /// <summary>Without the quotes around the whole of it.</summary>
    private static string Unquoted(string value) =>
        value.Length > 1 && value[0] is '"' or '\'' && value[^1] == value[0] && value.IndexOf(value[0], 1) == value.Length - 1 ? value[1..^1] : value;
}
