using System.Numerics;
using VizTrace.Model.Slices;

namespace VizTrace.Filters.Shrinking;

/// <summary>
/// What the slices of a trace weigh, by duration and depth, which functions are rare, and how long the longest slices of each row are: enough to
/// choose what to leave out without looking again. Memory grows with rows and names alone. Not thread-safe.
/// </summary>
internal sealed class Weights : ISliceVisitor
{
    /// <summary>Deeper slices count as this deep.</summary>
    public const int Depths = 64;

    /// <summary>Steps of duration: eight to a doubling.</summary>
    public const int Durations = 8 * 64;

    private const int LongestPerRow = 64;

    private readonly long[] _bytes = new long[Durations * (Depths + 1)];
    private readonly long[] _events = new long[Durations * (Depths + 1)];
    private readonly Dictionary<int, PriorityQueue<long, long>> _longest = [];
    private readonly Dictionary<int, int> _depthOfOpen = [];
    private long[] _calls = [];

    /// <summary>Bytes of all that is no slice.</summary>
    public long OtherBytes { get; private set; }

    /// <summary>Number of events that are no slice.</summary>
    public long OtherEvents { get; private set; }

    /// <summary>The step of duration that <paramref name="ns"/> falls into; rises with it.</summary>
    public static int StepOf(long ns)
    {
        if (ns < 8)
            return (int)Math.Max(0, ns);
        int octave = BitOperations.Log2((ulong)ns);
        return Math.Min(Durations - 1, ((octave - 2) * 8) + (int)((ns >> (octave - 3)) & 7));
    }

    /// <summary>The least duration of a step, ns.</summary>
    public static long NsOf(int step) => step < 8 ? step : (8L + (step & 7)) << ((step >> 3) - 1);

    /// <summary>How often a name begins a slice.</summary>
    public long Calls(int name) => name < _calls.Length ? _calls[name] : 0;

    /// <summary>A duration that at most <paramref name="count"/> slices of the row reach or exceed, ns; 0: it has no more than that.</summary>
    public long LongestOf(int track, int count)
    {
        if (!_longest.TryGetValue(track, out PriorityQueue<long, long>? longest) || longest.Count < LongestPerRow)
            return count >= (longest?.Count ?? 0) ? 0 : Nth(longest!, count);
        return Nth(longest, count);
    }

    /// <summary>Bytes and events of slices of at least a step and at most a depth.</summary>
    public (long Bytes, long Events) Kept(int step, int depth)
    {
        long bytes = 0, events = 0;
        for (int s = step; s < Durations; s++)
        {
            for (int d = 1; d <= Math.Min(depth, Depths); d++)
            {
                bytes += _bytes[(s * (Depths + 1)) + d];
                events += _events[(s * (Depths + 1)) + d];
            }
        }

        return (bytes, events);
    }

    /// <inheritdoc />
    public void Begin(scoped in SliceRow slice, int depth)
    {
        _depthOfOpen[slice.Track] = depth;
        if (slice.Name >= _calls.Length)
            Array.Resize(ref _calls, Math.Max(slice.Name + 1, _calls.Length * 2));
        _calls[slice.Name]++;
    }

    /// <inheritdoc />
    public void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen)
    {
        int depth = Math.Clamp(_depthOfOpen[slice.Track]--, 1, Depths);
        long duration = Math.Max(0, endNs - slice.TimeNs);
        int at = (StepOf(duration) * (Depths + 1)) + depth;
        bool hasEnd = endOrdinal >= 0;
        // An end of its own weighs about half of a begin: it has no name.
        _bytes[at] += slice.Bytes + (hasEnd ? slice.Bytes / 2 : 0);
        _events[at] += hasEnd ? 2 : 1;
        if (!_longest.TryGetValue(slice.Track, out PriorityQueue<long, long>? longest))
            _longest.Add(slice.Track, longest = new PriorityQueue<long, long>());
        if (longest.Count < LongestPerRow)
            longest.Enqueue(duration, duration);
        else
            longest.EnqueueDequeue(duration, duration);
    }

    /// <inheritdoc />
    public void Other(scoped in SliceRow row, int depth)
    {
        OtherBytes += row.Bytes;
        OtherEvents++;
    }

    private static long Nth(PriorityQueue<long, long> longest, int count)
    {
        long[] sorted = [.. longest.UnorderedItems.Select(i => i.Element)];
        Array.Sort(sorted);
        return count == 0 ? long.MaxValue : sorted[Math.Max(0, sorted.Length - count)];
    }
}
