namespace VizTrace.Model;

/// <summary>
/// What became of the methods of one module, all processes together: of several states in which a method was, the one nearest to
/// <see cref="CoverageState.Recorded"/>. Names that the trace has anyway are not repeated here, only counted. Immutable.
/// </summary>
/// <param name="Module">File name of the module. Two builds of a module are two entries with one name.</param>
public sealed record ModuleCoverage(string Module)
{
    /// <summary>Why its methods cannot be listed: only those that were compiled are known then; null when all are.</summary>
    public string? Unlisted { get; init; }

    /// <summary>Methods with calls in the trace, whose functions have this module's name.</summary>
    public int Recorded { get; init; }

    /// <summary>Methods of <see cref="CoverageState.NotRecordable"/> that <see cref="TraceSummary.NotRecorded"/> names.</summary>
    public int Refused { get; init; }

    /// <summary>
    /// The methods of the other states, by state and reason; under <see cref="CoverageState.Recorded"/> those that share their name with
    /// another recorded one (overloads, the parts of an async method): the trace's functions name them once.
    /// </summary>
    public IReadOnlyList<CoverageGroup> Groups { get; init; } = [];

    /// <summary>Number of methods in a state.</summary>
    public int Count(CoverageState state) => state == CoverageState.Recorded
        ? Recorded
        : Groups.Where(g => g.State == state).Sum(g => g.Methods) + (state == CoverageState.NotRecordable ? Refused : 0);

    /// <summary>Number of methods that are known.</summary>
    public int Methods => CoverageStates.All.Sum(Count);
}

/// <summary>Methods of one module, state and reason.</summary>
/// <param name="State">Their state.</param>
/// <param name="Reason">Short and stable; empty where the state says all.</param>
/// <param name="Types">Their names.</param>
public sealed record CoverageGroup(CoverageState State, string Reason, IReadOnlyList<CoveredType> Types)
{
    /// <summary>Number of methods.</summary>
    public int Methods => Types.Sum(t => t.Names.Count);
}

/// <summary>
/// Names of methods that begin alike: type, dot, name make the readable name of each. Overloads stand as often as there are. A type may have
/// several entries.
/// </summary>
/// <param name="Type">What comes before the last dot: usually the type.</param>
/// <param name="Names">What comes behind it.</param>
public sealed record CoveredType(string Type, IReadOnlyList<string> Names);
