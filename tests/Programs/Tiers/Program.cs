using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Tiers;

/// <summary>
/// Listens to the JIT and says what it did with three methods: <c>tier METHOD TIER</c> for each tier that it compiled one at, <c>inlined
/// CALLEE into CALLER</c>, and <c>rounds N</c>: how often <see cref="Hot.Called"/> was called. Ends when what it waits for was seen, or, with
/// code 1, after a minute.
/// </summary>
internal static class Program
{
    private static int Main()
    {
        using var listener = new JitListener();
        int sum = Hot.Endless(() => listener.Has("Endless", "OSR"), out long loops);
        int rounds = 0;
        long start = Environment.TickCount64;
        while (!(listener.Has("Called", "Tier1") && listener.IsInlined) && Environment.TickCount64 - start < 60_000)
        {
            rounds++;
            sum += Hot.Called(rounds);
            if (rounds % 50 == 0)
                Thread.Sleep(20);
        }

        foreach (string line in listener.Lines)
            Console.WriteLine(line);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rounds {rounds} loops {loops} sum {sum & 0}"));
        return listener.Has("Endless", "OSR") && listener.Has("Called", "Tier1") && listener.IsInlined ? 0 : 1;
    }
}

/// <summary>What is compiled again.</summary>
internal static class Hot
{
    /// <summary>Called once: only a replacement on the stack can make it faster.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Endless(Func<bool> enough, out long loops)
    {
        int sum = 0;
        long start = Environment.TickCount64;
        for (loops = 1; ; loops++)
        {
            sum = Small(sum);
            if (loops % 10_000 != 0)
                continue;
            if (enough() || Environment.TickCount64 - start > 60_000)
                return sum;
            // What the listener hears comes late; the replacement itself came after a thousand rounds.
            Thread.Sleep(10);
        }
    }

    /// <summary>Called until it is at its last tier.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Called(int value)
    {
        for (int i = 0; i < 10; i++)
            value = Small(value);
        return value;
    }

    /// <summary>Small enough to be inlined without being told, with what the recorder puts into it too.</summary>
    private static int Small(int value) => value + 3;
}

/// <summary>The runtime's own events: methods compiled, at which tier, and callees inlined.</summary>
internal sealed class JitListener : EventListener
{
    private const EventKeywords Jit = (EventKeywords)0x10, JitTracing = (EventKeywords)0x1000;

    private static readonly string[] s_tiers = ["Unknown", "MinOpts", "Optimized", "Tier0", "Tier1", "OSR", "Tier0Instrumented", "Tier1Instrumented"];

    private readonly ConcurrentDictionary<string, int> _lines = new();

    public IEnumerable<string> Lines => _lines.Keys.Order(StringComparer.Ordinal);

    public bool IsInlined => _lines.ContainsKey("inlined Small into Called");

    public bool Has(string method, string tier) => _lines.ContainsKey($"tier {method} {tier}");

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
            EnableEvents(eventSource, EventLevel.Verbose, Jit | JitTracing);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        switch (eventData.EventName)
        {
            case "MethodLoadVerbose_V1" or "MethodLoadVerbose_V2" when Text(eventData, "MethodNamespace") == "Tiers.Hot":
                // Bits 7 to 9 of the flags, as the event's manifest has them.
                int tier = (int)((uint)Convert.ToInt64(Value(eventData, "MethodFlags"), CultureInfo.InvariantCulture) >> 7 & 7);
                _lines.TryAdd($"tier {Text(eventData, "MethodName")} {s_tiers[tier]}", 0);
                break;
            case "MethodJitInliningSucceeded" when Text(eventData, "InlineeNamespace") == "Tiers.Hot":
                _lines.TryAdd($"inlined {Text(eventData, "InlineeName")} into {Text(eventData, "InlinerName")}", 0);
                break;
        }
    }

    private static object? Value(EventWrittenEventArgs eventData, string name)
    {
        int at = eventData.PayloadNames?.IndexOf(name) ?? -1;
        return at < 0 ? null : eventData.Payload![at];
    }

    private static string Text(EventWrittenEventArgs eventData, string name) => Value(eventData, name) as string ?? "";
}
