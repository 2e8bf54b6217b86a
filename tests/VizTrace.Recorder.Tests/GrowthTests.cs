using VizTrace.Recorder.Draining;
using VizTrace.Recorder.Interop;
using Xunit;

namespace VizTrace.Recorder.Tests;

/// <summary>How a pool gets larger: early, step by step, and never at the others' cost.</summary>
public class GrowthTests
{
    private const long NoLimit = long.MaxValue;
    private const ulong Millisecond = 1_000_000;
    private readonly ulong _start = Libc.Nanoseconds(Libc.ClockMonotonic);

    [Fact]
    public void AYoungPoolStaysSmallAndGetsItsUsualSizeAfter100Milliseconds()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 64, maxChunks: 1000);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        Assert.Equal([64u, 64u, 192u, 256u, 256u], Rounds(loop, program, 0, 100, 101, 101, 102));
    }

    [Fact]
    public void APoolGetsItsUsualSizeWithTheFirstFullChunk()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 64, maxChunks: 1000);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        Fill(program.NewThread(1), FakeProgram.RecordsPerChunk);
        Assert.Equal([64u], Rounds(loop, program, 0));
        Fill(program.Threads[0], 1);
        Assert.Equal([192u, 256u, 256u], Rounds(loop, program, 1, 1, 1));
    }

    [Fact]
    public void GrowthGoesInStepsOf16MegabytesAndDrainsInBetween()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 300, maxChunks: 1000);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        for (int i = 0; i < 240; i++)
            program.NewThread(1).Record(1, 2);
        FakeProgram.FakeThread busy = program.NewThread(1);
        Fill(busy, 1);
        foreach (uint capacity in (uint[])[428, 556, 600, 600])
        {
            Fill(busy, FakeProgram.RecordsPerChunk);
            Assert.Equal(1, loop.Round(_start, null, null));
            Assert.Equal(capacity, program.Capacity);
            Assert.Equal((int)capacity - 1 - 241, program.FreeChunks);
        }
    }

    [Fact]
    public void AllPoolsOfARecordingShareOneBudget()
    {
        using var capture = new TemporaryDirectory();
        using var one = new FakeProgram(capture.Path, initialChunks: 64, maxChunks: 1000);
        using var other = new FakeProgram(capture.Path, initialChunks: 64, maxChunks: 1000, start: 1);
        using var loop = new DrainLoop(capture.Path, NoLimit, chunkLimit: 300);
        for (int i = 0; i < 5; i++)
            Rounds(loop, one, 0, 150);
        Assert.Equal([108u, 192u], [.. ((uint[])[one.Capacity, other.Capacity]).Order()]);
    }

    private List<uint> Rounds(DrainLoop loop, FakeProgram program, params ulong[] atMs)
    {
        var capacities = new List<uint>();
        foreach (ulong ms in atMs)
        {
            loop.Round(_start + (ms * Millisecond), null, null);
            capacities.Add(program.Capacity);
        }

        return capacities;
    }

    private static void Fill(FakeProgram.FakeThread thread, int records)
    {
        for (int i = 0; i < records; i++)
            thread.Record(10, 2u | (uint)(i & 1));
    }
}
