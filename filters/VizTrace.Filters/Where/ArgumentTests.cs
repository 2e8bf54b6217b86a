using System.Globalization;
using System.Text;
using VizTrace.Model.Events;

namespace VizTrace.Filters.Where;

/// <summary>One comparison of an argument: with a text, with a number, or whether there is one.</summary>
internal sealed record ArgumentTest(byte[] Path, string Comparison, TextTest? Text, decimal? Number);

/// <summary>
/// Compares arguments of an event. Those within others are told by their path (<c>a.b</c>). What is not there satisfies no comparison; a
/// number satisfies no comparison with a text but equality with its digits, and a text none with a number.
/// </summary>
internal sealed class ArgumentTests(List<ArgumentTest> tests) : IArgumentSink
{
    private readonly Stack<int> _starts = new();
    private byte[] _path = new byte[256];
    private int _length;
    private uint _bits;

    /// <summary>A bit for each comparison that holds.</summary>
    public uint Of(scoped in TraceEvent e)
    {
        if (tests.Count == 0 || e.Arguments is null)
            return 0;
        _bits = 0;
        _length = 0;
        _starts.Clear();
        e.ReadArguments(this);
        return _bits;
    }

    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        for (int i = 0; i < tests.Count; i++)
        {
            if (IsPath(tests[i].Path, name) && (tests[i].Text is null ? tests[i].Number is null : tests[i].Text!.Holds(Encoding.UTF8.GetString(value))))
                _bits |= 1u << i;
        }
    }

    public void Integer(ReadOnlySpan<byte> name, long value) => Number(name, value, null);

    public void Unsigned(ReadOnlySpan<byte> name, ulong value) => Number(name, value, null);

    public void Pointer(ReadOnlySpan<byte> name, ulong value) => Number(name, value, string.Create(CultureInfo.InvariantCulture, $"0x{value:x}"));

    public void Real(ReadOnlySpan<byte> name, double value)
    {
        // Beyond what a decimal holds nothing equals a literal; the largest decimal keeps the order.
        if (double.IsNaN(value))
            Other(name, "NaN");
        else
            Number(name, Math.Abs(value) < 7.9e28 ? (decimal)value : value > 0 ? decimal.MaxValue : decimal.MinValue, value.ToString("R", CultureInfo.InvariantCulture));
    }

    public void Boolean(ReadOnlySpan<byte> name, bool value) => Other(name, value ? "true" : "false");

    public void Null(ReadOnlySpan<byte> name) => Other(name, "null");

    public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json) => Text(name, json);

    public void BeginDictionary(ReadOnlySpan<byte> name) => Enter(name);

    public void BeginArray(ReadOnlySpan<byte> name) => Enter(name);

    public void EndGroup() => _length = _starts.Pop();

    private void Number(ReadOnlySpan<byte> name, decimal value, string? text)
    {
        for (int i = 0; i < tests.Count; i++)
        {
            ArgumentTest test = tests[i];
            if (!IsPath(test.Path, name))
                continue;
            bool holds = test.Number is { } number ? NumberCondition.Compare(value.CompareTo(number), test.Comparison)
                : test.Text is null || test.Text.Holds(text ?? value.ToString(CultureInfo.InvariantCulture));
            _bits |= holds ? 1u << i : 0;
        }
    }

    private void Other(ReadOnlySpan<byte> name, string text)
    {
        for (int i = 0; i < tests.Count; i++)
        {
            if (IsPath(tests[i].Path, name) && (tests[i].Text is null ? tests[i].Number is null : tests[i].Text!.Holds(text)))
                _bits |= 1u << i;
        }
    }

    private void Enter(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < tests.Count; i++)
            _bits |= tests[i] is { Text: null, Number: null } && IsPath(tests[i].Path, name) ? 1u << i : 0;
        _starts.Push(_length);
        int needed = _length + name.Length + 1;
        if (needed > _path.Length)
            Array.Resize(ref _path, needed * 2);
        name.CopyTo(_path.AsSpan(_length));
        _path[needed - 1] = (byte)'.';
        _length = needed;
    }

    private bool IsPath(byte[] path, ReadOnlySpan<byte> name) =>
        path.Length == _length + name.Length && path.AsSpan(_length).SequenceEqual(name) && path.AsSpan(0, _length).SequenceEqual(_path.AsSpan(0, _length));
}
