namespace VizTrace.NetTrace.Translation;

/// <summary>
/// A kind of start and stop events. As long as they nest on their threads they are slices there; when a stop came on another thread or out of
/// turn, all of the kind are on rows of their own, as many as were ever open at once. That is found out in the first reading.
/// </summary>
internal sealed class PairKind(string name)
{
    private readonly List<OpenPair> _open = [];

    /// <summary>What begins and ends.</summary>
    public string Name { get; } = name;

    /// <summary>Whether they have rows of their own.</summary>
    public bool IsAsync { get; set; }

    /// <summary>A new reading begins.</summary>
    public void Reset() => _open.Clear();

    /// <summary>One begins: the lane that it takes, the lowest that is free.</summary>
    public int Start(int track, Guid activity)
    {
        int lane = 0;
        while (IsTaken(lane))
            lane++;
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
            index = _open[i].Track == track && (_open[i].Activity == Guid.Empty || activity == Guid.Empty) ? i : -1;
        if (index < 0 && activity == Guid.Empty && _open.Count == 1)
            index = 0;
        if (index < 0)
            return -1;
        int lane = _open[index].Lane;
        _open.RemoveAt(index);
        return lane;
    }

    private bool IsTaken(int lane)
    {
        foreach (OpenPair open in _open)
        {
            if (open.Lane == lane)
                return true;
        }

        return false;
    }

    private readonly record struct OpenPair(int Track, Guid Activity, int Lane);
}
