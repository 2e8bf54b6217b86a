using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace VizTrace.Recorder.Tests;

/// <summary>What becomes of pools in memory; pools are made here byte by byte, after FORMAT.md.</summary>
public sealed class CaptureDirectoryTests : IDisposable
{
    private const int Chunk = 128 * 1024;
    private const string DeadProcess = "p2147483000-77";

    private readonly TemporaryDirectory _temporary = new();
    private readonly List<string> _pools = [];

    private string Capture => Path.Combine(_temporary.Path, "capture");

    [Fact]
    public void DeletingACaptureDeletesItsPoolInMemory()
    {
        string pool = MakePool(DeadProcess, linked: true);
        CaptureDirectory.Delete(Capture);
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
        CaptureDirectory.Delete(Capture);
        Assert.Equal("precious", File.ReadAllText(other));
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
        return pool;
    }
}
