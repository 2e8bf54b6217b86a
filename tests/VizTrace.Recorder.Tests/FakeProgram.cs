using System.Globalization;
using System.Runtime.InteropServices;

namespace VizTrace.Recorder.Tests;

/// <summary>
/// Plays the profiler of a traced program, by the offsets that FORMAT.md gives and with none of the product's code: makes a process
/// directory with a pool, and threads that take chunks, fill them and hand them over. Remembers what every thread recorded.
/// </summary>
internal sealed unsafe partial class FakeProgram : IDisposable
{
    public const int ChunkBytes = 131072;
    public const int RecordsPerChunk = (ChunkBytes - 64) / 8;

    private byte* _pool;
    private readonly long _length;
    private uint _nextSlot;
    private bool _waitedInVain;

    public FakeProgram(string capture, int initialChunks, int maxChunks, int? pid = null, ulong? start = null, uint clock = 2)
    {
        Pid = pid ?? Environment.ProcessId;
        Directory = Path.Combine(capture, string.Create(CultureInfo.InvariantCulture, $"p{Pid}-{start ?? OwnStart()}"));
        System.IO.Directory.CreateDirectory(Directory);
        string path = Path.Combine(Directory, "pool");
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            Assert(Allocate((int)file.SafeFileHandle.DangerousGetHandle(), 0, 0, (long)initialChunks * ChunkBytes) == 0);
            _length = (long)maxChunks * ChunkBytes;
            nint address = Map(0, (nuint)_length, 3, 1, (int)file.SafeFileHandle.DangerousGetHandle(), 0);
            Assert(address != -1);
            _pool = (byte*)address;
        }

        Set(8, 1u);
        Set(12, (uint)Pid);
        Set(16, (uint)maxChunks);
        Set(20, (uint)initialChunks);
        Set(24, clock);
        Set(32, 1000ul);
        for (int i = 1; i < initialChunks; i++)
            *(ulong*)(_pool + 4096 + (i / 64 * 8)) |= 1ul << (i % 64);
        Volatile.Write(ref *(ulong*)_pool, BitConverter.ToUInt64("VZPOOL01"u8));
    }

    public int Pid { get; }

    public string Directory { get; }

    public List<FakeThread> Threads { get; } = [];

    /// <summary>The least that a call must last, in ticks.</summary>
    public ulong MinTicks
    {
        set => Set(88, value);
    }

    public uint Capacity => Volatile.Read(ref *(uint*)(_pool + 20));

    public uint Stop => Volatile.Read(ref *(uint*)(_pool + 48));

    public ulong StopTicks => Volatile.Read(ref *(ulong*)(_pool + 56));

    public int FreeChunks
    {
        get
        {
            int count = 0;
            for (int i = 0; i < 512; i++)
                count += System.Numerics.BitOperations.PopCount(*(ulong*)(_pool + 4096 + (i * 8)));
            return count;
        }
    }

    public static ulong OwnStart()
    {
        string stat = File.ReadAllText("/proc/self/stat");
        return ulong.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
    }

    public FakeThread NewThread(ulong ticks)
    {
        lock (Threads)
        {
            var thread = new FakeThread(this, ++_nextSlot, ticks);
            Threads.Add(thread);
            return thread;
        }
    }

    public T Get<T>(int chunk, int offset)
        where T : unmanaged => *(T*)(_pool + ((long)chunk * ChunkBytes) + offset);

    /// <summary>Whether every record place of a chunk is zero again.</summary>
    public bool IsClean(int chunk) => new ReadOnlySpan<byte>(_pool + ((long)chunk * ChunkBytes), ChunkBytes).IndexOfAnyExcept((byte)0) < 0;

    public void Dispose()
    {
        if (_pool != null)
            _ = Unmap((nint)_pool, (nuint)_length);
        _pool = null;
        if (_waitedInVain)
            throw new TimeoutException("a thread waited a minute for a free chunk");
    }

    private static void Assert(bool condition)
    {
        if (!condition)
            throw new InvalidOperationException($"errno {Marshal.GetLastPInvokeError()}");
    }

    private void Set<T>(int offset, T value)
        where T : unmanaged => *(T*)(_pool + offset) = value;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(int fd, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    /// <summary>One thread of the program. Not thread-safe itself.</summary>
    internal sealed class FakeThread(FakeProgram program, uint slot, ulong ticks)
    {
        private int _used = RecordsPerChunk;
        private uint _sequence;

        public uint Slot { get; } = slot;

        public ulong Ticks { get; private set; } = ticks;

        public int Chunk { get; private set; }

        /// <summary>Everything recorded: ticks, all 64 bits, and word.</summary>
        public List<(ulong Ticks, uint Word)> Recorded { get; } = [];

        /// <summary>
        /// Records; waits for a free chunk, and gives up (false) when recording was stopped, or when none came in a minute: then
        /// <see cref="FakeProgram.Dispose"/> tells of it, since nothing catches what a thread throws.
        /// </summary>
        public bool Record(ulong after, uint word)
        {
            Ticks += after;
            if (_used == RecordsPerChunk && !Take())
                return false;
            byte* place = program._pool + ((long)Chunk * ChunkBytes) + 64 + (_used++ * 8);
            Volatile.Write(ref *(ulong*)place, (Ticks << 24) | word);
            Recorded.Add((Ticks, word));
            return true;
        }

        /// <summary>Takes the last record back, as a program does that is recorded with <c>--min-duration</c>: never one that was drained.</summary>
        public void TakeBack()
        {
            if (_used - 1 < program.Get<uint>(Chunk, 56))
                throw new InvalidOperationException("the record was drained");
            *(ulong*)(program._pool + ((long)Chunk * ChunkBytes) + 64 + (--_used * 8)) = 0;
            Recorded.RemoveAt(Recorded.Count - 1);
        }

        public void End()
        {
            if (Chunk != 0)
                HandOver(state: 3);
        }

        private void HandOver(uint state)
        {
            *(uint*)(program._pool + ((long)Chunk * ChunkBytes) + 28) = state;
            Interlocked.Or(ref *(ulong*)(program._pool + 8192 + (Chunk / 64 * 8)), 1ul << (Chunk % 64));
            Chunk = 0;
        }

        private bool Take()
        {
            if (Chunk != 0)
                HandOver(state: 2);
            long start = Environment.TickCount64;
            while (program.Stop == 0)
            {
                if (Environment.TickCount64 - start > 60_000)
                {
                    program._waitedInVain = true;
                    return false;
                }

                for (int i = 1; i < program.Capacity; i++)
                {
                    ulong* word = (ulong*)(program._pool + 4096 + (i / 64 * 8));
                    ulong bits = Volatile.Read(ref *word);
                    ulong bit = 1ul << (i % 64);
                    if ((bits & bit) == 0 || Interlocked.CompareExchange(ref *word, bits & ~bit, bits) != bits)
                        continue;
                    byte* chunk = program._pool + ((long)i * ChunkBytes);
                    *(uint*)chunk = Slot;
                    *(uint*)(chunk + 4) = _sequence++;
                    *(ulong*)(chunk + 8) = Ticks;
                    *(uint*)(chunk + 28) = 1;
                    Chunk = i;
                    _used = 0;
                    return true;
                }

                Thread.Sleep(1);
            }

            return false;
        }
    }
}
