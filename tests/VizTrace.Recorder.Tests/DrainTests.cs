using VizTrace.Recorder.Draining;
using VizTrace.Recorder.Interop;
using VizTrace.Recorder.Pool;
using Xunit;

namespace VizTrace.Recorder.Tests;

/// <summary>What threads of a played program record is on disk afterwards, exactly, in blocks and pool together.</summary>
public class DrainTests
{
    private const long NoLimit = long.MaxValue;

    private static ulong Now => Libc.Nanoseconds(Libc.ClockMonotonic);

    [Fact]
    public void EveryRecordOfEveryThreadIsKeptInOrderWhileThePoolGoesRoundManyTimes()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 8, maxChunks: 24);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(i => new Thread(() => Play(program.NewThread(1_000_000ul * (ulong)i), 300_000 + (i * 977), i, end: i % 2 == 0)))];
        foreach (Thread thread in threads)
            thread.Start();
        while (threads.Any(t => t.IsAlive))
            loop.Round(Now, null, null);
        loop.Round(Now, null, null);

        Assert.Equal(4, program.Threads.Count);
        foreach (FakeProgram.FakeThread thread in program.Threads)
            Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
        Assert.All(CaptureParser.Blocks(program.Directory), b => Assert.Equal(1u, b.Encoding));
        Assert.Equal(program.Threads.Sum(t => (long)t.Recorded.Count) - InPool(program), loop.Recordings[0].DrainedRecords);
        Assert.Equal(0u, program.Stop);
    }

    [Fact]
    public void AChunkThatWasDrainedIsCleanAndFreeAgain()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 64, maxChunks: 64);
        FakeProgram.FakeThread full = program.NewThread(5), ended = program.NewThread(7);
        Play(full, FakeProgram.RecordsPerChunk + 1, 1, end: false);
        Play(ended, 100, 2, end: true);
        Assert.Equal(60, program.FreeChunks);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        Assert.Equal(2, loop.Round(Now, null, null));

        Assert.Equal(62, program.FreeChunks);
        Assert.Equal(full.Slot, program.Get<uint>(full.Chunk, 0));
        Assert.All(Enumerable.Range(1, 63).Where(i => i != full.Chunk), i => Assert.True(program.IsClean(i)));
        Assert.Equal(0, loop.Round(Now, null, null));
    }

    [Fact]
    public void ThePoolDoublesWhenFewChunksAreFreeUpToItsLimit()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 80, maxChunks: 300);
        using var loop = new DrainLoop(capture.Path, NoLimit, chunkLimit: 250);
        ulong now = Now;
        loop.Round(now, null, null);
        Assert.Equal(80u, program.Capacity);
        FakeProgram.FakeThread[] threads = [.. Enumerable.Range(0, 60).Select(_ => program.NewThread(1))];
        Array.ForEach(threads, t => t.Record(1, 2));
        Assert.Equal(19, program.FreeChunks);
        loop.Round(now, null, null);
        Assert.Equal(160u, program.Capacity);
        Assert.Equal(99, program.FreeChunks);
        Assert.Equal(160 * FakeProgram.ChunkBytes, new FileInfo(Path.Combine(program.Directory, "pool")).Length);
        threads = [.. Enumerable.Range(0, 90).Select(_ => program.NewThread(1))];
        Array.ForEach(threads, t => t.Record(1, 2));
        loop.Round(now, null, null);
        loop.Round(now, null, null);
        Assert.Equal(250u, program.Capacity);
        Assert.All(program.Threads, t => Assert.Equal(t.Recorded, CaptureParser.ThreadRecords(program.Directory, t.Slot)));
    }

    [Fact]
    public void ChunksDrainedInPartsGiveOrderedBlocksAndUnambiguousTimesAcrossLongSilence()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 4, maxChunks: 4);
        using SharedPool pool = SharedPool.TryOpen(Path.Combine(program.Directory, "pool"), out _)!;
        using BlockFile blocks = BlockFile.TryCreate(Path.Combine(program.Directory, "blocks"), out _)!;
        var drain = new PoolDrain(pool, blocks);
        const ulong Minute = 150_000_000_000;
        FakeProgram.FakeThread thread = program.NewThread(Minute);
        Play(thread, 100, 1, end: false);
        drain.DrainPartly(thread.Ticks + 5000);
        Assert.Equal(100u, program.Get<uint>(thread.Chunk, 56));
        Assert.Equal((uint)(thread.Ticks >> 24), program.Get<uint>(thread.Chunk, 60));

        // 100 minutes of silence: 40 bits wrap every 7.3; the recorder passes by every minute.
        ulong before = thread.Ticks;
        for (ulong minute = 1; minute <= 100; minute++)
            drain.DrainPartly(before + (minute * Minute));
        Assert.Equal((uint)((before + (100 * Minute) - (1ul << 38)) >> 24), program.Get<uint>(thread.Chunk, 60));
        thread.Record(100 * Minute, 8);
        thread.Record(50, 9);
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
        drain.DrainPartly(thread.Ticks);
        Play(thread, 3, 2, end: true);
        Assert.Equal(1, drain.DrainFull());

        Assert.Equal([0, 100, 102], CaptureParser.Blocks(program.Directory).Select(b => b.FirstRecord));
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
        Assert.Equal(3, program.FreeChunks);
    }

    [Fact]
    public void WhatIsDrainedInPiecesComesRound()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 200, maxChunks: 200);
        using SharedPool pool = SharedPool.TryOpen(Path.Combine(program.Directory, "pool"), out _)!;
        using BlockFile blocks = BlockFile.TryCreate(Path.Combine(program.Directory, "blocks"), out _)!;
        var drain = new PoolDrain(pool, blocks);
        uint[] waiting = [.. Enumerable.Range(0, 199).Select(_ => FillOne())];

        // Whatever is given back is full again at once, and the chunks behind it are drained all the same: 199 by 8 a time.
        for (int round = 0; round < 25; round++)
        {
            Assert.Equal(8, drain.DrainFull(8));
            while (program.FreeChunks > 0)
                FillOne();
        }

        Assert.Empty(waiting.Except(CaptureParser.Blocks(program.Directory).Select(b => b.Slot)));

        uint FillOne()
        {
            FakeProgram.FakeThread thread = program.NewThread(1000);
            thread.Record(1, 2);
            thread.End();
            return thread.Slot;
        }
    }

    [Fact]
    public void WhatMayBeTakenBackIsNotDrainedWhileItIsYoung()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 4, maxChunks: 4) { MinTicks = 1000 };
        using SharedPool pool = SharedPool.TryOpen(Path.Combine(program.Directory, "pool"), out _)!;
        using BlockFile blocks = BlockFile.TryCreate(Path.Combine(program.Directory, "blocks"), out _)!;
        var drain = new PoolDrain(pool, blocks);
        const ulong Start = 150_000_000_000, Old = 1000 + (1ul << 28);
        const uint Enter = 4, Leave = 5;
        FakeProgram.FakeThread thread = program.NewThread(Start);

        // Everything up to the last leave stays; of the enters behind it those that are old enough.
        thread.Record(10, Enter);
        thread.Record(10, Enter);
        thread.Record(2000, Leave);
        thread.Record(10, Enter);
        thread.Record(10, Enter);
        drain.DrainPartly(thread.Ticks);
        Assert.Equal(3u, program.Get<uint>(thread.Chunk, 56));
        drain.DrainPartly(thread.Ticks + Old - 10);
        Assert.Equal(4u, program.Get<uint>(thread.Chunk, 56));
        thread.TakeBack();
        drain.DrainPartly(thread.Ticks + Old);
        Assert.Equal(4u, program.Get<uint>(thread.Chunk, 56));

        thread.Record(Old, Enter);
        thread.Record(2000, Leave);
        thread.End();
        Assert.Equal(1, drain.DrainFull());
        Assert.Equal([0, 3, 4], CaptureParser.Blocks(program.Directory).Select(b => b.FirstRecord));
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
    }

    [Fact]
    public void AChunkOfWhichAllWasTakenBackKnowsItsTimeAfterALongSilence()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 4, maxChunks: 4) { MinTicks = 1000 };
        using SharedPool pool = SharedPool.TryOpen(Path.Combine(program.Directory, "pool"), out _)!;
        using BlockFile blocks = BlockFile.TryCreate(Path.Combine(program.Directory, "blocks"), out _)!;
        var drain = new PoolDrain(pool, blocks);
        const ulong Minute = 150_000_000_000;
        FakeProgram.FakeThread thread = program.NewThread(Minute);
        thread.Record(10, 4);
        thread.TakeBack();
        for (ulong minute = 1; minute <= 100; minute++)
            drain.DrainPartly(Minute + (minute * Minute));
        thread.Record(100 * Minute, 4);
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));

        thread.Record(2000, 5);
        thread.End();
        Assert.Equal(1, drain.DrainFull());
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
    }

    [Fact]
    public void AStepBackBetweenTwoPartsAndWithinOneStaysAStepBack()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 4, maxChunks: 4);
        using SharedPool pool = SharedPool.TryOpen(Path.Combine(program.Directory, "pool"), out _)!;
        using BlockFile blocks = BlockFile.TryCreate(Path.Combine(program.Directory, "blocks"), out _)!;
        var drain = new PoolDrain(pool, blocks);
        const ulong Start = 150_000_000_000, StepBack = unchecked((ulong)-1);
        FakeProgram.FakeThread thread = program.NewThread(Start);
        thread.Record(10, 2);
        drain.DrainPartly(thread.Ticks);
        thread.Record(StepBack, 4);
        thread.Record(StepBack, 5);
        drain.DrainPartly(thread.Ticks);
        thread.Record(5, 3);
        thread.End();
        Assert.Equal(1, drain.DrainFull());

        Assert.Equal(
            [(Start + 10, Start + 10), (Start + 9, Start + 8), (Start + 13, Start + 13)],
            CaptureParser.Blocks(program.Directory).Select(b => (b.FirstTicks, b.LastTicks)));
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
    }

    [Fact]
    public void ARoundThatComesLateIsToldAndDrainsWhatStandsInChunks()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 4, maxChunks: 4);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        FakeProgram.FakeThread thread = program.NewThread(Now);
        Play(thread, 100, 1, end: false);
        ulong first = Now;
        loop.Round(first, null, null);
        loop.Round(first + 30_000_000_000, null, null);
        Assert.Equal(0u, program.Get<uint>(thread.Chunk, 56));
        loop.Round(first + 60_000_000_001, null, null);

        CaptureParser.LedgerEntry away = Assert.Single(CaptureParser.Ledger(program.Directory), e => e.Kind == 38);
        Assert.Equal([first + 30_000_000_000, first + 60_000_000_001], [away.U64(8), away.U64(24)]);
        Assert.InRange(away.U64(0), first, away.U64(16));
        Assert.InRange(away.U64(32), away.U64(16), Now);
        Assert.Equal(100u, program.Get<uint>(thread.Chunk, 56));
    }

    [Fact]
    public void AtTheSizeLimitRecordingStopsAndWhatWasRecordedStays()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 16, maxChunks: 16);
        using var loop = new DrainLoop(capture.Path, (16 * FakeProgram.ChunkBytes) + 100_000, 8192);
        FakeProgram.FakeThread thread = program.NewThread(1);
        while (Play(thread, 10_000, 3, end: false))
            loop.Round(Now, null, null);

        Assert.Equal(1u, program.Stop);
        Assert.InRange(program.StopTicks, 1ul, Now);
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
        loop.Round(Now, null, null);
        CaptureParser.LedgerEntry blind = Assert.Single(CaptureParser.Ledger(program.Directory), e => e.Kind == 37);
        Assert.Equal(1u, blind.U32(0));
        Assert.Equal(program.StopTicks, blind.U64(4));
        Assert.Equal("size limit reached", loop.Recordings[0].StoppedEarly);
    }

    [Fact]
    public void WhenBlocksCannotBeWrittenRecordingStopsAndAllStaysInThePool()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 16, maxChunks: 16);
        File.CreateSymbolicLink(Path.Combine(program.Directory, "blocks"), "/dev/full");
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        FakeProgram.FakeThread thread = program.NewThread(1);
        while (Play(thread, 10_000, 3, end: false))
            loop.Round(Now, null, null);

        Assert.Equal(2u, program.Stop);
        File.Delete(Path.Combine(program.Directory, "blocks"));
        File.WriteAllBytes(Path.Combine(program.Directory, "blocks"), []);
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
        Assert.Equal(2u, Assert.Single(CaptureParser.Ledger(program.Directory), e => e.Kind == 37).U32(0));
        Assert.Equal("disk full", loop.Recordings[0].StoppedEarly);
    }

    [Fact]
    public void ThreadsAndClocksOfTheProcessAreInTheLedger()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 4, maxChunks: 4);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        ulong before = Now;
        using var step = new SemaphoreSlim(0);
        using var done = new SemaphoreSlim(0);
        int tid = 0;
        var thread = new Thread(() =>
        {
            File.WriteAllText("/proc/thread-self/comm", "vz (first) one");
            tid = int.Parse(Path.GetFileName(File.ResolveLinkTarget("/proc/thread-self", false)!.FullName), System.Globalization.CultureInfo.InvariantCulture);
            done.Release();
            step.Wait();
            File.WriteAllText("/proc/thread-self/comm", "vz second");
            done.Release();
            step.Wait();
        });
        thread.Start();
        done.Wait();
        RoundUntil(loop, program, e => e.Kind == 32 && e.U64(0) == (ulong)tid);
        step.Release();
        done.Wait();
        RoundUntil(loop, program, e => e.Kind == 33 && e.U64(0) == (ulong)tid);
        step.Release();
        thread.Join();
        RoundUntil(loop, program, e => e.Kind == 34 && e.U64(0) == (ulong)tid);

        List<CaptureParser.LedgerEntry> ours = [.. CaptureParser.Ledger(program.Directory).Where(e => e.Kind is >= 32 and <= 34 && e.U64(0) == (ulong)tid)];
        Assert.Equal([32u, 33u, 34u], ours.Select(e => e.Kind));
        Assert.Equal("vz (first) one", ours[0].Text(24));
        Assert.Equal("vz second", ours[1].Text(24));
        Assert.All(ours, e => Assert.Equal(ours[0].U64(8), e.U64(8)));
        Assert.All(ours, e => Assert.InRange(e.U64(16), before, Now));
        CaptureParser.LedgerEntry clocks = CaptureParser.Ledger(program.Directory).First(e => e.Kind == 35);
        Assert.Equal(clocks.U64(8), clocks.U64(0));
        Assert.InRange(clocks.U64(8), before, Now);
        Assert.InRange(clocks.U64(28), (ulong)DateTimeOffset.UtcNow.AddMinutes(-10).ToUnixTimeMilliseconds() * 1_000_000, ulong.MaxValue);
    }

    [Fact]
    public void APoolOfAnotherVersionIsRefusedWithAReasonAndOneNotReadyIsWaitedFor()
    {
        using var capture = new TemporaryDirectory();
        string young = Path.Combine(capture.Path, $"p{Environment.ProcessId}-{FakeProgram.OwnStart()}");
        string odd = Path.Combine(capture.Path, $"p{Environment.ProcessId}-1");
        Directory.CreateDirectory(young);
        Directory.CreateDirectory(odd);
        Directory.CreateDirectory(Path.Combine(capture.Path, "p-not-one"));
        File.WriteAllBytes(Path.Combine(young, "pool"), new byte[2 * FakeProgram.ChunkBytes]);
        byte[] other = new byte[FakeProgram.ChunkBytes];
        "VZPOOL01"u8.CopyTo(other);
        other[8] = 9;
        File.WriteAllBytes(Path.Combine(odd, "pool"), other);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        loop.Round(Now, null, null);

        Assert.Empty(loop.Recordings);
        Assert.Equal(["pool of another version (9)"], loop.Problems);
    }

    [Fact]
    public void AProcessThatIsGoneIsReadFromItsPoolAndItsEndIsUnknown()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 4, maxChunks: 4, start: 1);
        FakeProgram.FakeThread thread = program.NewThread(1);
        Play(thread, 20_000, 1, end: false);
        program.Dispose();
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        loop.Round(Now, null, new ProcessEnding(false, 0));
        loop.Round(Now, null, new ProcessEnding(false, 0));

        Assert.False(loop.Recordings[0].IsAlive);
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
        Assert.Equal(2u, Assert.Single(CaptureParser.Ledger(program.Directory), e => e.Kind == 36).U32(8));
    }

    /// <summary>Calls at random, a few of them long; false when recording was stopped.</summary>
    private static bool Play(FakeProgram.FakeThread thread, int records, int seed, bool end)
    {
        var random = new Random(seed);
        var open = new Stack<uint>();
        for (int i = 0; i < records; i++)
        {
            ulong after = random.Next(300) == 0 ? (ulong)random.Next(1_000_000) : (ulong)random.Next(30, 300);
            bool leave = open.Count > 0 && random.Next(2) == 0;
            uint word = leave ? open.Pop() : (uint)random.Next(1, 70_000) << 1;
            if (!leave)
                open.Push(word | 1);
            if (!thread.Record(after, word))
                return false;
        }

        if (end)
            thread.End();
        return true;
    }

    private static long InPool(FakeProgram program)
    {
        long count = 0;
        for (int chunk = 1; chunk < program.Capacity; chunk++)
        {
            for (int i = 0; i < FakeProgram.RecordsPerChunk && program.Get<ulong>(chunk, 64 + (i * 8)) != 0; i++)
                count++;
        }

        return count;
    }

    private static void RoundUntil(DrainLoop loop, FakeProgram program, Func<CaptureParser.LedgerEntry, bool> seen)
    {
        for (int i = 0; i < 2000; i++)
        {
            loop.Round(Now, null, null);
            if (CaptureParser.Ledger(program.Directory).Any(seen))
                return;
            Thread.Sleep(5);
        }

        Assert.Fail("not seen in ten seconds");
    }
}
