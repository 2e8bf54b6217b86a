using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Profiles;

/// <summary>Fills a <see cref="ProfileTree"/> from a walk over the slices.</summary>
internal sealed class TreeBuilder(ITraceSource source)
{
    private readonly List<List<Open>?> _open = [];

    /// <summary>The tree.</summary>
    public ProfileTree Tree { get; } = new();

    /// <summary>Whether there is any sample.</summary>
    public bool HasSamples { get; private set; }

    /// <summary>Earliest time, ns; <see cref="long.MaxValue"/>: none.</summary>
    public long FirstNs { get; private set; } = long.MaxValue;

    /// <summary>Latest time, ns.</summary>
    public long LastNs { get; private set; } = long.MinValue;

    /// <summary>A slice begins.</summary>
    public void Begin(scoped in SliceRow slice)
    {
        List<Open> open = OpenOf(slice.Track);
        int parent = open.Count == 0 ? Tree.Root(slice.Track) : open[^1].Node;
        open.Add(new Open(Tree.Child(parent, slice.Name, 0), slice.TimeNs, 0));
        See(slice.TimeNs);
    }

    /// <summary>The innermost slice of its row ends.</summary>
    public void End(scoped in SliceRow slice, long endNs)
    {
        List<Open> open = OpenOf(slice.Track);
        Open last = open[^1];
        open.RemoveAt(open.Count - 1);
        long duration = Math.Max(0, endNs - last.StartNs);
        ref ProfileNode node = ref Tree[last.Node];
        node.Calls++;
        // What nests cannot last longer than what it is in; a damaged trace may say so.
        node.OwnNs += Math.Max(0, duration - last.ChildrenNs);
        if (open.Count > 0)
            open[^1] = open[^1] with { ChildrenNs = open[^1].ChildrenNs + duration };
        See(endNs);
    }

    /// <summary>A sample: its stack is in <see cref="SliceRow.Extra"/>; without one it counts for the slice that is open.</summary>
    public void Sample(scoped in SliceRow row)
    {
        HasSamples = true;
        See(row.TimeNs);
        List<Open> open = OpenOf(row.Track);
        int root = Tree.Root(row.Track);
        int node = row.Extra != 0 ? Tree.OfStack(root, row.Extra, source.Stacks) : open.Count > 0 ? open[^1].Node : root;
        Tree[node].Samples++;
    }

    private void See(long timeNs)
    {
        FirstNs = Math.Min(FirstNs, timeNs);
        LastNs = Math.Max(LastNs, timeNs);
    }

    private List<Open> OpenOf(int track)
    {
        while (_open.Count <= track)
            _open.Add(null);
        return _open[track] ??= [];
    }

    private readonly record struct Open(int Node, long StartNs, long ChildrenNs);
}
