using System.Buffers;
using System.Text;

namespace VizTrace.Model;

/// <summary>
/// Names of methods as text, for formats in which a value for each would be too large: a line for each type, the type and its names parted
/// by tabs. A tab, line feed or backslash of a name is <c>\t</c>, <c>\n</c>, <c>\\</c>.
/// </summary>
public static class CoverageText
{
    /// <summary>Characters after which a text is cut, at a name.</summary>
    private const int Enough = 60_000;

    private static readonly SearchValues<char> s_escaped = SearchValues.Create("\t\n\\");

    /// <summary>The types as texts of at most some 60,000 characters each, unless a name alone is longer.</summary>
    public static IEnumerable<string> Write(IReadOnlyList<CoveredType> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        var text = new StringBuilder();
        foreach (CoveredType type in types)
        {
            Append(text, type.Type);
            for (int i = 0; i < type.Names.Count; i++)
            {
                Append(text.Append('\t'), type.Names[i]);
                if (text.Length <= Enough || i == type.Names.Count - 1)
                    continue;
                yield return text.ToString();
                Append(text.Clear(), type.Type);
            }

            text.Append('\n');
            if (text.Length <= Enough)
                continue;
            yield return text.ToString();
            text.Clear();
        }

        if (text.Length > 0)
            yield return text.ToString();
    }

    /// <summary>Reads a text back; what is not understood is taken as it is.</summary>
    public static IEnumerable<CoveredType> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = [.. line.Split('\t').Select(Plain)];
            yield return new CoveredType(parts[0], parts[1..]);
        }
    }

    private static void Append(StringBuilder text, string name)
    {
        if (!name.AsSpan().ContainsAny(s_escaped))
        {
            text.Append(name);
            return;
        }

        foreach (char c in name)
            _ = c switch { '\t' => text.Append("\\t"), '\n' => text.Append("\\n"), '\\' => text.Append("\\\\"), _ => text.Append(c) };
    }

    private static string Plain(string part)
    {
        if (!part.Contains('\\', StringComparison.Ordinal))
            return part;
        var text = new StringBuilder(part.Length);
        for (int i = 0; i < part.Length; i++)
        {
            if (part[i] != '\\' || i + 1 == part.Length)
                text.Append(part[i]);
            else
                text.Append(part[++i] switch { 't' => '\t', 'n' => '\n', var c => c });
        }

        return text.ToString();
    }
}
