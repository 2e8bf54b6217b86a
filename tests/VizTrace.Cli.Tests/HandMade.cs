using VizTrace.Model;

namespace VizTrace.Cli.Tests;

/// <summary>
/// A small trace with numbers that can be added up by hand. Thread 1: Main [1000,2000] contains Fib [1100,1500], which contains Fib [1200,1300]
/// and Fib [1300,1400]; then Leaf [1600,1650]. Thread 2: Leaf [1200,1900], Fib in it [1300,1350]. Thread 3 has no call.
/// </summary>
internal static class HandMade
{
    public const int Main = 0, Fib = 1, Leaf = 2;

    public static TraceSummary Feed(ITraceSink sink)
    {
        sink.Start(new TraceMetadata { Producer = "VizTrace 0.1.0", Command = "dotnet Shop.dll", StartNs = 900, ProbeClock = "tsc", ClockErrorNs = 40 });
        sink.Process(new ProcessInfo(0, 500, "Shop") { Runtime = ".NET 10.0.0", ExitCode = 0 });
        sink.Thread(new ThreadInfo(1, 0, 500) { ManagedId = 1, OsName = "dotnet", Role = ThreadRole.Main });
        sink.Thread(new ThreadInfo(2, 0, 507) { ManagedId = 9, ManagedName = "Worker", OsName = ".NET TP Worker", Role = ThreadRole.Pool, LostRecords = 3 });
        sink.Thread(new ThreadInfo(3, 0, 508) { Role = ThreadRole.Gc });
        sink.Function(new FunctionInfo(Main, "Shop.Main") { Module = "Shop.dll" });
        sink.Function(new FunctionInfo(Fib, "Shop.Fib") { Module = "Shop.dll", SourceFile = "Fib.cs", SourceLine = 4 });
        sink.Function(new FunctionInfo(Leaf, "Shop.Leaf"));
        sink.Function(new FunctionInfo(3, "Shop.Never"));
        sink.Slices(1, [Begin(1000, Main), Begin(1100, Fib), Begin(1200, Fib), End(1300, Fib)]);
        // The other thread in between, with the first one's calls open.
        sink.Slices(2, [Begin(1200, Leaf), Begin(1300, Fib)]);
        sink.Slices(1, [Begin(1300, Fib), End(1400, Fib), End(1500, Fib), Begin(1600, Leaf), End(1650, Leaf)]);
        sink.Slices(2, [End(1350, Fib), new SliceEdge(1900, Leaf, EdgeKind.End, EdgeFlags.Unfinished)]);
        sink.Slices(1, [End(2000, Main)]);
        sink.Loss(new RecordLoss(2, 1400, 1500, 4, "no free chunk"));
        sink.Loss(new RecordLoss(2, 1600, 1700, 6, "no free chunk"));
        var summary = new TraceSummary
        {
            Calls = 7,
            Unfinished = 1,
            LostRecords = 10,
            BlindFromNs = 1950,
            BlindReason = "size limit",
            NotRecorded = [new("a.dll", "A.X", "dynamic"), new("a.dll", "A.Y", "undecodable body"), new("b.dll", "B.Z", "dynamic")],
            Remarks = ["something odd"],
            Coverage =
            [
                new("Shop.dll")
                {
                    Recorded = 3,
                    Groups =
                    [
                        new(CoverageState.Recorded, "", [new("Shop", ["Fib"])]),
                        new(CoverageState.NeverCalled, "", [new("Shop", ["Never", "Fib"])]),
                        new(CoverageState.Hidden, "excluded", [new("Shop.Log", ["Write"])]),
                        new(CoverageState.NotRecordable, "abstract", [new("Shop.IStore", ["Get"])]),
                    ],
                },
                new("a.dll") { Unlisted = "loaded from memory", Refused = 2, Groups = [new(CoverageState.NoCalls, "", [new("A", ["Z"])])] },
            ],
        };
        sink.Finish(summary);
        return summary;
    }

    private static SliceEdge Begin(long timeNs, int function) => new(timeNs, function, EdgeKind.Begin);

    private static SliceEdge End(long timeNs, int function) => new(timeNs, function, EdgeKind.End);
}
