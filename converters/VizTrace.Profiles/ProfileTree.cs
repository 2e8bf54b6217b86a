using System.Runtime.InteropServices;
using VizTrace.Model.Events;

namespace VizTrace.Profiles;

/// <summary>
/// Stacks of a trace with what was spent in each: a tree of names below each row. Memory grows with the number of distinct stacks, not of events.
/// Not thread-safe.
/// </summary>
internal sealed class ProfileTree
{
    private readonly List<ProfileNode> _nodes = [];
    private readonly Dictionary<(int Parent, int Name, int Module), int> _ids = [];
    private readonly Dictionary<(int Root, int Stack), int> _stacks = [];

    /// <summary>Number of nodes; parents come before their children.</summary>
    public int Count => _nodes.Count;

    /// <summary>The node with this number.</summary>
    public ref ProfileNode this[int node] => ref CollectionsMarshal.AsSpan(_nodes)[node];

    /// <summary>The node of a row: what its stacks hang on.</summary>
    public int Root(int track) => Node(-1 - track, 0, 0);

    /// <summary>The node of <paramref name="name"/> called from <paramref name="parent"/> (ids of texts).</summary>
    public int Child(int parent, int name, int module) => Node(parent, name, module);

    /// <summary>The node of a stack of the trace below <paramref name="root"/>.</summary>
    public int OfStack(int root, int stack, StackTable stacks)
    {
        if (stack == 0)
            return root;
        if (_stacks.TryGetValue((root, stack), out int node))
            return node;
        // A stack may be deep: no recursion.
        var path = new Stack<int>();
        int at = stack;
        int known = root;
        for (; at != 0; at = stacks[at].Callers)
        {
            if (_stacks.TryGetValue((root, at), out known))
                break;
            known = root;
            path.Push(at);
        }

        while (path.TryPop(out int next))
        {
            known = Child(known, stacks[next].Function, stacks[next].Module);
            _stacks.Add((root, next), known);
        }

        return known;
    }

    private int Node(int parent, int name, int module)
    {
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_ids, (parent, name, module), out bool isKnown);
        if (isKnown)
            return id;
        id = _nodes.Count;
        _nodes.Add(new ProfileNode { Parent = parent, Name = name, Module = module, Track = parent < 0 ? -1 - parent : _nodes[parent].Track });
        return id;
    }
}

/// <summary>A stack, and what was spent in its innermost frame.</summary>
internal struct ProfileNode
{
    /// <summary>The node of its callers; negative: it is a row's root.</summary>
    public int Parent;

    /// <summary>Name (id of a text).</summary>
    public int Name;

    /// <summary>Module (id of a text); 0: not known.</summary>
    public int Module;

    /// <summary>Its row.</summary>
    public int Track;

    /// <summary>Calls: slices that ended here.</summary>
    public long Calls;

    /// <summary>Time in it and not in what it called, ns.</summary>
    public long OwnNs;

    /// <summary>Weight of the samples taken in it.</summary>
    public long Samples;
}
