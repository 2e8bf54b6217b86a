namespace VizTrace.NetTrace.Translation;

/// <summary>
/// A kind of start and stop events. As long as they nest on their threads they are slices there; when a stop came on another thread or out of
/// turn, all of the kind are on rows of their own, as many as were ever open at once. That is found out in the first reading.
/// </summary>
internal sealed class PairKind(string name)
{
    /// <summary>More that are open at once are no pairs: something that starts and is not told to stop.</summary>
    private const int MostOpen = 4096;

    private readonly List<OpenPair> _open = [];
    private readonly List<bool> _lanes = [];
    private int _lowestFree;

    /// <summary>What begins and ends.</summary>
    public string Name { get; } = name;

    /// <summary>Whether they have rows of their own.</summary>
    public bool IsAsync { get; set; }

    /// <summary>Whether they are no pairs: no start was ever followed by its stop. Known after the first reading.</summary>
    public bool IsUnpaired { get; private set; }

    /// <summary>Number of stops that were found to belong to a start in this reading.</summary>
    public long Matched { get; private set; }

    /// <summary>The first reading is complete.</summary>
    public void EndSurvey() => IsUnpaired = IsUnpaired || Matched == 0;

    /// <summary>A new reading begins.</summary>
    public void Reset()
    {
        _open.Clear();
        _lanes.Clear();
        (_lowestFree, Matched) = (0, 0);
    }

    /// <summary>One begins: the lane that it takes, the lowest that is free; -1: they are no pairs.</summary>
    public int Start(int track, Guid activity)
    {
        if (IsUnpaired || _open.Count == MostOpen)
        {
            IsUnpaired = true;
            return -1;
        }

        int lane = _lowestFree;
        while (lane < _lanes.Count && _lanes[lane])
            lane++;
        if (lane == _lanes.Count)
            _lanes.Add(true);
        _lanes[lane] = true;
        _lowestFree = lane + 1;
        _open.Add(new OpenPair(track, activity, lane));
        return lane;
    }

    /// <summary>
    /// One ends: the lane that becomes free; -1: it is not known which one. By the activity, else the last one of the thread, else the only one.
    /// </summary>
    public int Stop(int track, Guid activity)
    {
        int index = -1;
        for (int i = _open.Count - 1; i >= 0 && index < 0; i--)
            index = activity != Guid.Empty && _open[i].Activity == activity ? i : -1;
        for (int i = _open.Count - 1; i >= 0 && index < 0; i--)
            index = _open[i].Track == track ? i : -1;
        if (index < 0 && activity == Guid.Empty && _open.Count == 1)
            index = 0;
        if (index < 0)
            return -1;
        int lane = _open[index].Lane;
        _open.RemoveAt(index);
        _lanes[lane] = false;
        _lowestFree = Math.Min(_lowestFree, lane);
        Matched++;
        return lane;
    }

    private readonly record struct OpenPair(int Track, Guid Activity, int Lane);
}
