using VizTrace.Model.Events;
using VizTrace.Records;

namespace VizTrace.Filters;

/// <summary>A glob on texts of a source; each text is compared once. Case matters.</summary>
internal sealed class NameChoice(string glob, bool anyOfList = false)
{
    private TextTable? _texts;
    private sbyte[] _known = [];

    /// <summary>Begins with a source's texts.</summary>
    public void Prepare(TextTable texts)
    {
        if (ReferenceEquals(_texts, texts))
            return;
        _texts = texts;
        _known = [];
    }

    /// <summary>Whether the text with this id matches; of a list with commas, whether any of it or the whole does.</summary>
    public bool Matches(int id)
    {
        if (id >= _known.Length)
            Array.Resize(ref _known, Math.Max(_texts!.Count, (id + 1) * 2));
        if (_known[id] == 0)
            _known[id] = (sbyte)(MatchesText(_texts!.Get(id)) ? 1 : -1);
        return _known[id] > 0;
    }

    /// <summary>Whether a text matches.</summary>
    public bool MatchesText(string text)
    {
        if (NamePattern.Glob(glob, text, ignoreCase: false))
            return true;
        if (!anyOfList || !text.Contains(',', StringComparison.Ordinal))
            return false;
        foreach (Range part in text.AsSpan().Split(','))
        {
            if (NamePattern.Glob(glob, text.AsSpan()[part].Trim(), ignoreCase: false))
                return true;
        }

        return false;
    }
}
