using VizTrace.Model.Events;
using static VizTrace.Filters.Tests.Made;

namespace VizTrace.Filters.Tests;

/// <summary>Traces from a seed: two threads and an asynchronous row whose slices nest, every event at a time of its own.</summary>
internal sealed class RandomTrace(int seed)
{
    private static readonly string[] s_names = ["A", "B", "C", "D"];
    private static readonly string[] s_categories = ["", "", "net", "io,net"];

    private readonly Random _random = new(seed);
    private readonly List<Item>[] _rows = [[], [], [], [], []];
    private long _now;

    /// <summary>In order of time.</summary>
    public static MemoryTrace InOrder(int seed) => new RandomTrace(seed).Make(flows: true);

    /// <summary>The same without flows.</summary>
    public static MemoryTrace WithoutFlows(int seed) => new RandomTrace(seed).Make(flows: false);

    /// <summary>With Complete slices that overlap without nesting.</summary>
    public static MemoryTrace Overlapping(int seed)
    {
        var random = new Random(seed);
        MemoryTrace trace = Rows();
        for (int i = 0; i < 25; i++)
            trace.Add(X(1 + random.Next(2), i * 3, random.Next(1, 40), s_names[random.Next(4)]));
        return trace;
    }

    /// <summary>The same events in another order of the file.</summary>
    public static MemoryTrace Shuffled(MemoryTrace trace, int seed)
    {
        MemoryTrace shuffled = Rows();
        Item[] items = [.. trace.Items];
        new Random(seed).Shuffle(items);
        return shuffled.Add(items);
    }

    private static MemoryTrace Rows()
    {
        MemoryTrace trace = Two();
        trace.Row(TrackKind.Async, 2, "request");
        return trace;
    }

    private MemoryTrace Make(bool flows)
    {
        MemoryTrace trace = Rows();
        foreach (int row in new[] { 1, 2, 4 })
        {
            _now = row;
            Calls(row, 0, _random.Next(1, 5));
        }

        for (int i = 0; i < 5; i++)
            _rows[3].Add(C(3, 3 + (i * 50)));
        trace.Add([.. _rows.SelectMany(r => r).OrderBy(i => i.TimeNs)]);
        if (flows)
            AddFlows(trace);
        return trace;
    }

    /// <summary>Rows differ in the last digit of time.</summary>
    private long Tick() => _now += 5;

    private void Calls(int row, int depth, int count)
    {
        bool repeats = _random.Next(4) == 0;
        string name = s_names[_random.Next(4)];
        for (int i = 0; i < (repeats ? count * 3 : count); i++)
        {
            if (!repeats)
                name = s_names[_random.Next(4)];
            string category = s_categories[_random.Next(4)];
            long begin = Tick();
            int at = _rows[row].Count;
            _rows[row].Add(null!);
            if (_random.Next(6) == 0)
                _rows[row].Add(I(row, Tick(), "i", s_categories[_random.Next(4)]));
            if (depth < 4 && !repeats)
                Calls(row, depth + 1, _random.Next(0, 4));
            long end = Tick();
            bool isComplete = _random.Next(2) == 0;
            _rows[row][at] = (isComplete ? X(row, begin, end - begin, name, category) : B(row, begin, name, category)) with
            {
                Arguments = _random.Next(3) == 0 ? [("x1", (long)i), ("y", "text")] : [],
                Bytes = _random.Next(1, 100),
            };
            if (!isComplete)
                _rows[row].Add(E(row, end));
        }
    }

    private void AddFlows(MemoryTrace trace)
    {
        int events = trace.Items.Count;
        for (ulong id = 1; id < 6; id++)
        {
            int a = _random.Next(events), b = _random.Next(events);
            if (id % 2 == 0)
            {
                trace.Items[a] = trace.Items[a] with { Flows = [.. trace.Items[a].Flows, id] };
                trace.Items[b] = trace.Items[b] with { EndingFlows = [.. trace.Items[b].EndingFlows, id] };
                continue;
            }

            // Flow events stand one ns behind another event of their row, and bind there.
            trace.Items.Add(Flow(EventKind.FlowBegin, trace.Items[a].Track, trace.Items[a].TimeNs + 1, id));
            trace.Items.Add(Flow(EventKind.FlowEnd, trace.Items[b].Track, trace.Items[b].TimeNs + 1, id, enclosing: id == 3));
        }

        Item[] sorted = [.. trace.Items.OrderBy(i => i.TimeNs)];
        trace.Items.Clear();
        trace.Add(sorted);
    }
}
