using System.Text.RegularExpressions;

namespace VizTrace.Real.Tests;

/// <summary>The programs: ours, which drive libraries, and the SDK's tools.</summary>
internal static partial class RealPrograms
{
    private const string Main = "Program.Main";

    public static RealProgram[] All { get; } =
    [
        RealProgram.Ours("Introspection", 200_000, 42) with
        {
            // The thread that completes an async Main may still be on its way out of what awaited.
            MayStayOpen = static name => name == Main || name.StartsWith("Introspection.AsyncThrowing.", StringComparison.Ordinal),
        },
        RealProgram.Ours("Json", 1_000_000, 7) with { Calls = new() { ["Json.RoundTrips.Run"] = 1, ["Json.AmountConverter.ReadJson"] = 3, ["Json.AmountConverter.WriteJson"] = 2 } },
        RealProgram.Ours("Emitting", 20_000) with { Calls = new() { ["Derived.Step"] = 1, ["Emitting.Worker.Run"] = 2 } },
        RealProgram.Ours("Isolated", 500, 5) with { Calls = new() { ["IsolatedPart.Part.Fail"] = 20 }, MayStayOpen = static name => name == Main },
        RealProgram.Ours("Functional", 3_000_000, 3) with
        {
            // Both ways, a million each, begin with the other function of the two in every second call.
            Calls = new() { ["Functional.Recursion.even"] = 1_000_002, ["Functional.Recursion.odd"] = 1_000_001 },
        },
        RealProgram.Ours("Server", 30_000, 0, true, "16", "100") with
        {
            Calls = new() { ["Server.Shop..ctor"] = 1, ["Server.Basket..ctor"] = 800, ["Server.Shop.Rounded"] = ServerPrices(16, 100) },
            MayStayOpen = static name => name == Main,
        },
        RealProgram.Ours("Properties", 50_000, 0, quick: false),
        RealProgram.Ours("Measured", 50_000, 0, quick: false) with { MayStayOpen = static _ => true },
        new("Json, precompiled") { Command = static () => ["dotnet", Builds.ReadyToRun("Json")], ExitCode = 7, LeastCalls = 1_000_000, IsOptimized = true },
        new("csc") { Command = Tools.Compile, Prepare = Tools.WriteSources, Files = ["big.dll", "big.pdb"], LeastCalls = 10_000_000 },
        new("MSBuild")
        {
            Command = Tools.Build,
            Prepare = Tools.WriteProject,
            Files = ["bin/Release/net10.0/Small.dll", "obj/Small.csproj.nuget.g.targets"],
            LeastCalls = 1_000_000,
            MayStayOpen = static _ => true,
            InEveryMode = false,
        },
        new("dotnet format")
        {
            Command = Tools.Format, Prepare = Tools.WriteProject, Files = ["Program.cs"], LeastCalls = 500_000, MayStayOpen = static _ => true, InEveryMode = false,
        },
        new("dotnet test")
        {
            Command = Tools.Test,
            Normalise = static line => Duration().Replace(line, "Duration: ?"),
            LeastCalls = 1000,
            MayStayOpen = static _ => true,
            InEveryMode = false,
        },
    ];

    /// <summary>How often a price is looked up: by a fourth of the requests once, by half as often as the order says, by the rest for each of a stream.</summary>
    private static long ServerPrices(int clients, int requests)
    {
        long calls = 0;
        for (int client = 0; client < clients; client++)
        {
            for (int i = 0; i < requests; i++)
            {
                int article = (client * 7) + i, count = i % 5;
                calls += (i % 4) switch { 0 => 1, 1 or 2 => count == 4 ? 0 : count, _ => article % 20 };
            }
        }

        return calls;
    }

    [GeneratedRegex("Duration: [^-]*")]
    private static partial Regex Duration();
}
