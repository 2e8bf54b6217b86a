using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>One hard thing that a program does; <c>tests/stress/run.sh</c> knows it by its name.</summary>
internal sealed record StressCase(string Name, string[] Command)
{
    /// <summary>Signal 6, by which the runtime ends a program that crashed.</summary>
    private const int Aborted = 134;

    private static readonly string[] s_counted = ["--include", "Deadlock.Counted.*"];

    /// <summary>With which code it ends.</summary>
    public int ExitCode { get; init; }

    /// <summary>Whether it dies by itself, soon; the others are told for how many seconds to go on.</summary>
    public bool Dies { get; init; }

    /// <summary>More options of <c>run</c>. With an <c>--include</c> of what counts itself, lost records add up to the last one.</summary>
    public string[] Options { get; init; } = [];

    /// <summary>Whether nothing is recorded but calls that the program counts.</summary>
    public bool RecordsOnlyCounted => Options.Length > 0;

    /// <summary>Records after which a chunk is handed over; null: when it is full.</summary>
    public string? ChunkRecords { get; init; }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<StressCase> All { get; } =
    [
        Loop("threads"),
        Loop("threads", "blocking", "DOTNET_gcConcurrent=0"),
        Loop("threads", "server", "DOTNET_gcServer=1", "DOTNET_GCHeapCount=2"),
        Loop("threads", "server-blocking", "DOTNET_gcServer=1", "DOTNET_gcConcurrent=0", "DOTNET_GCHeapCount=2"),
        Loop("nulls"), Loop("recursion"), Loop("interrupts"), Loop("finalizers"), Loop("contexts"), Loop("foreign"), Loop("processes"),
        Loop("signals"), Loop("starvation"), Loop("tasks"),
        Locks("locks", []),
        Locks("locks-jemalloc", ["LD_PRELOAD=libjemalloc.so.2"]),
        Death("overflow", Aborted), Death("overflow-thread", Aborted), Death("failfast", Aborted), Death("abort", Aborted),
        Death("exit", 5), Death("native-exit", 6), Death("native-quick-exit", 7),
        Death("unhandled-main", Aborted), Death("unhandled-thread", Aborted), Death("unhandled-pool", Aborted), Death("unhandled-finalizer", Aborted),
    ];

    /// <summary>The command, for a program that goes on for so long.</summary>
    public string[] CommandFor(string seconds) => Dies ? Command : [.. Command, seconds];

    private static StressCase Loop(string mode, string variant = "", params string[] environment) =>
        new(variant.Length == 0 ? mode : $"{mode}-{variant}", ["env", .. environment, "dotnet", Repository.Program("Stress"), mode]);

    private static StressCase Locks(string name, string[] environment) =>
        new(name, ["env", .. environment, "dotnet", Repository.Program("Deadlock"), NativeParts.Folder]) { Options = s_counted, ChunkRecords = "16" };

    private static StressCase Death(string mode, int exitCode) =>
        new(mode, ["dotnet", Repository.Program("Stress"), mode]) { Dies = true, ExitCode = exitCode };
}
