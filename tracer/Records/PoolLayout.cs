using System.Runtime.InteropServices;

namespace VizTrace.Records;

/// <summary>
/// First page of the pool file, shared by the traced program (profiler) and the recorder. Fields that both touch are read and written
/// with <see cref="Volatile"/> or <see cref="Interlocked"/>; who writes which is said at each.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = PoolLayout.PageBytes)]
internal struct PoolHeader
{
    /// <summary><see cref="PoolLayout.Magic"/>; written last when the profiler has set up the file. Zero: not ready yet.</summary>
    [FieldOffset(0)] public ulong Magic;

    /// <summary><see cref="CaptureLayout.Version"/>.</summary>
    [FieldOffset(8)] public uint Version;

    /// <summary>Process id as the program itself sees it.</summary>
    [FieldOffset(12)] public uint ProcessId;

    /// <summary>Chunks that the mapping can ever have, the header's own place (chunk 0) included. Fixed at start.</summary>
    [FieldOffset(16)] public uint MaxChunks;

    /// <summary>Chunks for which the file has space (allocated, never sparse). The recorder raises it after growing the file.</summary>
    [FieldOffset(20)] public uint Capacity;

    /// <summary><see cref="ClockKind"/> of every time stamp in this process's records.</summary>
    [FieldOffset(24)] public uint Clock;

    /// <summary><see cref="ProbeKind"/> in use.</summary>
    [FieldOffset(28)] public uint Probe;

    /// <summary>Ticks of <see cref="Clock"/> at the profiler's start.</summary>
    [FieldOffset(32)] public ulong StartTicks;

    /// <summary>CLOCK_MONOTONIC at the same instant, ns.</summary>
    [FieldOffset(40)] public ulong StartMonotonicNs;

    /// <summary><see cref="StopReason"/>; the first writer (either side, compare-exchange from 0) wins. No chunk is given out after that.</summary>
    [FieldOffset(48)] public uint Stop;

    /// <summary>Next thread slot to give out, counted up by the profiler; slots begin at 1.</summary>
    [FieldOffset(52)] public uint NextSlot;

    /// <summary>Ticks at which <see cref="Stop"/> was set.</summary>
    [FieldOffset(56)] public ulong StopTicks;

    /// <summary>Records lost since the start because no chunk was free; after <see cref="Stop"/> none is counted. Profiler, at every lost record.</summary>
    [FieldOffset(64)] public ulong LostRecords;

    /// <summary>1 once the profiler heard the runtime's shutdown callback (not called on SIGTERM or a crash).</summary>
    [FieldOffset(72)] public uint ShutdownSeen;

    /// <summary>Journal entries that could not be written (disk full). Profiler.</summary>
    [FieldOffset(76)] public uint JournalFailures;

    /// <summary>CLOCK_MONOTONIC ns of the recorder's last round; 0: it has not been here yet. Recorder.</summary>
    [FieldOffset(80)] public ulong RecorderSeenNs;

    /// <summary>
    /// A leave less than so many ticks behind its own enter takes it back (<c>--min-duration</c>), unless that is counted in
    /// <see cref="ChunkHeader.Drained"/> or stands in another chunk. 0: records stay. Written by the profiler.
    /// </summary>
    [FieldOffset(88)] public ulong MinTicks;
}

/// <summary>
/// Head of every 128 KB chunk; the rest of the chunk is 8-byte records up to the first zero or the chunk's end. Written by the thread
/// that takes the chunk, before its first record; read by recorder and capture reader.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = PoolLayout.ChunkHeaderBytes)]
internal struct ChunkHeader
{
    /// <summary>Thread slot (1 and up) of the thread that writes the chunk; 0: the chunk holds nothing.</summary>
    [FieldOffset(0)] public uint Slot;

    /// <summary>Number of this chunk in its thread's own row, from 0.</summary>
    [FieldOffset(4)] public uint Sequence;

    /// <summary>Clock ticks, all 64 bits, when the chunk was taken: not later than its first record, and within 2^40 ticks of it.</summary>
    [FieldOffset(8)] public ulong StartTicks;

    /// <summary>CLOCK_MONOTONIC ns beside <see cref="StartTicks"/>: a calibration point.</summary>
    [FieldOffset(16)] public ulong StartMonotonicNs;

    /// <summary>Half the ticks between the two readings around the monotonic one: the point's own uncertainty.</summary>
    [FieldOffset(24)] public uint UncertaintyTicks;

    /// <summary><see cref="ChunkState"/>.</summary>
    [FieldOffset(28)] public uint State;

    /// <summary>Records this thread lost directly before this chunk (0: none).</summary>
    [FieldOffset(32)] public ulong LostBefore;

    /// <summary>Of the calls open when the loss began: how many were left during it.</summary>
    [FieldOffset(40)] public uint GapClosed;

    /// <summary>Calls entered during the loss and still open at its end; their names come with their leave records.</summary>
    [FieldOffset(44)] public uint GapOpened;

    /// <summary>Ticks when the loss began (0 when nothing was lost).</summary>
    [FieldOffset(48)] public ulong GapStartTicks;

    /// <summary>Records of this chunk that are already in the blocks file. Written by the recorder only.</summary>
    [FieldOffset(DrainedOffset)] public uint Drained;

    /// <summary>
    /// Ticks (all 64 bits, shifted right by <see cref="QuietShift"/>) not later than the first record that is not counted in
    /// <see cref="Drained"/>, and within 2^40 ticks of it as long as the recorder runs; 0: <see cref="StartTicks"/> says it. Recorder only.
    /// </summary>
    [FieldOffset(60)] public uint QuietUntil;

    /// <summary>Offset of <see cref="Drained"/>, for the machine code.</summary>
    public const int DrainedOffset = 56;

    /// <summary>Bits that <see cref="QuietUntil"/> leaves out: 7 ms of a 2.5 GHz clock, so that 32 bits last for years.</summary>
    public const int QuietShift = 24;
}

/// <summary>State of a chunk, as its thread left it.</summary>
internal enum ChunkState : uint
{
    /// <summary>Never taken, or given back.</summary>
    Free = 0,

    /// <summary>A live thread writes it.</summary>
    Owned = 1,

    /// <summary>Full, waits for the recorder.</summary>
    Full = 2,

    /// <summary>Its thread has ended; may be partly filled.</summary>
    ThreadEnded = 3,
}

/// <summary>What the 40-bit time stamps count.</summary>
internal enum ClockKind : uint
{
    /// <summary>rdtsc of an invariant time-stamp counter.</summary>
    Tsc = 1,

    /// <summary>CLOCK_MONOTONIC, ns.</summary>
    Monotonic = 2,
}

/// <summary>Which probe records.</summary>
internal enum ProbeKind : uint
{
    /// <summary>Machine code written at start (x86-64, glibc).</summary>
    Stub = 1,

    /// <summary>C# compiled ahead of time.</summary>
    Portable = 2,
}

/// <summary>Why recording ended before the program did.</summary>
internal enum StopReason : uint
{
    /// <summary>It did not.</summary>
    None = 0,

    /// <summary>The capture reached <c>--max-capture-size</c>.</summary>
    SizeLimit = 1,

    /// <summary>The disk (or quota) is full.</summary>
    DiskFull = 2,

    /// <summary>The capture directory cannot be written for another reason.</summary>
    WriteFailed = 3,

    /// <summary>The command had ended and this process of it went on: the recorder did not wait for it.</summary>
    RecorderLeft = 4,

    /// <summary>The pool is full and the recorder was not heard of for ten seconds.</summary>
    RecorderDied = 5,
}

/// <summary>Geometry of the pool file.</summary>
internal static class PoolLayout
{
    /// <summary>"VZPOOL01", little endian.</summary>
    public const ulong Magic = 0x31304C4F4F505A56;

    /// <summary>Header page.</summary>
    public const int PageBytes = 4096;

    /// <summary>A chunk: a power of two and aligned to itself, so that one mask test tells both "no chunk" and "full".</summary>
    public const int ChunkBytes = 128 * 1024;

    /// <summary>Head of a chunk.</summary>
    public const int ChunkHeaderBytes = 64;

    /// <summary>
    /// Offset in the header page of a text that tells whose a pool in memory is: mount namespace (as /proc/self/ns/mnt links to it), line
    /// feed, full path of the link in the process's directory; UTF-8, ends with NUL. A pool whose process is dead, whose link is gone
    /// and that was last written more than 7 days ago belongs to nobody and is deleted by the next recording.
    /// </summary>
    public const int OwnerOffset = 2048;

    /// <summary>Room for that text, its NUL included.</summary>
    public const int OwnerRoom = PageBytes - OwnerOffset;

    /// <summary>Records that fit into a chunk.</summary>
    public const int RecordsPerChunk = (ChunkBytes - ChunkHeaderBytes) / 8;

    /// <summary>
    /// Offset of the free bitmap: bit i set: chunk i may be taken (compare-exchange by the taker, or-ed back by the recorder after it has
    /// zeroed the chunk's records). Lowest bits are taken first, so that the warm chunks go round.
    /// </summary>
    public const int FreeBitmapOffset = PageBytes;

    /// <summary>Offset of the full bitmap: bit i set by the owner when chunk i waits for the recorder, cleared by the recorder.</summary>
    public const int FullBitmapOffset = 2 * PageBytes;

    /// <summary>Most chunks a pool can have: the bitmaps' room. 4 GiB of records.</summary>
    public const int MaxChunks = PageBytes * 8;

    /// <summary>Offset of chunk <paramref name="index"/>; chunk 0 is the header's own place and never given out.</summary>
    public static long ChunkOffset(int index) => (long)index * ChunkBytes;
}
