namespace VizTrace.Profiles;

/// <summary>What the numbers of collapsed stacks are.</summary>
public enum CollapsedValue
{
    /// <summary>ns where the trace has slices, else samples.</summary>
    Automatic,

    /// <summary>ns spent in slices.</summary>
    Time,

    /// <summary>Samples.</summary>
    Samples,
}
