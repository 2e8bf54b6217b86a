using System.Runtime.InteropServices;

namespace VizTrace.Capture;

/// <summary>
/// Takes out of a row's records what was asked not to be there and could not be left out while recording: calls that are too short and
/// crossed a chunk, or were near the limit; what is not below [TraceOnly] and ran before that was known. Whatever goes, what is left nests as
/// before. Not thread-safe.
/// </summary>
internal sealed class RecordSieve(SliceNester nester)
{
    private readonly List<ulong> _ticks = [];
    private readonly List<uint> _words = [];
    private ClockMap _clock = ClockMap.Identity;
    private HashSet<uint>? _only;
    private long _minNs;
    private int _onlyDepth;
    private bool _isOn;

    /// <summary>
    /// Begins a row: calls of less than <paramref name="minNs"/> go, and, unless <paramref name="only"/> is null, what is not below one of
    /// these functions.
    /// </summary>
    public void Start(ClockMap clock, long minNs, HashSet<uint>? only)
    {
        (_clock, _minNs, _only, _onlyDepth) = (clock, minNs, only, 0);
        _isOn = minNs > 0 || only is not null;
        _ticks.Clear();
        _words.Clear();
    }

    /// <summary>Appends records, all ticks and as many words; what may still go is kept back.</summary>
    public void Append(ReadOnlySpan<ulong> ticks, ReadOnlySpan<uint> words)
    {
        if (!_isOn)
        {
            nester.Append(ticks, words);
            return;
        }

        for (int i = 0; i < words.Length; i++)
        {
            if (!IsWanted(words[i]) || TakesBack(ticks[i], words[i]))
                continue;
            _ticks.Add(ticks[i]);
            _words.Add(words[i]);
        }

        // Behind the last leave stand calls that are open, and may turn out to be too short.
        int settled = _minNs > 0 ? _words.FindLastIndex(w => (w & 1) != 0) + 1 : _words.Count;
        HandOver(settled);
    }

    /// <summary>Hands over what was kept back: records are missing behind it, or the row ends.</summary>
    public void Flush() => HandOver(_words.Count);

    private bool IsWanted(uint word)
    {
        if (_only is null)
            return true;
        bool marked = _only.Contains(word >> 1);
        if (!marked)
            return _onlyDepth > 0;
        if ((word & 1) == 0)
            return ++_onlyDepth > 0;
        return _onlyDepth > 0 && --_onlyDepth >= 0;
    }

    private bool TakesBack(ulong ticks, uint word)
    {
        int last = _words.Count - 1;
        if (last < 0 || (word & 1) == 0 || _words[last] != (word ^ 1) || _clock.ToNs(ticks) - _clock.ToNs(_ticks[last]) >= _minNs)
            return false;
        _ticks.RemoveAt(last);
        _words.RemoveAt(last);
        return true;
    }

    private void HandOver(int count)
    {
        nester.Append(CollectionsMarshal.AsSpan(_ticks)[..count], CollectionsMarshal.AsSpan(_words)[..count]);
        _ticks.RemoveRange(0, count);
        _words.RemoveRange(0, count);
    }
}
