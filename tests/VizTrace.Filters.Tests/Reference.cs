using VizTrace.Model.Events;

namespace VizTrace.Filters.Tests;

/// <summary>Filters in the naive way: the whole trace as trees in memory. For slices that nest, with every event at a time of its own.</summary>
internal sealed class Reference
{
    private readonly MemoryTrace _trace;
    private readonly List<Node> _all = [];
    private readonly List<Node> _roots = [];
    private readonly HashSet<int> _gone = [];
    private readonly Dictionary<int, Item> _changed = [];

    public Reference(MemoryTrace trace)
    {
        _trace = trace;
        foreach (IGrouping<int, int> row in Enumerable.Range(0, trace.Items.Count).GroupBy(i => trace.Items[i].Track))
            Build(row.OrderBy(i => trace.Items[i].TimeNs));
    }

    public IEnumerable<string> Lines =>
        Enumerable.Range(0, _trace.Items.Count).Where(i => !_gone.Contains(i)).Select(i => _changed.GetValueOrDefault(i, _trace.Items[i]).Line);

    public Reference Apply(string command)
    {
        string[] words = command.Split(' ', 2);
        string value = words.Length > 1 ? words[1] : "";
        switch (words[0])
        {
            case "--drop-function":
                Trees(_all.Where(n => n.Name == value));
                break;
            case "--hide-function":
                Frames(_all.Where(n => n.Name == value));
                break;
            case "--keep-function":
                var kept = _all.Where(n => n.Name == value).SelectMany(n => n.Tree()).ToHashSet();
                Frames(_all.Except(kept));
                Go(Enumerable.Range(0, _trace.Items.Count).Where(i => _trace.Items[i].Kind == EventKind.Instant && !kept.Any(n => n.Instants.Contains(i))));
                break;
            case "--max-depth":
                Trees(_all.Where(n => n.Depth > int.Parse(value, null)));
                break;
            case "--min-duration":
                Frames(_all.Where(n => n.End - n.Start < long.Parse(value.Replace("ns", "", StringComparison.Ordinal), null)));
                break;
            case "--drop-category":
                Frames(_all.Where(n => Has(n.Begin, value)));
                Go(Enumerable.Range(0, _trace.Items.Count).Where(i => _trace.Items[i].Kind == EventKind.Instant && Has(i, value)));
                break;
            case "--sample-calls":
                Sample(_roots.GroupBy(n => n.Track).Select(g => g.ToList()), int.Parse(value, null));
                break;
            case "--merge-repeats":
                foreach (IGrouping<int, Node> row in _roots.GroupBy(n => n.Track))
                    Merge([.. row]);
                break;
            default:
                throw new ArgumentException(command);
        }

        return this;
    }

    private bool Has(int item, string category) => _trace.Items[item].Category.Split(',').Contains(category);

    private void Build(IEnumerable<int> order)
    {
        var open = new Stack<Node>();
        foreach (int i in order)
        {
            Item item = _trace.Items[i];
            while (open.Count > 0 && _trace.Items[open.Peek().Begin].Kind == EventKind.Complete && open.Peek().End <= item.TimeNs)
                open.Pop();
            if (item.Kind == EventKind.End)
            {
                Node node = open.Pop();
                node.EndItem = i;
                node.End = item.TimeNs;
            }
            else if (item.Kind is EventKind.Begin or EventKind.Complete)
            {
                var node = new Node { Begin = i, Name = item.Name, Track = item.Track, Start = item.TimeNs, End = item.TimeNs + item.DurationNs, Depth = open.Count + 1 };
                (open.Count > 0 ? open.Peek().Children : _roots).Add(node);
                _all.Add(node);
                open.Push(node);
            }
            else if (item.Kind == EventKind.Instant && open.Count > 0)
            {
                open.Peek().Instants.Add(i);
            }
        }
    }

    private void Trees(IEnumerable<Node> nodes)
    {
        foreach (Node node in nodes.SelectMany(n => n.Tree()))
        {
            Frames([node]);
            Go(node.Instants);
        }
    }

    private void Frames(IEnumerable<Node> nodes) => Go(nodes.SelectMany(n => n.EndItem < 0 ? new[] { n.Begin } : [n.Begin, n.EndItem]));

    private void Go(IEnumerable<int> items) => _gone.UnionWith(items);

    private void Sample(IEnumerable<List<Node>> siblings, int one)
    {
        foreach (List<Node> family in siblings)
        {
            foreach (IGrouping<string, Node> same in family.GroupBy(n => n.Name))
            {
                Trees(same.Where((_, i) => i % one != 0));
                Sample(same.Where((_, i) => i % one == 0).Select(n => n.Children), one);
            }
        }
    }

    private void Merge(List<Node> family)
    {
        foreach (Node node in family)
            Merge(node.Children);
        for (int i = 0; i < family.Count;)
        {
            int length = Enumerable.Range(1, 8).FirstOrDefault(p => i + (3 * p) <= family.Count && Enumerable.Range(i, 2 * p).All(k => family[k].Shape == family[k + p].Shape));
            if (length == 0)
            {
                i++;
                continue;
            }

            int end = i + length;
            while (end + length <= family.Count && Enumerable.Range(end, length).All(k => family[k].Shape == family[k - length].Shape))
                end += length;
            Merge(family[i..end], length);
            i = end;
        }
    }

    private void Merge(List<Node> run, int length)
    {
        Node first = run[0], last = run[^1];
        Trees(run);
        _gone.Remove(first.Begin);
        Item begin = _trace.Items[first.Begin];
        _changed[first.Begin] = begin with
        {
            DurationNs = begin.Kind == EventKind.Complete ? last.End - first.Start : -1,
            Name = string.Join(", ", run.Take(length).Select(n => n.Name)),
            Arguments = [.. begin.Arguments, ("repeats", (long)run.Count / length), ("total_ns", run.Sum(n => n.End - n.Start))],
        };
        if (begin.Kind == EventKind.Complete)
            return;
        int end = run.Last(n => n.EndItem >= 0).EndItem;
        _gone.Remove(end);
        _changed[end] = _trace.Items[end] with { TimeNs = last.End };
    }

    private sealed class Node
    {
        public int Begin { get; init; }

        public int EndItem { get; set; } = -1;

        public required string Name { get; init; }

        public int Track { get; init; }

        public long Start { get; init; }

        public long End { get; set; }

        public int Depth { get; init; }

        public List<Node> Children { get; } = [];

        public List<int> Instants { get; } = [];

        public string Shape => Name + "(" + string.Concat(Children.Select(c => c.Shape)) + ")";

        public IEnumerable<Node> Tree() => Children.SelectMany(c => c.Tree()).Prepend(this);
    }
}
