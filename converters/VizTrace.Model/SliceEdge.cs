namespace VizTrace.Model;

/// <summary>Whether an edge opens or closes a slice.</summary>
public enum EdgeKind : byte
{
    /// <summary>The slice begins.</summary>
    Begin,

    /// <summary>The innermost open slice of the thread ends.</summary>
    End,
}

/// <summary>What is unusual about an edge.</summary>
[Flags]
public enum EdgeFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>On an end: the call was still open when the recording ended, or with it its thread or process; the end is that time.</summary>
    Unfinished = 1,

    /// <summary>On a begin: the call was entered while records were being lost; the begin is the time at which the loss ended.</summary>
    StartLost = 2,

    /// <summary>On an end: the call was left while records were being lost; the end is the time at which the loss ended.</summary>
    EndLost = 4,

    /// <summary>On an end: an exception carried control out past the call, and its own leave was not recorded.</summary>
    Unwound = 8,

    /// <summary>
    /// On an end whose begin is <see cref="StartLost"/> and could not name the function: <see cref="SliceEdge.FunctionId"/> is the function that
    /// was left. The slice keeps the begin's.
    /// </summary>
    Named = 16,
}

/// <summary>
/// Begin or end of a slice on one thread. Edges of a thread come in time order and nest: an end always closes the innermost open slice,
/// and names it again in <see cref="FunctionId"/> (but for <see cref="EdgeFlags.Named"/>).
/// </summary>
/// <param name="TimeNs">CLOCK_MONOTONIC, ns; never less than the edge before it on the same thread.</param>
/// <param name="FunctionId">Which function (<see cref="FunctionInfo.Id"/>).</param>
/// <param name="Kind">Begin or end.</param>
/// <param name="Flags">What is unusual.</param>
public readonly record struct SliceEdge(long TimeNs, int FunctionId, EdgeKind Kind, EdgeFlags Flags = EdgeFlags.None);
