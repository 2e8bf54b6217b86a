using System.Numerics;
using System.Runtime.InteropServices;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Shrinking;

/// <summary>
/// What a trace is made of, from one reading: how much calls of each duration and depth weigh, which functions are rare and which calls are
/// the longest of their row. Memory: 0.4 KB for each function and for each row, whatever the number of calls.
/// </summary>
internal sealed class ShrinkStatistics(SliceWalk walk, bool countsBytes, long longNs) : ISliceVisitor, IRowNotes
{
    /// <summary>A function with at most so many calls is rare: they all stay.</summary>
    public const int FewCalls = 50;

    /// <summary>So many of the longest calls of each row stay.</summary>
    public const int Longest = 16;

    private const int MostDepth = 1024;

    private readonly Dictionary<int, Function> _functions = [];
    private readonly List<PriorityQueue<long, (long Duration, long Earlier)>?> _longest = [];
    private readonly HashSet<long> _spared = [];
    private readonly Dictionary<long, int> _depths = [];

    /// <summary>All events.</summary>
    public long Total { get; private set; }

    /// <summary>Calls that may go, by <see cref="BucketOf"/> of their duration.</summary>
    public long[] ByDuration { get; } = new long[256];

    /// <summary>Those of them that no other encloses.</summary>
    public long[] OutermostByDuration { get; } = new long[256];

    /// <summary>Calls that may go and are long, by depth.</summary>
    public long[] LongByDepth { get; } = new long[MostDepth + 1];

    /// <summary>Bytes of arguments.</summary>
    public long Arguments { get; private set; }

    /// <summary>Place of a duration in a histogram: four to an octave.</summary>
    public static int BucketOf(long ns)
    {
        if (ns < 4)
            return (int)Math.Max(0, ns);
        int octave = BitOperations.Log2((ulong)ns);
        return (octave << 2) - 4 + (int)(ns >> (octave - 2) & 3);
    }

    /// <summary>The shortest duration of the next place.</summary>
    public static long EndOf(int bucket)
    {
        int next = bucket + 1;
        return next < 4 ? next : next > 247 ? long.MaxValue : (long)((ulong)(4 + (next & 3)) << ((next >> 2) - 1));
    }

    /// <summary>Whether a call stays in any case.</summary>
    public bool Spares(in SliceRow slice) => _functions.GetValueOrDefault(slice.Name)?.Calls is null or <= FewCalls || _spared.Contains(slice.Ordinal);

    /// <inheritdoc/>
    public bool Note(scoped in TraceEvent e, ref SliceRow row)
    {
        Total += countsBytes ? e.Bytes : 1;
        if (e.Kind is EventKind.Begin or EventKind.Complete or EventKind.Instant)
            Arguments += e.RawArguments.Length;
        return e.Kind is EventKind.Begin or EventKind.Complete or EventKind.End;
    }

    /// <inheritdoc/>
    public void Begin(scoped in SliceRow slice, int depth) => _depths[slice.Ordinal] = depth;

    /// <inheritdoc/>
    public void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen)
    {
        _depths.Remove(slice.Ordinal, out int depth);
        if (isOpen)
            return;
        long duration = endNs - slice.TimeNs;
        int weight = countsBytes ? slice.Bytes + (endOrdinal >= 0 ? walk.EndRow.Bytes : 0) : endOrdinal >= 0 ? 2 : 1;
        KeepLongest(slice, duration);
        ref Function? function = ref CollectionsMarshal.GetValueRefOrAddDefault(_functions, slice.Name, out _);
        function ??= new Function();
        if (++function.Calls <= FewCalls)
        {
            function.First!.Add((duration, depth, weight));
            return;
        }

        if (function.First is { } first)
        {
            foreach ((long firstDuration, int firstDepth, int firstWeight) in first)
                Weigh(firstDuration, firstDepth, firstWeight);
            function.First = null;
        }

        Weigh(duration, depth, weight);
    }

    /// <inheritdoc/>
    public void Other(scoped in SliceRow row, int depth)
    {
    }

    /// <summary>No event follows.</summary>
    public void Finish()
    {
        foreach (PriorityQueue<long, (long, long)>? row in _longest)
        {
            if (row is null)
                continue;
            foreach ((long ordinal, (long, long) _) in row.UnorderedItems)
                _spared.Add(ordinal);
        }

        _longest.Clear();
    }

    private void Weigh(long duration, int depth, int weight)
    {
        int bucket = BucketOf(duration);
        ByDuration[bucket] += weight;
        if (depth == 1)
            OutermostByDuration[bucket] += weight;
        if (duration >= longNs)
            LongByDepth[Math.Min(depth, MostDepth)] += weight;
    }

    private void KeepLongest(in SliceRow slice, long duration)
    {
        while (_longest.Count <= slice.Track)
            _longest.Add(null);
        PriorityQueue<long, (long, long)> row = _longest[slice.Track] ??= new PriorityQueue<long, (long, long)>(Longest + 1);
        if (row.Count < Longest)
            row.Enqueue(slice.Ordinal, (duration, -slice.Ordinal));
        else
            row.EnqueueDequeue(slice.Ordinal, (duration, -slice.Ordinal));
    }

    private sealed class Function
    {
        public long Calls;

        /// <summary>The first calls, until it is known that they are not rare.</summary>
        public List<(long Duration, int Depth, int Weight)>? First = [];
    }
}
