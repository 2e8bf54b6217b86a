using System.Numerics;
using VizTrace.Recorder.Pool;
using VizTrace.Records;

namespace VizTrace.Recorder.Draining;

/// <summary>
/// Moves chunks of one process from its pool to its blocks file and gives them back. A chunk is zeroed and given back only after its block
/// is in the file, so that at every instant each record is in the pool or in the blocks (or, for an instant, in both): a recorder that is
/// killed loses nothing. Not thread-safe; allocates nothing per chunk.
/// </summary>
internal sealed class PoolDrain(SharedPool pool, BlockFile blocks)
{
    /// <summary>
    /// A record may become visible this much later than its time stamp (its thread lost the CPU in between): 110 s at 2.5 GHz, a
    /// quarter of what 40 bits hold.
    /// </summary>
    private const ulong LateTicks = 1UL << 38;

    /// <summary>The free chunks that there should always be.</summary>
    private const int FewChunks = 16;

    /// <summary>Chunks that one step of growth adds at most: 16 MB, some 3 ms in which nothing is drained.</summary>
    private const int StepChunks = 128;

    /// <summary>Of them so many are given to the program at once: 2 MB, 0.4 ms. On a busy machine a whole step takes ten.</summary>
    private const int PublishedChunks = 16;

    private readonly ulong[] _notBefore = new ulong[pool.MaxChunks];
    private readonly List<Drained> _waiting = [];
    private int _wanted;
    private int _nextFull;
    private int _nextRest = 1;

    /// <summary>Error number of the write that failed; 0: none. Nothing is drained any more then, and all stays in the pool.</summary>
    public int WriteError { get; private set; }

    /// <summary>Records written so far.</summary>
    public long Records { get; private set; }

    /// <summary>
    /// Drains chunks that wait, at most <paramref name="most"/> of them: the pool must be able to grow in between, or it runs dry while what has
    /// piled up is drained. The next call begins behind them, so that none waits for ever. The number of them.
    /// </summary>
    public int DrainFull(int most = int.MaxValue)
    {
        int count = 0, words = pool.BitmapWords, start = _nextFull % (words << 6);

        // The word in which it begins comes twice: first from there on, at last up to there.
        for (int i = 0; i <= words && count < most && WriteError == 0; i++)
        {
            int word = ((start >> 6) + i) % words;
            ulong behind = ulong.MaxValue << (start & 63), part = i == 0 ? behind : i == words ? ~behind : ulong.MaxValue;
            for (ulong bits = Volatile.Read(ref pool.Full(word)) & part; bits != 0 && count < most && WriteError == 0; bits &= bits - 1)
            {
                int index = (word << 6) + BitOperations.TrailingZeroCount(bits);
                if (index == 0 || index >= pool.Capacity)
                    continue;
                count++;
                _nextFull = index + 1;
                Drain(index, whole: true);
                if (blocks.IsDue)
                    Flush();
            }
        }

        Flush();
        return count;
    }

    /// <summary>
    /// Drains what stands in chunks that their threads still fill, without giving them back; <paramref name="now"/> are ticks read before
    /// the call. Called at least every 2^38 ticks, it keeps time stamps of 40 bits from ever being ambiguous.
    /// </summary>
    public void DrainPartly(ulong now)
    {
        for (int index = 1; index < pool.Capacity && WriteError == 0; index++)
        {
            ulong bit = 1UL << (index & 63);
            bool taken = ((Volatile.Read(ref pool.Free(index >> 6)) | Volatile.Read(ref pool.Full(index >> 6))) & bit) == 0;
            if (!taken || pool.Chunk(index).Slot == 0)
                continue;
            Drain(index, whole: false, now);
            if (blocks.IsDue)
                Flush();
        }

        Flush();
        ulong quiet = now > LateTicks ? now - LateTicks : 0;
        for (int index = 1; index < pool.Capacity; index++)
        {
            ref ChunkHeader chunk = ref pool.Chunk(index);
            // Where records are taken back, none may be left of a chunk that was begun long ago.
            bool begun = chunk.Drained != 0 || (pool.Header.MinTicks != 0 && chunk.Slot != 0);
            if (!begun || _notBefore[index] >= quiet)
                continue;
            _notBefore[index] = quiet;
            chunk.QuietUntil = (uint)(quiet >> ChunkHeader.QuietShift);
        }
    }

    /// <summary>
    /// Drains what an ended process has left, partly filled chunks too, at most <paramref name="most"/> of them: others must not wait for
    /// long. The number of them; 0 when nothing is left, or cannot be written.
    /// </summary>
    public int DrainRest(int most)
    {
        int count = 0;
        for (; _nextRest < pool.Capacity && count < most && WriteError == 0; _nextRest++)
        {
            if (pool.Chunk(_nextRest).Slot == 0)
                continue;
            count++;
            Drain(_nextRest, whole: true);
            if (blocks.IsDue)
                Flush();
        }

        Flush();
        return WriteError == 0 ? count : 0;
    }

    /// <summary>Whether the pool is on the way to a size: the next step should come soon, after a look at what waits.</summary>
    public bool IsGrowing { get; private set; }

    /// <summary>Lets the pool grow to <paramref name="capacity"/> chunks.</summary>
    public void Want(int capacity) => _wanted = Math.Max(_wanted, capacity);

    /// <summary>
    /// One step towards the size that is wanted, which is twice the present one whenever fewer than half of the chunks (or than 16) are
    /// free. 0, or the error number of the file system; then the size is not wanted any more. Never grows past <paramref name="limit"/> chunks.
    /// </summary>
    public int Grow(int limit)
    {
        if (_wanted <= pool.Capacity && CountFree() < Math.Max(FewChunks, pool.Capacity / 2))
            _wanted = pool.Capacity * 2;
        int target = Math.Min(_wanted, Math.Min(limit, pool.MaxChunks));
        int end = Math.Min(target, pool.Capacity + StepChunks), error = 0;
        while (error == 0 && pool.Capacity < end)
            error = pool.Grow(Math.Min(end, pool.Capacity + PublishedChunks));
        if (error != 0 || pool.Capacity >= target)
            _wanted = 0;
        IsGrowing = _wanted != 0;
        return error;
    }

    /// <summary>Whether any chunk waits.</summary>
    public bool AnyWaits
    {
        get
        {
            for (int word = 0; word < pool.BitmapWords; word++)
            {
                if (Volatile.Read(ref pool.Full(word)) != 0)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Chunks that the program can take at once.</summary>
    public int CountFree()
    {
        int free = 0;
        for (int word = 0; word < pool.BitmapWords; word++)
            free += BitOperations.PopCount(Volatile.Read(ref pool.Free(word)));
        return free;
    }

    private void Drain(int index, bool whole, ulong now = 0)
    {
        ReadOnlySpan<ulong> all = pool.Records(index);
        ref ChunkHeader chunk = ref pool.Chunk(index);
        int first = (int)Math.Min(chunk.Drained, (uint)all.Length);

        // The last record first, then the head: a thread that has just taken the chunk writes its head before any record.
        int count = Volatile.Read(in all[^1]) != 0 ? all.Length : first + Math.Max(0, all[first..].IndexOf(0UL));
        if (!whole)
            count = first + Settled(all[first..count], now);
        if (first == count && !(whole && first == 0 && chunk.LostBefore != 0))
        {
            if (whole)
                _waiting.Add(new Drained(index, count, Whole: true));
            return;
        }

        ReadOnlySpan<ulong> records = all[first..count];
        ulong notBefore = first == 0 ? Math.Max(chunk.StartTicks, _notBefore[index]) : _notBefore[index];
        ulong firstTicks = records.Length == 0 ? notBefore : Record.TicksAfter(notBefore, records[0]);
        ulong lastTicks = records.Length == 0 ? firstTicks : Record.TicksAfter(firstTicks, records[^1]);
        blocks.Add(chunk, first, records, firstTicks, lastTicks);
        Records += records.Length;
        _notBefore[index] = lastTicks;
        _waiting.Add(new Drained(index, count, whole));
    }

    /// <summary>How many of the records will stay as they are: enters at the end may be taken back while they are young.</summary>
    private int Settled(ReadOnlySpan<ulong> records, ulong now)
    {
        int count = records.Length;
        if (pool.Header.MinTicks == 0)
            return count;
        ulong young = pool.Header.MinTicks + Record.LargestStepBack;
        while (count > 0 && !Record.IsLeave(records[count - 1])
            && ((now + Record.LargestStepBack - Record.Time(records[count - 1])) & Record.TimeMask) < young + Record.LargestStepBack)
        {
            count--;
        }

        return count;
    }

    private void Flush()
    {
        WriteError = WriteError != 0 ? WriteError : blocks.Flush();
        if (WriteError == 0)
        {
            foreach (Drained drained in _waiting)
            {
                if (drained.Whole)
                    GiveBack(drained);
                else
                    MarkDrained(drained);
            }
        }

        _waiting.Clear();
    }

    private void MarkDrained(Drained drained)
    {
        ref ChunkHeader chunk = ref pool.Chunk(drained.Index);
        chunk.Drained = (uint)drained.Count;
        chunk.QuietUntil = (uint)(_notBefore[drained.Index] >> ChunkHeader.QuietShift);
    }

    private void GiveBack(Drained drained)
    {
        int index = drained.Index;
        pool.Records(index)[..drained.Count].Clear();
        pool.Chunk(index) = default;
        _notBefore[index] = 0;
        ulong bit = 1UL << (index & 63);
        Interlocked.And(ref pool.Full(index >> 6), ~bit);
        Interlocked.Or(ref pool.Free(index >> 6), bit);
    }

    /// <summary>A chunk whose block is in the buffer and not yet in the file.</summary>
    private readonly record struct Drained(int Index, int Count, bool Whole);
}
