using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>Finds the patterns that met nothing, and the names nearest to what they say.</summary>
internal static class PatternCheck
{
    private const int MostNames = 3;

    /// <summary>The line for a pattern that no thread matched.</summary>
    public static string OfThread(string option, string pattern, IReadOnlyCollection<string> names) =>
        Line(option, pattern, "no thread", Nearest(pattern, names));

    /// <summary>A line for each pattern that no method matched of those that the program compiled.</summary>
    public static IEnumerable<string> OfFunctions(CaptureIndex capture)
    {
        CaptureSettings settings = capture.Settings;
        List<(string Option, string Text, NamePattern Pattern)> left =
        [
            .. Parse("--include", settings.Include), .. Parse("--hide-function", settings.Exclude), .. Parse("--ignore-function", settings.IgnoreFunction),
        ];
        if (left.Count == 0)
            yield break;
        var names = new HashSet<string>();
        foreach ((string module, string name) in capture.Processes.SelectMany(p => Methods(p.Journal)))
        {
            left.RemoveAll(p => p.Pattern.Matches(module, name));
            if (left.Count == 0)
                yield break;
            names.Add(name);
        }

        foreach ((string option, string text, _) in left)
        {
            string wanted = text[(text.IndexOf('!', StringComparison.Ordinal) + 1)..];
            yield return Line(option, text, "no method that ran", Nearest(wanted, names));
        }
    }

    /// <summary>The names nearest to a glob, best first: those that contain what it says, else those that differ in few characters.</summary>
    internal static List<string> Nearest(string glob, IEnumerable<string> names)
    {
        string wanted = glob.Replace("*", "", StringComparison.Ordinal).Replace("?", "", StringComparison.Ordinal);
        if (wanted.Length == 0)
            return [];
        var near = names.Select(name => (name, Distance: Distance(wanted, name)))
            .Where(n => n.Distance <= Math.Max(2, wanted.Length / 3))
            .OrderBy(n => n.Distance).ThenBy(n => n.name, StringComparer.Ordinal).ToList();

        // What is hardly further than the best may be meant as well.
        return [.. near.TakeWhile(n => n.Distance <= near[0].Distance + 1).Take(MostNames).Select(n => n.name)];
    }

    private static string Line(string option, string pattern, string what, List<string> nearest) =>
        $"{option} {pattern}: {what} matches"
        + (nearest.Count == 0 ? "" : $"; the nearest {(nearest.Count == 1 ? "is" : "are")} {string.Join(", ", nearest)}");

    /// <summary>0 when the name has it in other case; else the distance to the name's end of as many segments.</summary>
    private static int Distance(string wanted, string name)
    {
        if (name.Contains(wanted, StringComparison.OrdinalIgnoreCase))
            return 0;
        int segments = wanted.Trim('.').Count(c => c == '.') + 1, from = name.Length;
        for (; segments > 0 && from > 0; segments--)
            from = name.LastIndexOf('.', from - 1);
        string end = from > 0 ? name[(from + 1)..] : name;
        return Math.Min(Edits(wanted, end), Edits(wanted, name));
    }

    /// <summary>Levenshtein's distance; case does not matter.</summary>
    private static int Edits(string a, string b)
    {
        // A name that is much longer is no misspelling.
        if (Math.Abs(a.Length - b.Length) > Math.Max(2, a.Length / 3))
            return int.MaxValue;
        var row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }

    private static IEnumerable<(string Module, string Name)> Methods(Journal journal)
    {
        for (uint id = 1; id <= journal.LastFunction; id++)
        {
            if (journal.Function(id) is { } function)
                yield return (journal.Module(function.Module)?.Name ?? "", function.ReadableName);
        }

        for (int i = 0; i < journal.NotRecordedCount; i++)
        {
            FunctionEntry function = journal.NotRecordedAt(i).Function;
            yield return (journal.Module(function.Module)?.Name ?? "", function.ReadableName);
        }
    }

    private static IEnumerable<(string, string, NamePattern)> Parse(string option, List<string> patterns) =>
        patterns.Select(text => (option, text, Pattern: NamePattern.TryParse(text, out _))).Where(p => p.Pattern is not null).Select(p => (p.option, p.text, p.Pattern!));
}
