using VizTrace.ChromeJson.Events;

namespace VizTrace.ChromeJson.Editing;

/// <summary>
/// Goes through the members of an object in memory, each with the text before it. For what is changed only: it looks at every byte.
/// </summary>
internal ref struct ObjectMembers(ReadOnlySpan<byte> text, ValueSkipper skipper)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _at = 1;

    /// <summary>Where the text before the key begins: behind the brace or behind the value before.</summary>
    public int Lead { get; private set; }

    /// <summary>Key, without quotes.</summary>
    public Part Key { get; private set; }

    /// <summary>Value, a text's with its quotes.</summary>
    public Part Value { get; private set; }

    /// <summary>Whether it is no valid object: nothing of it should be changed.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Behind the last member: where what belongs to the closing brace begins.</summary>
    public readonly int Rest => _at;

    /// <summary>Goes to the next member; false when there is none.</summary>
    public bool MoveNext()
    {
        Lead = _at;
        int p = Blanks(_at);
        if (p < _text.Length && _text[p] == (byte)',')
            p = Blanks(p + 1);
        if (p == _text.Length - 1 && _text[p] == (byte)'}')
            return false;
        int key = p;
        if (p >= _text.Length || _text[p] != (byte)'"' || (p = Skip(p)) < 0)
            return Broken();
        Key = new Part(key + 1, p - key - 2);
        p = Blanks(p);
        if (p >= _text.Length || _text[p] != (byte)':')
            return Broken();
        int value = Blanks(p + 1);
        p = Skip(value);
        if (p < 0)
            return Broken();
        Value = new Part(value, p - value);
        _at = p;
        p = Blanks(p);
        return p < _text.Length && _text[p] is (byte)',' or (byte)'}' || Broken();
    }

    private bool Broken()
    {
        IsBroken = true;
        return false;
    }

    private readonly int Blanks(int p)
    {
        while (p < _text.Length && _text[p] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            p++;
        return p;
    }

    private readonly int Skip(int p)
    {
        if (p >= _text.Length)
            return -1;
        if (_text[p] is (byte)'"' or (byte)'{' or (byte)'[')
        {
            skipper.Begin();
            int length = skipper.Skip(_text[p..]);
            return skipper.IsDone && skipper.Damage is null ? p + length : -1;
        }

        int stop = _text[p..].IndexOfAny(",}] \t\r\n"u8);
        return stop <= 0 ? -1 : p + stop;
    }
}
