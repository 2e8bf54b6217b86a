using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VizTrace.Recorder.Interop;
using VizTrace.Records;

namespace VizTrace.Recorder.Pool;

/// <summary>
/// The pool file of one recorded process, mapped shared at its largest size (<see cref="PoolHeader.MaxChunks"/>). The only place that
/// turns its addresses into references. Layout: <see cref="PoolLayout"/>. The other side is a process that is not ours and may be broken:
/// what was read once at the opening (number of chunks) is kept and not believed again, and only chunks below our own
/// <see cref="Capacity"/> are touched, for a page beyond the end of the file would kill us with SIGBUS. References live until
/// <see cref="Dispose"/>. Not thread-safe on our side.
/// </summary>
internal sealed unsafe class SharedPool : IDisposable
{
    private const int FirstBytes = 3 * PoolLayout.PageBytes;

    private readonly int _fd;
    private readonly nuint _length;
    private byte* _base;

    private SharedPool(int fd, byte* address, nuint length, int maxChunks, int capacity)
    {
        _fd = fd;
        _base = address;
        _length = length;
        MaxChunks = maxChunks;
        Capacity = capacity;
    }

    /// <summary>Chunks to which the pool can grow.</summary>
    public int MaxChunks { get; }

    /// <summary>Chunks for which the file has space, chunk 0 (the header's) included.</summary>
    public int Capacity { get; private set; }

    /// <summary>The first page.</summary>
    public ref PoolHeader Header => ref Unsafe.AsRef<PoolHeader>(_base);

    /// <summary>64 bits of the free bitmap.</summary>
    public ref ulong Free(int word) => ref Unsafe.AsRef<ulong>(_base + PoolLayout.FreeBitmapOffset + (word * 8));

    /// <summary>64 bits of the full bitmap.</summary>
    public ref ulong Full(int word) => ref Unsafe.AsRef<ulong>(_base + PoolLayout.FullBitmapOffset + (word * 8));

    /// <summary>Words of a bitmap that matter.</summary>
    public int BitmapWords => (Capacity + 63) / 64;

    /// <summary>Head of chunk <paramref name="index"/>.</summary>
    public ref ChunkHeader Chunk(int index) => ref Unsafe.AsRef<ChunkHeader>(_base + Offset(index));

    /// <summary>All record places of chunk <paramref name="index"/>.</summary>
    public Span<ulong> Records(int index) => new(_base + Offset(index) + PoolLayout.ChunkHeaderBytes, PoolLayout.RecordsPerChunk);

    /// <summary>
    /// Maps the pool; null while the profiler has not finished it, and when it cannot be opened: then <paramref name="failure"/> tells why
    /// (no permission, no descriptors, another version, sizes that make no sense).
    /// </summary>
    public static SharedPool? TryOpen(string path, out OpenFailure? failure)
    {
        failure = null;
        int fd = Libc.Open(path, Libc.ReadWrite | Libc.CloseOnExec, 0);
        if (fd < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Libc.ErrorNoEntry)
                failure = OpenFailure.Of($"pool {path} cannot be opened", error);
            return null;
        }

        long size = Libc.Seek(fd, 0, 2);
        if (size >= FirstBytes)
        {
            SharedPool? pool = TryMap(fd, size, out failure);
            if (pool is not null)
                return pool;
        }

        Libc.Close(fd);
        return null;
    }

    /// <summary>
    /// Whether nobody else has the file open or mapped, so that its process is dead whatever its number is here: the kernel grants a write
    /// lease only then. False also where that cannot be asked. A process that opens the file in this very moment makes the kernel send us a
    /// signal: one that does nothing.
    /// </summary>
    public bool IsOursAlone()
    {
        if (Libc.Control(_fd, Libc.SetLeaseSignal, Libc.SignalUrgent) != 0 || Libc.Control(_fd, Libc.SetLease, Libc.WriteLease) != 0)
            return false;
        _ = Libc.Control(_fd, Libc.SetLease, Libc.NoLease);
        return true;
    }

    /// <summary>
    /// Gives back all space but that of the header's chunk. Only when the program is dead: it would be killed by its next record. Nothing but
    /// <see cref="Header"/> may be used afterwards.
    /// </summary>
    public void CutToHeader()
    {
        if (Libc.Truncate(_fd, PoolLayout.ChunkOffset(1)) != 0)
            return;
        Capacity = 1;
        Volatile.Write(ref Header.Capacity, 1u);
    }

    /// <summary>
    /// Gives the file space for <paramref name="capacity"/> chunks and lets the program take the new ones; 0, or the error number, and
    /// then nothing has changed. Never takes more than half of the space that is left: memory and disk are others' too.
    /// </summary>
    public int Grow(int capacity)
    {
        long from = PoolLayout.ChunkOffset(Capacity);
        long length = PoolLayout.ChunkOffset(capacity) - from;
        if (Libc.FileSystem(_fd, out Libc.FileSystemState space) == 0 && (ulong)length > space.AvailableBlocks * space.BlockBytes / 2)
            return Libc.ErrorNoSpace;
        int error;
        do
            error = Libc.Allocate(_fd, 0, from, length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        while (error == Libc.ErrorInterrupted);
        if (error == Libc.ErrorNotSupported)
            error = FillWithZeros(from, length);
        if (error != 0)
            return error;
        int first = Capacity;
        Capacity = capacity;
        Volatile.Write(ref Header.Capacity, (uint)capacity);
        for (int index = first; index < capacity; index++)
            Interlocked.Or(ref Free(index >> 6), 1UL << (index & 63));
        return 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_base == null)
            return;
        Libc.Unmap((nint)_base, _length);
        Libc.Close(_fd);
        _base = null;
    }

    private static SharedPool? TryMap(int fd, long size, out OpenFailure? failure)
    {
        failure = null;
        nint first = Libc.Map(0, FirstBytes, Libc.ProtectionRead, Libc.MapShared, fd, 0);
        if (first == -1)
        {
            failure = OpenFailure.Of("pool cannot be mapped", Marshal.GetLastPInvokeError());
            return null;
        }

        ref PoolHeader header = ref Unsafe.AsRef<PoolHeader>((void*)first);
        ulong magic = Volatile.Read(ref header.Magic);
        (uint version, uint max, uint capacity) = (header.Version, header.MaxChunks, Volatile.Read(ref header.Capacity));
        Libc.Unmap(first, FirstBytes);
        if (magic == 0)
            return null;
        if (magic != PoolLayout.Magic || version != CaptureLayout.Version)
            failure = new OpenFailure($"pool of another version ({version})", MayPass: false);
        else if (max > PoolLayout.MaxChunks || capacity > max || capacity == 0 || size < PoolLayout.ChunkOffset((int)capacity))
            failure = new OpenFailure($"pool of {size} bytes cannot have {capacity} of {max} chunks", MayPass: false);
        if (failure is not null)
            return null;
        var length = (nuint)PoolLayout.ChunkOffset((int)max);
        nint address = Libc.Map(0, length, Libc.ProtectionRead | Libc.ProtectionWrite, Libc.MapShared, fd, 0);
        if (address == -1)
        {
            failure = OpenFailure.Of("pool cannot be mapped", Marshal.GetLastPInvokeError());
            return null;
        }

        return new SharedPool(fd, (byte*)address, length, (int)max, (int)capacity);
    }

    /// <summary>For file systems without fallocate: a hole could not be filled later when the disk is full, and would kill the program.</summary>
    private int FillWithZeros(long from, long length)
    {
        var zeros = new byte[PoolLayout.ChunkBytes];
        for (long done = 0; done < length;)
        {
            nint written = Libc.WriteAt(_fd, ref zeros[0], (nuint)Math.Min(zeros.Length, length - done), from + done);
            if (written >= 0)
                done += written;
            else if (Marshal.GetLastPInvokeError() is int error && error != Libc.ErrorInterrupted)
                return error;
        }

        return 0;
    }

    private long Offset(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Capacity, nameof(index));
        return PoolLayout.ChunkOffset(index);
    }
}
