using System.Runtime.InteropServices;
using VizTrace.Recorder.Draining;
using VizTrace.Recorder.Interop;
using Xunit;

namespace VizTrace.Recorder.Tests;

/// <summary>Processes that end while the command goes on, that cannot be seen, and whose files cannot be opened.</summary>
public partial class ProcessEndTests
{
    private const long NoLimit = long.MaxValue;
    private const int DescriptorLimit = 7;

    private static ulong Now => Libc.Nanoseconds(Libc.ClockMonotonic);

    [Fact]
    public void WhatAnEndedProcessLeftIsMovedToBlocksAndItsMemoryIsGivenBack()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 200, maxChunks: 200, start: 1);
        FakeProgram.FakeThread[] threads = [.. Enumerable.Range(1, 150).Select(i => program.NewThread(1_000ul * (ulong)i))];
        foreach (FakeProgram.FakeThread thread in threads)
            Record(thread, 100 + (int)thread.Slot);
        Record(threads[0], FakeProgram.RecordsPerChunk);
        threads[1].End();
        program.Dispose();
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        int descriptors = Descriptors();
        for (int i = 0; i < 5; i++)
            loop.Round(Now, null, null);

        ProcessRecording recording = Assert.Single(loop.Recordings);
        Assert.False(recording.IsAlive);
        Assert.False(recording.IsOpen);
        Assert.Equal(descriptors, Descriptors());
        Assert.Equal(FakeProgram.ChunkBytes, new FileInfo(Path.Combine(program.Directory, "pool")).Length);
        Assert.Equal(FakeProgram.ChunkBytes + new FileInfo(Path.Combine(program.Directory, "blocks")).Length, loop.Bytes);
        Assert.Equal(threads.Sum(t => (long)t.Recorded.Count), recording.DrainedRecords);
        Assert.All(threads, t => Assert.Equal(t.Recorded, CaptureParser.ThreadRecords(program.Directory, t.Slot)));
        Assert.Equal(2u, Assert.Single(CaptureParser.Ledger(program.Directory), e => e.Kind == 36).U32(8));
    }

    [Fact]
    public void WhenTheCommandHasEndedTooTheRestStaysInThePool()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 8, maxChunks: 8, start: 1);
        FakeProgram.FakeThread thread = program.NewThread(5);
        Record(thread, 100);
        program.Dispose();
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        loop.Round(Now, null, new ProcessEnding(false, 0));

        Assert.False(loop.Recordings[0].IsAlive);
        Assert.Equal(0, loop.Recordings[0].DrainedRecords);
        Assert.Equal(8 * FakeProgram.ChunkBytes, new FileInfo(Path.Combine(program.Directory, "pool")).Length);
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
    }

    [Fact]
    public void AProcessThatCannotBeSeenIsDrainedUntilItsPoolIsNobodysAndNeverCutBefore()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 8, maxChunks: 8, pid: 1, start: 1);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        FakeProgram.FakeThread thread = program.NewThread(5);
        ulong now = Now;
        for (ulong second = 0; second < 10; second++)
        {
            Record(thread, FakeProgram.RecordsPerChunk + 1);
            Assert.Equal(1, loop.Round(now + (second * 1_000_000_000), null, null));
        }

        Assert.True(loop.Recordings[0].IsAlive);
        Assert.Equal(10L * FakeProgram.RecordsPerChunk, loop.Recordings[0].DrainedRecords);
        program.Dispose();
        loop.Round(now + 20_000_000_000, null, null);
        loop.Round(now + 21_000_000_000, null, null);
        Assert.False(loop.Recordings[0].IsAlive);
        Assert.Equal(thread.Recorded, CaptureParser.ThreadRecords(program.Directory, thread.Slot));
        Assert.Equal(FakeProgram.ChunkBytes, new FileInfo(Path.Combine(program.Directory, "pool")).Length);
    }

    [Fact]
    public void ADirectoryOfAProcessThatCannotBeSeenIsGivenASecondForItsPool()
    {
        using var capture = new TemporaryDirectory();
        Directory.CreateDirectory(Path.Combine(capture.Path, "p1-1"));
        Directory.CreateDirectory(Path.Combine(capture.Path, "p1-2"));
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        ulong now = Now;
        loop.Round(now, null, null);
        using (MakeLater(capture, 1))
        {
            loop.Round(now + 1_000_000_000, null, null);
            Assert.Single(loop.Recordings);
        }

        loop.Round(now + 1_100_000_000, null, null);
        using (MakeLater(capture, 2))
        {
            loop.Round(now + 1_200_000_000, null, null);
            Assert.Single(loop.Recordings);
        }
    }

    [Fact]
    public void APoolThatCannotBeOpenedIsToldOnceAndNotForgotten()
    {
        using var capture = new TemporaryDirectory();
        string pool = Path.Combine(Directory.CreateDirectory(Path.Combine(capture.Path, "p1-1")).FullName, "pool");
        File.CreateSymbolicLink(pool, pool);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        ulong now = Now;
        for (ulong round = 0; round < 5; round++)
            loop.Round(now + (round * 100_000_000), null, null);

        Assert.Equal([$"pool {pool} cannot be opened: {Libc.ErrorText(40)}"], loop.Problems);
        Assert.True(RecordingSession.HoldsRecords(capture.Path));
    }

    [Fact]
    public void AProcessForWhichNoDescriptorsAreLeftIsRecordedWhenThereAreSome()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 8, maxChunks: 8);
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        ulong now = Now;
        GetLimit(DescriptorLimit, out Limit before);
        SetLimit(DescriptorLimit, before with { Current = 3 });
        try
        {
            loop.Round(now, null, null);
            loop.Round(now + 10_000_000_000, null, null);
        }
        finally
        {
            SetLimit(DescriptorLimit, before);
        }

        Assert.Empty(loop.Recordings);
        Assert.Equal($"pool {Path.Combine(program.Directory, "pool")} cannot be opened: {Libc.ErrorText(24)}", Assert.Single(loop.Problems));
        loop.Round(now + 20_000_000_000, null, null);
        Assert.Single(loop.Recordings);
        Assert.Equal(0u, program.Stop);
    }

    [Fact]
    public void AProcessWhoseBlocksCannotBeMadeIsStoppedToldAndNotForgotten()
    {
        using var capture = new TemporaryDirectory();
        using var program = new FakeProgram(capture.Path, initialChunks: 8, maxChunks: 8);
        Directory.CreateDirectory(Path.Combine(program.Directory, "blocks"));
        using var loop = new DrainLoop(capture.Path, NoLimit, 8192);
        loop.Round(Now, null, null);

        Assert.Empty(loop.Recordings);
        Assert.Equal([$"blocks and ledger cannot be made in {program.Directory}: {Libc.ErrorText(21)}"], loop.Problems);
        Assert.Equal(3u, program.Stop);
        Assert.True(RecordingSession.HoldsRecords(capture.Path));
    }

    [Theory]
    [InlineData(1u, true)]
    [InlineData(13u, false)]
    public void AJournalTellsWhetherAProcessWasRecordedOrPassedThrough(uint kind, bool recorded)
    {
        using var capture = new TemporaryDirectory();
        string process = Directory.CreateDirectory(Path.Combine(capture.Path, "p5-6")).FullName;
        Assert.False(RecordingSession.HoldsRecords(capture.Path));
        byte[] room = new byte[256];
        var entry = new VizTrace.Records.EntryWriter(room, kind);
        entry.Text("why");
        File.WriteAllBytes(Path.Combine(process, "journal"), entry.Finish().ToArray());
        Assert.Equal(recorded, RecordingSession.HoldsRecords(capture.Path));
    }

    /// <summary>A pool in a directory that is there already.</summary>
    private static FakeProgram MakeLater(TemporaryDirectory capture, ulong start)
    {
        Directory.Delete(Path.Combine(capture.Path, $"p1-{start}"));
        return new FakeProgram(capture.Path, initialChunks: 4, maxChunks: 4, pid: 1, start: start);
    }

    private static int Descriptors() => Directory.GetFiles($"/proc/{Environment.ProcessId}/fd").Length;

    private static void Record(FakeProgram.FakeThread thread, int records)
    {
        for (int i = 0; i < records; i++)
            thread.Record(10, 2u | (uint)(i & 1));
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    private record struct Limit(ulong Current, ulong Most);
}
