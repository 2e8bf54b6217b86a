using System.Globalization;
using System.Text;
using VizTrace.Filters.Parsing;
using VizTrace.Model;

namespace VizTrace.Filters.Where;

/// <summary>Parses an expression by recursive descent; see FILTERS.md for the grammar.</summary>
internal sealed class WhereParser
{
    private const int MostDepth = 64;
    private const int MostArguments = 31;
    private const int LongestRegex = 256;

    private static readonly Dictionary<string, Field> s_texts = new(StringComparer.Ordinal)
    { ["name"] = Field.Name, ["category"] = Field.Category, ["thread"] = Field.Thread, ["process"] = Field.Process };

    private static readonly Dictionary<string, Field> s_numbers = new(StringComparer.Ordinal)
    { ["tid"] = Field.Tid, ["pid"] = Field.Pid, ["duration"] = Field.Duration, ["start"] = Field.Start, ["depth"] = Field.Depth };

    private readonly string _option;
    private readonly string _text;
    private int _at;
    private int _depth;

    /// <summary>Parses <paramref name="text"/>.</summary>
    public WhereParser(string option, string text)
    {
        _option = option;
        _text = text;
        if (text.Length > OptionText.MostCharacters)
            throw OptionText.Bad(option, text[..40] + "…", "too long", OptionText.MostCharacters + 1);
        Condition = Or();
        SkipBlanks();
        if (_at < _text.Length)
            throw Bad("'and' or 'or' expected", _at);
    }

    /// <summary>The expression.</summary>
    public Condition Condition { get; }

    /// <summary>What it asks for.</summary>
    public Field Fields { get; private set; }

    /// <summary>Its comparisons of arguments; each has the bit of its place.</summary>
    public List<ArgumentTest> Arguments { get; } = [];

    private Condition Or()
    {
        Condition left = And();
        while (Word("or"))
            left = new Pair(left, And(), isAnd: false);
        return left;
    }

    private Condition And()
    {
        Condition left = Single();
        while (Word("and"))
            left = new Pair(left, Single(), isAnd: true);
        return left;
    }

    private Condition Single()
    {
        SkipBlanks();
        if (++_depth > MostDepth)
            throw Bad("nested too deeply", _at);
        Condition condition;
        if (Word("not"))
        {
            condition = new Not(Single());
        }
        else if (_at < _text.Length && _text[_at] == '(')
        {
            int open = _at++;
            condition = Or();
            SkipBlanks();
            if (_at == _text.Length || _text[_at] != ')')
                throw Bad(_at == _text.Length ? $"no ')' for the '(' at column {open + 1}" : "')' expected", _at);
            _at++;
        }
        else
        {
            condition = Comparison();
        }

        _depth--;
        return condition;
    }

    private Condition Comparison()
    {
        int start = _at;
        string name = Identifier();
        if (s_texts.TryGetValue(name, out Field field))
        {
            Fields |= field;
            string comparison = Operator(start, out int at);
            if (comparison is "<" or "<=" or ">" or ">=")
                throw Bad($"{name} is text: =, !=, ~, !~ or =~ expected", at);
            return new TextCondition(field, Test(comparison));
        }

        if (s_numbers.TryGetValue(name, out field))
        {
            Fields |= field;
            string comparison = Operator(start, out int at);
            if (comparison is "~" or "!~" or "=~")
                throw Bad($"{name} is a number: =, !=, <, <=, > or >= expected", at);
            return new NumberCondition(field, comparison, Number(mayHaveUnit: field is Field.Duration or Field.Start));
        }

        if (!name.StartsWith("args.", StringComparison.Ordinal) || name.Length == 5)
            throw Bad("no field (name, category, thread, process, tid, pid, duration, start, depth, args.NAME)", start);
        return Argument(Encoding.UTF8.GetBytes(name[5..]));
    }

    private ArgumentCondition Argument(byte[] path)
    {
        Fields |= Field.Argument;
        if (Arguments.Count == MostArguments)
            throw Bad($"more than {MostArguments} comparisons of arguments", _at);
        SkipBlanks();
        ArgumentTest test;
        if (_at == _text.Length || !"=!<>~".Contains(_text[_at], StringComparison.Ordinal))
        {
            test = new ArgumentTest(path, "", null, null);
        }
        else
        {
            string comparison = Operator(_at, out int at);
            SkipBlanks();
            bool isText = _at < _text.Length && _text[_at] is '\'' or '"';
            if (isText ? comparison is "<" or "<=" or ">" or ">=" : comparison is "~" or "!~" or "=~")
                throw Bad(isText ? "a text has no order" : "a text expected after ~", isText ? at : _at);
            test = new ArgumentTest(path, comparison, isText ? Test(comparison) : null, isText ? null : Number(mayHaveUnit: true));
        }

        Arguments.Add(test);
        return new ArgumentCondition(Arguments.Count - 1);
    }

    private string Operator(int field, out int at)
    {
        SkipBlanks();
        at = _at;
        foreach (string comparison in (ReadOnlySpan<string>)["==", "=~", "!=", "!~", "<=", ">=", "=", "<", ">", "~"])
        {
            if (!_text.AsSpan(_at).StartsWith(comparison))
                continue;
            _at += comparison.Length;
            return comparison;
        }

        throw Bad($"no comparison for what stands at column {field + 1}", _at);
    }

    private TextTest Test(string comparison)
    {
        SkipBlanks();
        int start = _at;
        string value = Quoted();
        if (comparison != "=~")
            return new TextTest(comparison, value);
        if (value.Length > LongestRegex)
            throw Bad($"a regular expression of more than {LongestRegex} characters", start);
        try
        {
            return new TextTest(comparison, value);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new TraceException(ErrorId.BadOption, $"{_option} {_text}: no regular expression without backtracking at column {start + 1}: {e.Message}", e);
        }
    }

    private string Quoted()
    {
        if (_at == _text.Length || _text[_at] is not ('\'' or '"'))
            throw Bad("a text in quotes expected", _at);
        char quote = _text[_at];
        int start = _at++;
        var value = new StringBuilder();
        while (_at < _text.Length && _text[_at] != quote)
        {
            // A backslash takes only a quote's meaning: in patterns it stands for itself.
            if (_text[_at] == '\\' && _at + 1 < _text.Length && _text[_at + 1] == quote)
                _at++;
            value.Append(_text[_at++]);
        }

        if (_at == _text.Length)
            throw Bad($"no quote that closes the one at column {start + 1}", _at);
        _at++;
        return value.ToString();
    }

    private decimal Number(bool mayHaveUnit)
    {
        SkipBlanks();
        int start = _at;
        bool isNegative = _at < _text.Length && _text[_at] == '-';
        if (isNegative)
            _at++;
        int digits = OptionText.NumberLength(_text.AsSpan(_at));
        if (digits == 0 || !decimal.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value))
            throw Bad("a number expected", start);
        _at += digits;
        int unitStart = _at;
        string unit = Identifier();
        if (unit.Length > 0)
        {
            if (!mayHaveUnit || OptionText.Unit(unit) is not { } ns)
                throw Bad(mayHaveUnit ? "no unit of time (ns, us, ms, s, min, h)" : "no unit expected", unitStart);
            if (value > long.MaxValue / ns)
                throw Bad("too large", start);
            value *= ns;
        }

        return isNegative ? -value : value;
    }

    private string Identifier()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '_' or '.' or '$' or '/' or '-'))
            _at++;
        return _text[start.._at];
    }

    private bool Word(string word)
    {
        SkipBlanks();
        if (!_text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal))
            return false;
        int end = _at + word.Length;
        if (end < _text.Length && (char.IsLetterOrDigit(_text[end]) || _text[end] is '_' or '.'))
            return false;
        _at = end;
        return true;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
    }

    private TraceException Bad(string problem, int at) => OptionText.Bad(_option, _text, problem, at + 1);
}
