using VizTrace.Model.Events;

namespace VizTrace.Filters.Repeats;

/// <summary>
/// <c>--merge-repeats</c>: where slices that follow each other below the same caller repeat (the same names with the same names below them, in
/// sequences of 1 to 8, at least three times) they become one slice from the first begin to the last end, with the arguments <c>repeats</c>
/// (how many sequences) and <c>total_ns</c> (time within them); its name is that of the sequence's slices, joined by ", ". What lies below
/// goes, with its instants; counters and samples stay. From the first slice on, the shortest sequence that repeats is taken, as often as it
/// does. A slice with more than <see cref="MostBelow"/> events below it, one without an end and those that overlap without nesting are never
/// merged.
/// </summary>
public sealed class MergeRepeats : Filter
{
    /// <summary>Merges all that repeats.</summary>
    public MergeRepeats()
        : this("--merge-repeats", long.MaxValue)
    {
    }

    /// <summary>Merges slices up to a duration: for <c>shrink</c>, which must not fold a whole program that is one loop.</summary>
    internal MergeRepeats(string text, long longestNs)
        : base(text, null) => LongestNs = longestNs;

    /// <summary>Events below a slice that may still be merged.</summary>
    public const int MostBelow = 4096;

    /// <summary>Longest sequence.</summary>
    public const int LongestSequence = 8;

    /// <summary>How often a sequence must follow itself.</summary>
    public const int FewestRepeats = 3;

    internal override Decision Decides => Decision.Later;

    internal override EventParts Parts => EventParts.Times | EventParts.Names;

    internal override bool ChangesArguments => true;

    /// <summary>Slices that took longer are never merged.</summary>
    internal long LongestNs { get; }

    internal TextTable Texts { get; private set; } = new();

    internal override void Prepare(ITraceSource input) => Texts = input.Texts;
}
