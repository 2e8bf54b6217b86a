using System.Globalization;
using VizTrace.EndToEnd.Tests.Decoding;
using VizTrace.EndToEnd.Tests.Harness;

namespace VizTrace.EndToEnd.Tests;

/// <summary>What a program says that it called (<c>call [function] [times]</c> on standard output) against what its trace holds.</summary>
internal sealed class StressAccount
{
    /// <summary>Name of a call whose begin was lost.</summary>
    private const string EnteredWhileLost = "(entered while records were lost)";

    private readonly List<string> _wrong = [];

    /// <summary>Recordings added up.</summary>
    public int Rounds { get; private set; }

    /// <summary>Threads with calls.</summary>
    public long Threads { get; private set; }

    /// <summary>Calls that the program counted.</summary>
    public long Said { get; private set; }

    /// <summary>Slices of the functions that it counted.</summary>
    public long Recorded { get; private set; }

    /// <summary>Records of them: an enter and a leave, less what a slice lacks.</summary>
    public long Records { get; private set; }

    /// <summary>Records that the trace says were lost.</summary>
    public long Lost { get; private set; }

    /// <summary>Reads both sides of one recording.</summary>
    public static StressAccount Of(Recording recording, long lost)
    {
        var account = new StressAccount { Rounds = 1, Lost = lost };
        Dictionary<string, long> said = recording.Result.OutputLines.Select(l => l.Split(' ')).Where(w => w[0] == "call")
            .ToDictionary(w => w[1], w => long.Parse(w[2], CultureInfo.InvariantCulture));
        var recorded = said.Keys.ToDictionary(n => n, _ => 0L);
        foreach (DecodedThread thread in recording.Trace.Threads)
        {
            account.Threads += thread.Slices.Count > 0 ? 1 : 0;
            foreach (DecodedSlice slice in thread.Slices)
            {
                if (slice.Name == EnteredWhileLost)
                {
                    // Its begin is no record; its end tells what it was the end of, and is one.
                    account.Records += slice.Unfinished || slice.EndLost ? 0 : 1;
                    continue;
                }

                if (!recorded.TryGetValue(slice.Name, out long times))
                    continue;
                recorded[slice.Name] = times + 1;
                account.Records += slice.Unfinished || slice.EndLost ? 1 : 2;
            }
        }

        account.Said = said.Values.Sum();
        account.Recorded = recorded.Values.Sum();
        account._wrong.AddRange(said.Where(s => lost == 0 ? recorded[s.Key] != s.Value : recorded[s.Key] > s.Value)
            .Select(s => $"{s.Key}: {s.Value} calls made, {recorded[s.Key]} in the trace, {lost} records lost"));
        return account;
    }

    /// <summary>Adds one recording, which must add up; to the last lost record when nothing <paramref name="onlyCounted"/> is recorded.</summary>
    public void Add(StressAccount one, bool onlyCounted)
    {
        Assert.Empty(one._wrong);
        long missing = (2 * one.Said) - one.Records;
        Assert.True(onlyCounted ? missing == one.Lost : missing >= 0 && missing <= one.Lost,
            $"{one.Said} calls made, {one.Recorded} in the trace by {one.Records} records, {one.Lost} records lost: {missing} are missing");
        Rounds += one.Rounds;
        Threads += one.Threads;
        Said += one.Said;
        Recorded += one.Recorded;
        Records += one.Records;
        Lost += one.Lost;
    }
}
