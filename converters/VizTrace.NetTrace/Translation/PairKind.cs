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
        while (_open.Exists(o => o.Lane == lane))
            lane++;
        _open.Add(new OpenPair(track, activity, lane));
        return lane;
    }

    /// <summary>
    /// One ends: the lane that becomes free; -1: it is not known which one. By the activity, else the last one of the thread, else the only one.
    /// </summary>
    public int Stop(int track, Guid activity)
    {
        int index = activity == Guid.Empty ? -1 : _open.FindLastIndex(o => o.Activity == activity);
        if (index < 0)
            index = _open.FindLastIndex(o => o.Track == track && (o.Activity == Guid.Empty || activity == Guid.Empty));
        if (index < 0 && activity == Guid.Empty && _open.Count == 1)
            index = 0;
        if (index < 0)
            return -1;
        int lane = _open[index].Lane;
        _open.RemoveAt(index);
        return lane;
    }

    private readonly record struct OpenPair(int Track, Guid Activity, int Lane);
}
