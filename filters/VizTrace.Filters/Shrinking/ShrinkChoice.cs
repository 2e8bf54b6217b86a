namespace VizTrace.Filters.Shrinking;

/// <summary>What is left out to come below a size. Each member alone and all of them may be set; rules that keep win over those that drop.</summary>
internal sealed record ShrinkChoice
{
    /// <summary>Slices shorter than this go, ns; 0: none.</summary>
    public long MinDurationNs { get; init; }

    /// <summary>Slices deeper than this go.</summary>
    public int MaxDepth { get; init; } = int.MaxValue;

    /// <summary>Whether all arguments go.</summary>
    public bool DropsArguments { get; init; }

    /// <summary>Of the events that are no slices (counters, instants, samples) one in so many stays.</summary>
    public long OtherStride { get; init; } = 1;

    /// <summary>So many of the longest slices of each row stay.</summary>
    public int LongestPerRow { get; init; } = 50;

    /// <summary>Functions with so few slices keep all of them.</summary>
    public int RareCalls { get; init; } = 10;

    /// <summary>Whether it leaves nothing out.</summary>
    public bool IsAll => MinDurationNs == 0 && MaxDepth == int.MaxValue && !DropsArguments && OtherStride == 1;

    /// <summary>
    /// The choice that comes below <paramref name="budget"/> by the figures of <paramref name="weights"/>, least telling first: calls too short to
    /// be seen when the whole trace is on the screen, then the deepest levels, then arguments, then longer calls, then the exceptions to all
    /// this; null when nothing is left to be left out. <paramref name="argumentShare"/>: part of the bytes that arguments are, 0 to 1.
    /// </summary>
    public static ShrinkChoice? For(Weights weights, ShrinkBudget budget, double argumentShare, long lengthNs)
    {
        int unseen = Math.Max(1, Weights.StepOf(Math.Max(1, lengthNs / 10_000)));
        int start = 0;
        foreach (ShrinkChoice kind in Kinds(weights, budget))
        {
            if (Shortest(kind, start, unseen) is { } shortest)
                return shortest;
            for (int depth = Weights.Depths - 1; depth >= 3; depth--)
            {
                if (Fits(kind, unseen, depth, arguments: true))
                    return Make(kind, unseen, depth, arguments: true);
            }

            if (Fits(kind, unseen, 3, arguments: false))
                return Make(kind, unseen, 3, arguments: false);
            if (Longer(kind, unseen) is { } longer)
                return longer;
        }

        return null;

        ShrinkChoice? Shortest(ShrinkChoice kind, int from, int to)
        {
            for (int step = from; step <= to; step++)
            {
                if (Fits(kind, step, int.MaxValue, arguments: true))
                    return Make(kind, step, int.MaxValue, arguments: true);
            }

            return null;
        }

        ShrinkChoice? Longer(ShrinkChoice kind, int from)
        {
            for (int step = from; step < Weights.Durations; step++)
            {
                if (Fits(kind, step, 3, arguments: false))
                    return Make(kind, step, 3, arguments: false);
            }

            return null;
        }

        bool Fits(ShrinkChoice kind, int step, int depth, bool arguments)
        {
            (long bytes, long events) = weights.Kept(step, depth);
            bytes += weights.OtherBytes / kind.OtherStride;
            return (arguments ? bytes : bytes * (1 - argumentShare)) <= budget.Bytes && events + (weights.OtherEvents / kind.OtherStride) <= budget.Events;
        }

        static ShrinkChoice Make(ShrinkChoice kind, int step, int depth, bool arguments) => kind with
        {
            MinDurationNs = Weights.NsOf(step),
            MaxDepth = depth,
            DropsArguments = !arguments,
        };
    }

    /// <summary>The exceptions, and what is no slice: first as they are, then fewer.</summary>
    private static IEnumerable<ShrinkChoice> Kinds(Weights weights, ShrinkBudget budget)
    {
        long most = Math.Max(1, Math.Max(weights.OtherBytes / Math.Max(1, budget.Bytes), weights.OtherEvents / Math.Max(1, budget.Events)) * 4);
        for (int level = budget.Level; level < 4; level++)
        {
            var kind = new ShrinkChoice { LongestPerRow = level switch { 0 => 50, 1 => 10, 2 => 3, _ => 1 }, RareCalls = level switch { 0 => 10, 1 => 2, _ => 0 } };
            yield return kind;
            for (long stride = 2; stride <= most; stride *= 2)
                yield return kind with { OtherStride = stride };
        }
    }
}

/// <summary>What is to be reached, in the units of <see cref="Weights"/>.</summary>
/// <param name="Bytes">Bytes of the input, uncompressed, that may be left.</param>
/// <param name="Events">Events that may be left.</param>
/// <param name="Level">0 to 3: how few exceptions are left from the start.</param>
internal readonly record struct ShrinkBudget(long Bytes, long Events, int Level);
