using System.Globalization;
using System.Text;

namespace VizTrace.Model;

/// <summary>Text of a trace as a terminal may have it: names come from anywhere, and an escape sequence in one would be obeyed.</summary>
public static class Printable
{
    /// <summary>
    /// <paramref name="text"/> with every control character, line separator, character that turns the writing direction and half surrogate
    /// pair as <c>\u001b</c>; the same object when there is none. A backslash stays one: for people to read, not to be read back.
    /// </summary>
    public static string Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder? escaped = null;
        for (int i = 0; i < text.Length; i++)
        {
            int length = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;
            if (length == 1 && IsUnfit(text[i]))
                (escaped ??= new StringBuilder(text, 0, i, text.Length + 16)).Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
            else
                escaped?.Append(text, i, length);
            i += length - 1;
        }

        return escaped?.ToString() ?? text;
    }

    private static bool IsUnfit(char c) => char.GetUnicodeCategory(c)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
