using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace VizTrace.Recorder.Tests;

/// <summary>What becomes of pools in memory; pools are made here byte by byte, after FORMAT.md.</summary>
public sealed partial class CaptureDirectoryTests : IDisposable
{
    private const int Chunk = 128 * 1024;
    private const int FileSizeLimit = 1;
    private const int FileSizeExceeded = 25;
    private const string DeadProcess = "p2147483000-77";

    private readonly TemporaryDirectory _temporary = new();
    private readonly List<string> _pools = [];

    private string Capture => Path.Combine(_temporary.Path, "capture");

    [Fact]
    public void DeletingACaptureDeletesItsPoolInMemory()
    {
        string pool = MakePool(DeadProcess, linked: true);
        CaptureDirectory.Delete(Capture, Capture);
        Assert.False(File.Exists(pool));
        Assert.False(Directory.Exists(Capture));
    }

    [Fact]
    public void DeletingACaptureDeletesNothingElseThatALinkLeadsTo()
    {
        string other = Path.Combine(_temporary.Path, "other");
        File.WriteAllText(other, "precious");
        string process = Directory.CreateDirectory(Path.Combine(Capture, DeadProcess)).FullName;
        File.CreateSymbolicLink(Path.Combine(process, "pool"), other);
        CaptureDirectory.Delete(Capture, Capture);
        Assert.Equal("precious", File.ReadAllText(other));
    }

    [Fact]
    public void DeletingACaptureLeavesWhatIsNotACaptures()
    {
        string pool = MakePool(DeadProcess, linked: true);
        string process = Path.Combine(Capture, DeadProcess);
        foreach (string name in new[] { "settings", $"{DeadProcess}/journal", $"{DeadProcess}/blocks", $"{DeadProcess}/ledger", $"{DeadProcess}/pool.copy", "mine", $"{DeadProcess}/mine" })
            File.WriteAllText(Path.Combine(Capture, name), "");
        Directory.CreateDirectory(Path.Combine(Capture, "pictures"));
        File.WriteAllText(Path.Combine(Capture, "pictures/journal"), "");
        string elsewhere = Directory.CreateDirectory(Path.Combine(_temporary.Path, "p1-2")).FullName;
        File.WriteAllText(Path.Combine(elsewhere, "journal"), "");
        Directory.CreateSymbolicLink(Path.Combine(Capture, "p1-2"), elsewhere);

        CaptureDirectory.Delete(Capture, Capture);

        Assert.False(File.Exists(pool));
        Assert.Equal(
            ["mine", "p1-2", DeadProcess, "pictures"],
            Directory.GetFileSystemEntries(Capture).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Equal([Path.Combine(process, "mine")], Directory.GetFileSystemEntries(process));
        Assert.True(File.Exists(Path.Combine(elsewhere, "journal")) && File.Exists(Path.Combine(Capture, "pictures/journal")));
    }

    /// <summary>The limit of a file's size plays the full disk: the copy cannot be as large as the pool.</summary>
    [Fact]
    public void APoolThatCannotBeCopiedStaysWholeAndLeavesNoHalfCopy()
    {
        string pool = MakePool(DeadProcess, linked: true);
        using var signals = CaughtSignals.Begin([FileSizeExceeded]);
        Assert.Equal(0, GetLimit(FileSizeLimit, out Limit before));
        Assert.Equal(0, SetLimit(FileSizeLimit, before with { Now = Chunk + 100 }));
        try
        {
            Assert.Throws<IOException>(() => CaptureDirectory.Settle(Capture));
        }
        finally
        {
            _ = SetLimit(FileSizeLimit, before);
        }

        string link = Path.Combine(Capture, DeadProcess, "pool");
        Assert.Equal([link], Directory.GetFileSystemEntries(Path.Combine(Capture, DeadProcess)));
        Assert.Equal(pool, new FileInfo(link).LinkTarget);
        Assert.Equal(3 * Chunk, new FileInfo(pool).Length);
    }

    [Fact]
    public void ASettledCaptureHoldsTheChunksThatHoldSomething()
    {
        string pool = MakePool(DeadProcess, linked: true);
        byte[] before = File.ReadAllBytes(pool);
        CaptureDirectory.Settle(Capture);
        string settled = Path.Combine(Capture, DeadProcess, "pool");
        byte[] after = File.ReadAllBytes(settled);
        Assert.False(File.Exists(pool));
        Assert.Null(new FileInfo(settled).LinkTarget);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(settled));
        Assert.Equal(before.Length, after.Length);
        Assert.Equal(before[..Chunk], after[..Chunk]);
        Assert.All(after[Chunk..(2 * Chunk)], b => Assert.Equal(0, b));
        Assert.Equal(before[(2 * Chunk)..], after[(2 * Chunk)..]);
    }

    [Fact]
    public void APoolOfADeadProcessWhoseCaptureIsGoneIsDeleted()
    {
        string pool = MakePool(DeadProcess, linked: false);
        CaptureDirectory.DeleteOrphans();
        Assert.False(File.Exists(pool));
    }

    [Fact]
    public void APoolWrittenWithinSevenDaysStaysForItsCaptureMayHaveBeenMoved()
    {
        string pool = MakePool(DeadProcess, linked: false);
        File.SetLastWriteTimeUtc(pool, DateTime.UtcNow.AddDays(-6.9));
        CaptureDirectory.DeleteOrphans();
        Assert.True(File.Exists(pool));
    }

    [Fact]
    public void WhatIsNoRegularFileIsNeitherOpenedNorDeleted()
    {
        string pool = MakePool(DeadProcess, linked: false), link = $"/dev/shm/viztrace-link-{Guid.NewGuid():N}.pool", fifo = link + ".fifo";
        string away = Path.Combine(_temporary.Path, "away");
        File.Copy(pool, away);
        File.SetLastWriteTimeUtc(away, DateTime.UtcNow.AddDays(-8));
        _pools.AddRange([link, fifo]);
        File.CreateSymbolicLink(link, away);
        using (Process make = Process.Start("mkfifo", [fifo]))
            make.WaitForExit();
        using (Process age = Process.Start("touch", ["-h", "-d", "8 days ago", fifo, link]))
            age.WaitForExit();
        CaptureDirectory.DeleteOrphans();
        Assert.False(File.Exists(pool));
        Assert.Equal(away, new FileInfo(link).LinkTarget);
        Assert.True(File.Exists(away));
        Assert.True(File.Exists(fifo));
    }

    [Fact]
    public void APoolThatACaptureLeadsToStays()
    {
        string pool = MakePool(DeadProcess, linked: true);
        CaptureDirectory.DeleteOrphans();
        Assert.True(File.Exists(pool));
    }

    [Fact]
    public void APoolOfALivingProcessStays()
    {
        string stat = File.ReadAllText("/proc/self/stat");
        string start = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        string pool = MakePool($"p{Environment.ProcessId}-{start}", linked: false);
        CaptureDirectory.DeleteOrphans();
        Assert.True(File.Exists(pool));
    }

    [Fact]
    public void APoolOfAnotherMountNamespaceStays()
    {
        string pool = MakePool(DeadProcess, linked: false, space: "mnt:[1]");
        CaptureDirectory.DeleteOrphans();
        Assert.True(File.Exists(pool));
    }

    public void Dispose()
    {
        _pools.ForEach(File.Delete);
        _temporary.Dispose();
    }

    /// <summary>Header, a chunk that holds nothing (but has old bytes in it), and one of slot 1.</summary>
    private string MakePool(string process, bool linked, string? space = null)
    {
        string directory = Directory.CreateDirectory(Path.Combine(Capture, process)).FullName;
        string link = Path.Combine(directory, "pool");
        byte[] bytes = new byte[3 * Chunk];
        new Random(5).NextBytes(bytes.AsSpan(Chunk));
        Encoding.ASCII.GetBytes("VZPOOL01", bytes);
        space ??= File.ResolveLinkTarget("/proc/self/ns/mnt", returnFinalTarget: false)!.Name;
        Encoding.UTF8.GetBytes($"{space}\n{link}", bytes.AsSpan(2048));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Chunk), 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(2 * Chunk), 1);
        string pool = $"/dev/shm/viztrace-{process}-{Guid.NewGuid():N}.pool";
        // The link first: a recorder that starts elsewhere on the machine deletes pools that no capture leads to.
        if (linked)
            File.CreateSymbolicLink(link, pool);
        _pools.Add(pool);
        File.WriteAllBytes(pool, bytes);
        File.SetLastWriteTimeUtc(pool, DateTime.UtcNow.AddDays(-8));
        return pool;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    private record struct Limit(ulong Now, ulong Most);
}
