using System.Buffers;

namespace VizTrace.ChromeJson.Events;

/// <summary>Passes over a value of any length, window by window, with nothing in memory but where it stands.</summary>
internal sealed class ValueSkipper
{
    private static readonly SearchValues<byte> s_inText = SearchValues.Create("\"\\"u8);

    /// <summary>A backslash outside of a text is no JSON; passed over as <see cref="EventSplitter"/> does, so that both see the same end.</summary>
    private static readonly SearchValues<byte> s_outside = SearchValues.Create("\"\\{}[]"u8);


    private readonly byte[] _open = new byte[EventSplitter.MaxDepth];
    private int _depth;
    private bool _inText;
    private bool _isEscaped;

    /// <summary>Whether the value is over.</summary>
    public bool IsDone { get; private set; }

    /// <summary>What was wrong at the place that <see cref="Skip"/> returned; null: nothing.</summary>
    public string? Damage { get; private set; }

    /// <summary>Begins a value that is a text, an object or an array.</summary>
    public void Begin()
    {
        _depth = 0;
        _inText = _isEscaped = IsDone = false;
        Damage = null;
    }

    /// <summary>Passes over the value's bytes at the start of <paramref name="text"/>; returns how many, all unless it <see cref="IsDone"/>.</summary>
    public int Skip(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (at < text.Length)
        {
            if (_isEscaped)
            {
                _isEscaped = false;
                at++;
                continue;
            }

            int found = text[at..].IndexOfAny(_inText ? s_inText : s_outside);
            if (found < 0)
                return text.Length;
            at += found;
            byte c = text[at];
            switch (c)
            {
                case (byte)'\\':
                    _isEscaped = true;
                    break;
                case (byte)'"':
                    _inText = !_inText;
                    IsDone = !_inText && _depth == 0;
                    break;
                case (byte)'{' or (byte)'[' when _depth == EventSplitter.MaxDepth:
                    Damage = $"brackets more than {EventSplitter.MaxDepth} deep";
                    return at;
                case (byte)'{' or (byte)'[':
                    _open[_depth++] = c;
                    break;
                default:
                    if (_depth == 0 || (_open[--_depth] ^ c) != 6)
                    {
                        Damage = "a closing bracket of the wrong kind";
                        return at;
                    }

                    IsDone = _depth == 0;
                    break;
            }

            at++;
            if (IsDone)
                return at;
        }

        return at;
    }
}
