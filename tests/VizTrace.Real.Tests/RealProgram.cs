using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.Real.Tests;

/// <summary>A program that is run twice, alone and recorded, in a folder of the same name and content.</summary>
internal sealed record RealProgram(string Name)
{
    /// <summary>Puts its input into the folder.</summary>
    public Action<string> Prepare { get; init; } = static _ => { };

    /// <summary>The command.</summary>
    public required Func<string[]> Command { get; init; }

    /// <summary>What it must end with.</summary>
    public int ExitCode { get; init; }

    /// <summary>Files it writes, which must be the same byte for byte.</summary>
    public string[] Files { get; init; } = [];

    /// <summary>Removes from a line of its output what cannot be the same twice.</summary>
    public Func<string, string> Normalise { get; init; } = static line => line;

    /// <summary>Functions of which the number of calls is known.</summary>
    public Dictionary<string, long> Calls { get; init; } = [];

    /// <summary>At least so many calls it makes.</summary>
    public required long LeastCalls { get; init; }

    /// <summary>Calls that may be open at its end: of threads that it does not wait for.</summary>
    public Func<string, bool> MayStayOpen { get; init; } = static _ => false;

    /// <summary>Whether it fits into the time that each commit has.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Whether all of its code is optimized from the start, so that its own traces lack inlined frames: recorded, it is not.</summary>
    public bool IsOptimized { get; init; }

    /// <summary>Whether it is run in the modes but the first.</summary>
    public bool InEveryMode { get; init; } = true;

    public override string ToString() => Name;

    /// <summary>A program of <c>tests/real/Programs</c>.</summary>
    public static RealProgram Ours(string name, long leastCalls, int exitCode = 0, bool quick = true, params string[] arguments) => new(name)
    {
        Command = () => ["dotnet", quick ? Repository.Program(name) : Builds.Program(name), .. arguments],
        ExitCode = exitCode,
        LeastCalls = leastCalls,
        IsQuick = quick,
    };
}
