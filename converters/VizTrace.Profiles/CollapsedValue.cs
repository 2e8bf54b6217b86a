namespace VizTrace.Profiles;

/// <summary>What the numbers of collapsed stacks are.</summary>
public enum CollapsedValue
{
    /// <summary>Samples where the trace has any (its slices are then few: collections, compilations), else ns.</summary>
    Automatic,

    /// <summary>ns spent in slices.</summary>
    Time,

    /// <summary>Samples.</summary>
    Samples,
}
