using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

/// <summary>
/// Silences longer than the 40 bits of a record's time, while nobody drained. The clock is the monotonic one: times in the trace are ticks.
/// </summary>
public sealed class AbsenceTests : IDisposable
{
    private const ulong Round = 1UL << 40;
    private const ulong From = 5_000;
    private const ulong Second = 1_000_000_000;

    private readonly TestCapture _capture = new();
    private readonly TestProcess _process;

    public AbsenceTests() => _process = _capture.AddProcess().Usual("App.Main", "App.Work").Pool();

    public void Dispose() => _capture.Dispose();

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(7, true)]
    public void ATimeThatFallsInsideBelongsBehind(int rounds, bool inPool)
    {
        ulong to = From + ((ulong)rounds * Round) + (100 * Second), after = to + 50;
        Away(to, to + 1000);
        ulong[] records = [In(2_010, 1), In(2_020, 2), Out(after, 2), Out(after + 10, 1)];
        Put(inPool, new TestChunk(1), records);
        Assert.Equal(["+ App.Main 2010", "+ App.Work 2020", $"- App.Work {after}", $"- App.Main {after + 10}"], Read().Edges());
    }

    [Fact]
    public void WhatIsDrainedLaterFollows()
    {
        ulong to = From + Round + (100 * Second), after = to + 50;
        Away(to, to + 1000);
        _process.Block(new TestChunk(1), [In(2_010, 1), Out(after, 1)]);
        // As the recorder writes it: from its return on it counts from there.
        _process.Block(new TestChunk(1), [In(after + Second, 1)], first: 2, firstTicks: after + Second);
        _process.Chunk(1, new TestChunk(1) { Drained = 3, QuietUntil = (uint)(after >> 24) }, In(2_010, 1), Out(after, 1), In(after + Second, 1), Out(after + (2 * Second), 1));
        Assert.Equal(
            ["+ App.Main 2010", $"- App.Main {after}", $"+ App.Main {after + Second}", $"- App.Main {after + (2 * Second)}"], Read().Edges());
    }

    [Fact]
    public void AShortAbsenceMovesNothing()
    {
        ulong to = From + (60 * Second);
        Away(to, to + 1000);
        _process.Block(new TestChunk(1), [In(2_010, 1), Out(From + (20 * Second), 1)]);
        Assert.Equal(["+ App.Main 2010", $"- App.Main {From + (20 * Second)}"], Read().Edges());
    }

    /// <summary>Only the recorder was stopped: the program went on, in this chunk up to the end of the absence.</summary>
    [Fact]
    public void TimesOfAProgramThatWentOnStay()
    {
        ulong to = From + Round + (100 * Second);
        Away(to, to + 1000);
        // The second lies where a time after the absence would seem to lie.
        ulong[] times = [2_010, to - Round + 50, From + (500 * Second), to - (20 * Second)];
        _process.Block(new TestChunk(1), [.. times.Select((t, i) => i % 2 == 0 ? In(t, 1) : Out(t, 1))]);
        Assert.Equal(times.Select(t => t.ToString(System.Globalization.CultureInfo.InvariantCulture)), Read().Edges().Select(e => e.Split(' ')[2]));
    }

    [Fact]
    public void AChunkBegunInsideShowsThatTheProgramWentOn()
    {
        ulong to = From + Round + (100 * Second), inside = to - Round + 50;
        Away(to, to + 1000);
        _process.Block(new TestChunk(1), [In(2_010, 1), Out(inside, 1)]);
        _process.Block(new TestChunk(1, 1) { StartTicks = inside + Second, StartNs = inside + Second }, [In(inside + Second, 1), Out(inside + Second + 1, 1)], firstTicks: inside + Second);
        Assert.Equal(["+ App.Main 2010", $"- App.Main {inside}", $"+ App.Main {inside + Second}", $"- App.Main {inside + Second + 1}"], Read().Edges());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ThatAPauseCannotBeToldIsSaidWhenTheRecorderDied(bool died)
    {
        _process.Block(new TestChunk(1), [In(2_010, 1), Out(2_020, 1)]);
        if (!died)
            _process.Ledger(36, 9_000ul, 0u, 0u);
        Assert.Equal(died, Read().Summary.Remarks.Any(r => r.StartsWith("process 100: from the recorder's end on, a pause", StringComparison.Ordinal)));
    }

    private void Away(ulong to, ulong done) => _process.Ledger(38, From, From, to, to, done);

    private void Put(bool inPool, TestChunk chunk, ulong[] records)
    {
        if (inPool)
            _process.Chunk(1, chunk, records);
        else
            _process.Block(chunk, records);
    }

    private Trace Read()
    {
        _process.Save();
        return _capture.Read();
    }
}
