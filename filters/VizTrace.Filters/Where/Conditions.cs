using System.Text.RegularExpressions;
using VizTrace.Records;

namespace VizTrace.Filters.Where;

/// <summary>A part of an expression.</summary>
internal abstract class Condition
{
    /// <summary>Whether it holds.</summary>
    public abstract bool Holds(WhereRow row);

    /// <summary>Forgets what it knows of a source.</summary>
    public virtual void Prepare()
    {
    }
}

/// <summary>Both hold, or one of them.</summary>
internal sealed class Pair(Condition left, Condition right, bool isAnd) : Condition
{
    public override bool Holds(WhereRow row) => isAnd ? left.Holds(row) && right.Holds(row) : left.Holds(row) || right.Holds(row);

    public override void Prepare()
    {
        left.Prepare();
        right.Prepare();
    }
}

/// <summary>It does not hold.</summary>
internal sealed class Not(Condition inner) : Condition
{
    public override bool Holds(WhereRow row) => !inner.Holds(row);

    public override void Prepare() => inner.Prepare();
}

/// <summary>A field that is text; each text is compared once.</summary>
internal sealed class TextCondition(Field field, TextTest test) : Condition
{
    private readonly Dictionary<int, bool> _known = [];

    public override bool Holds(WhereRow row)
    {
        int key = row.KeyOf(field);
        if (!_known.TryGetValue(key, out bool holds))
            _known[key] = holds = test.Holds(row.TextOf(field));
        return holds;
    }

    public override void Prepare() => _known.Clear();
}

/// <summary>A field that is a number.</summary>
internal sealed class NumberCondition(Field field, string comparison, decimal value) : Condition
{
    public override bool Holds(WhereRow row) => Compare(row.NumberOf(field).CompareTo(value), comparison);

    /// <summary>Whether an order satisfies a comparison.</summary>
    public static bool Compare(int order, string comparison) => comparison switch
    {
        "=" or "==" => order == 0,
        "!=" => order != 0,
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order >= 0,
    };
}

/// <summary>An argument: it was compared when the event was read.</summary>
internal sealed class ArgumentCondition(int bit) : Condition
{
    public override bool Holds(WhereRow row) => (row.ArgumentBits >> bit & 1) != 0;
}

/// <summary>A comparison with a text.</summary>
internal sealed class TextTest(string comparison, string value)
{
    private readonly Regex? _regex = comparison == "=~" ? new Regex(value, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant) : null;

    /// <summary>Whether it holds.</summary>
    public bool Holds(string text) => comparison switch
    {
        "=" or "==" => string.Equals(text, value, StringComparison.Ordinal),
        "!=" => !string.Equals(text, value, StringComparison.Ordinal),
        "~" => NamePattern.Glob(value, text, ignoreCase: false),
        "!~" => !NamePattern.Glob(value, text, ignoreCase: false),
        _ => _regex!.IsMatch(text),
    };
}
