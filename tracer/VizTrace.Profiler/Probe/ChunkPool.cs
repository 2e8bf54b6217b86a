using System.Numerics;
using System.Runtime.CompilerServices;
using VizTrace.Profiler.Interop;
using VizTrace.Records;

namespace VizTrace.Profiler.Probe;

/// <summary>
/// The pool file, mapped. Chunks are taken and handed over with single atomic instructions on two bitmaps that the recorder shares: no
/// lock, no wait, no system call but the one that makes a chunk's pages present at its very first use.
/// </summary>
internal static unsafe class ChunkPool
{
    /// <summary>Scratch chunks; threads share them by slot.</summary>
    private const int ScratchChunks = 8;

    private static byte* s_base;
    private static byte* s_scratch;
    private static ulong* s_populated;

    /// <summary>Whether the pool is there.</summary>
    public static bool IsMapped => s_base != null;

    /// <summary>Bytes of address space that it takes.</summary>
    public static nuint MappedBytes => (nuint)Header->MaxChunks * PoolLayout.ChunkBytes;

    /// <summary>Whether recording has ended for good.</summary>
    public static bool HasStopped => Volatile.Read(ref Header->Stop) != 0;

    /// <summary>The shared header page.</summary>
    public static PoolHeader* Header => (PoolHeader*)s_base;

    /// <summary>Address of chunk <paramref name="index"/>.</summary>
    public static ChunkHeader* Chunk(int index) => (ChunkHeader*)(s_base + PoolLayout.ChunkOffset(index));

    /// <summary>The chunk that holds the record before <paramref name="cursor"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ChunkHeader* ChunkOf(ulong* cursor) => (ChunkHeader*)((nuint)(cursor - 1) & ~(nuint)(PoolLayout.ChunkBytes - 1));

    private static ulong* FreeBitmap => (ulong*)(s_base + PoolLayout.FreeBitmapOffset);

    private static ulong* FullBitmap => (ulong*)(s_base + PoolLayout.FullBitmapOffset);

    /// <summary>
    /// Makes and maps the pool file behind <paramref name="fd"/>: space for <paramref name="initialChunks"/> is allocated (a hole would turn
    /// a full disk into SIGBUS inside the program), address space is reserved for <paramref name="maxChunks"/>. False when the disk has no
    /// room or the address space none.
    /// </summary>
    public static bool Create(int fd, int initialChunks, int maxChunks)
    {
        maxChunks = Math.Clamp(maxChunks, 4, PoolLayout.MaxChunks);
        initialChunks = Math.Clamp(initialChunks, 2, maxChunks);
        if (Libc.posix_fallocate(fd, 0, PoolLayout.ChunkOffset(initialChunks)) != 0)
            return false;

        // Chunks must be aligned to their own size, which mmap does not promise: reserve one more and map the file at the aligned place.
        nuint bytes = (nuint)maxChunks * PoolLayout.ChunkBytes;
        // The scratch chunks lie behind it.
        const int ScratchBytes = ScratchChunks * PoolLayout.ChunkBytes;
        byte* reserved = (byte*)Libc.mmap(null, bytes + ScratchBytes + PoolLayout.ChunkBytes, Libc.PROT_NONE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, 0);
        if ((nint)reserved == -1)
            return false;
        byte* aligned = (byte*)(((nuint)reserved + PoolLayout.ChunkBytes - 1) & ~(nuint)(PoolLayout.ChunkBytes - 1));
        void* mapped = Libc.mmap(aligned, bytes, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED | Libc.MAP_FIXED, fd, 0);
        void* populated = Libc.mmap(null, PoolLayout.MaxChunks / 8, Libc.PROT_READ | Libc.PROT_WRITE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if ((nint)mapped == -1 || (nint)populated == -1
            || Libc.mprotect(aligned + bytes, ScratchBytes, Libc.PROT_READ | Libc.PROT_WRITE) != 0)
        {
            return false;
        }

        s_base = aligned;
        s_scratch = aligned + bytes;
        s_populated = (ulong*)populated;
        for (int i = 1; i < initialChunks; i++)
            FreeBitmap[i >> 6] |= 1UL << (i & 63);
        Header->Version = CaptureLayout.Version;
        Header->ProcessId = (uint)Libc.getpid();
        Header->MaxChunks = (uint)maxChunks;
        Header->Capacity = (uint)initialChunks;
        Header->NextSlot = 1;
        return true;
    }

    /// <summary>Makes the pages of the first chunks present before the program runs.</summary>
    public static void Warm(int chunks)
    {
        for (int i = 1; i <= chunks && i < (int)Header->Capacity; i++)
            Populate(i);
    }

    /// <summary>Says that the file is ready: the recorder looks for the magic number and believes nothing before it.</summary>
    public static void Publish() => Volatile.Write(ref Header->Magic, PoolLayout.Magic);

    /// <summary>Takes a free chunk, the lowest first; null when none is free or recording has stopped.</summary>
    public static ChunkHeader* TryTake()
    {
        if (Volatile.Read(ref Header->Stop) != 0)
            return null;
        uint words = (Volatile.Read(ref Header->Capacity) + 63) / 64;
        for (uint w = 0; w < words; w++)
        {
            ulong bits = Volatile.Read(ref FreeBitmap[w]);
            while (bits != 0)
            {
                ulong before = Interlocked.CompareExchange(ref FreeBitmap[w], bits & (bits - 1), bits);
                if (before == bits)
                {
                    int index = (int)(w * 64) + BitOperations.TrailingZeroCount(bits);
                    Populate(index);
                    return Chunk(index);
                }

                bits = before;
            }
        }

        return null;
    }

    /// <summary>
    /// Where a thread writes when recording has stopped: nobody reads it. So a call costs then what it costs while recording, less a page
    /// fault, and not the whole slow path.
    /// </summary>
    public static ulong* Scratch(uint slot) =>
        (ulong*)(s_scratch + ((nuint)(slot % ScratchChunks) * PoolLayout.ChunkBytes) + PoolLayout.ChunkHeaderBytes);

    /// <summary>Hands a chunk to the recorder; a scratch chunk is nobody's.</summary>
    public static void HandOver(ChunkHeader* chunk, ChunkState state)
    {
        if ((byte*)chunk >= s_scratch)
            return;
        Volatile.Write(ref chunk->State, (uint)state);
        int index = (int)(((byte*)chunk - s_base) / PoolLayout.ChunkBytes);
        Interlocked.Or(ref FullBitmap[index >> 6], 1UL << (index & 63));
    }

    /// <summary>Ends recording for a reason; the first reason stays.</summary>
    public static void Stop(StopReason reason)
    {
        if (Interlocked.CompareExchange(ref Header->Stop, (uint)reason, 0) == 0)
            Volatile.Write(ref Header->StopTicks, ProbeClock.Now());
    }

    /// <summary>
    /// Page faults one by one cost 109 to 123 ns a pair on a fresh file, populated a chunk at a time 46 to 50. The thread is in cooperative
    /// mode here, so a collection waits for these 10 to 60 us, once a chunk's life.
    /// </summary>
    private static void Populate(int index)
    {
        ref ulong word = ref s_populated[index >> 6];
        ulong bit = 1UL << (index & 63);
        if ((Volatile.Read(ref word) & bit) != 0)
            return;
        _ = Libc.madvise(Chunk(index), PoolLayout.ChunkBytes, Libc.MADV_POPULATE_WRITE);
        Interlocked.Or(ref word, bit);
    }
}
