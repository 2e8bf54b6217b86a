using System.Runtime.InteropServices;
using VizTrace.Profiler.Interop;
using VizTrace.Profiler.Threads;
using VizTrace.Records;

namespace VizTrace.Profiler.Probe;

/// <summary>
/// What a probe does when its thread has no room: hand the full chunk over, take the next, write the record; at a thread's first record,
/// give it a slot. Runs on the program's thread, which the runtime sees in cooperative mode: it must be short and must not wait, and it
/// takes no lock. Locks that may be held by the caller: none of the runtime's (managed code is running) and none of libc's.
/// </summary>
internal static unsafe class SlowPath
{
    /// <summary>Lost records of a thread after which it asks whether anybody is still there to give chunks back.</summary>
    private const ulong DoubtAfter = 1 << 16;

    /// <summary>A recorder that was not heard of for so long is dead; it looks at every pool several times a second.</summary>
    private const ulong DeadAfterNs = 10_000_000_000;

    /// <summary>Records one word that found no room. Called by the stub (it jumps here) and by the portable probe.</summary>
    [UnmanagedCallersOnly]
    public static void Record(uint word) => RecordWithoutRoom(word);

    /// <summary>
    /// Records a word on a thread that may have room or not, past the probe; for a word that the probe has counted already.
    /// </summary>
    public static void Append(ThreadRecord* state, uint word)
    {
        ulong* cursor = Cursor(state);
        if (((nuint)cursor & (PoolLayout.ChunkBytes - 1)) == 0)
        {
            RecordWithoutRoom(word);
            return;
        }

        Volatile.Write(ref *cursor, Records.Record.Make(ProbeClock.Now(), word));
        SetCursor(state, cursor + 1);
    }

    /// <summary>The current thread's state, made when it has none; null when there are no more.</summary>
    public static ThreadRecord* StateOfCurrentThread()
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state != null)
            return state;

        // The program may be between a call of its own and the look at errno.
        int* error = Libc.__errno_location();
        int before = *error;
        state = ThreadTable.AddCurrentThread();
        if (state != null)
            _ = Ignoring.Found(state, isFirst: true);
        *error = before;
        return state;
    }

    private static void RecordWithoutRoom(uint word)
    {
        // The program may be between a call of its own and the look at errno.
        int* error = Libc.__errno_location();
        int before = *error;
        RecordInNextChunk(word);
        *error = before;
    }

    private static void RecordInNextChunk(uint word)
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state == null)
        {
            state = ThreadTable.AddCurrentThread();
            if (state == null)
            {
                Interlocked.Increment(ref ChunkPool.Header->LostRecords);
                return;
            }

            SetLastWord(state, word);
            if (Ignoring.Found(state, isFirst: true))
                return;
        }
        else
        {
            ulong* cursor = Cursor(state);
            bool isFirst = cursor == null;
            if (!isFirst)
            {
                SetCursor(state, null);
                ChunkPool.HandOver(ChunkPool.ChunkOf(cursor), ChunkState.Full);
            }

            if (Ignoring.Found(state, isFirst))
                return;
        }

        if (ChunkPool.HasStopped)
        {
            SetCursor(state, ChunkPool.Scratch(state->Slot));
            return;
        }

        ChunkHeader* chunk = ChunkPool.TryTake();
        if (chunk == null)
        {
            Lose(state, word);
            return;
        }

        Open(chunk, state);
        var first = (ulong*)((byte*)chunk + PoolLayout.ChunkHeaderBytes);
        Volatile.Write(ref *first, Records.Record.Make(ProbeClock.Now(), word));
        SetCursor(state, first + 1);
    }

    /// <summary>
    /// The thread ends (pthread-key destructor): its chunk goes to the recorder, partly filled. Managed code may still run on the thread in
    /// destructors after ours; it gets a new slot then, which the reader joins to this row by TID and time.
    /// </summary>
    /// <remarks>Called by libc as it is, without a transition: our own runtime has let the thread go (<see cref="ThreadBlock"/>).</remarks>
    public static void CloseThread(void* value)
    {
        var state = (ThreadRecord*)value;
        ulong* cursor = Cursor(state);
        if (CursorMark.Is(cursor))
            cursor = Parked(state);
        SetCursor(state, null);
        SetParked(state, null);
        if (cursor != null)
            ChunkPool.HandOver(ChunkPool.ChunkOf(cursor), ChunkState.ThreadEnded);
        ThreadTable.EndCurrentThread(state);
    }

    /// <summary>
    /// Whether the last word of a probe on the current thread is <paramref name="word"/>, since an unwind callback last told of a frame.
    /// </summary>
    public static bool ProbeJustCalled(ThreadRecord* state, uint word) =>
        (ProbeCode.Kind == ProbeKind.Stub ? ThreadBlock.LastWord : state->LastWord) == word;

    /// <summary>Word of the current thread's last probe; 0 when an unwind callback tells of a frame.</summary>
    public static void SetLastWord(ThreadRecord* state, uint word)
    {
        if (ProbeCode.Kind == ProbeKind.Stub)
            ThreadBlock.LastWord = word;
        else
            state->LastWord = word;
    }

    /// <summary>The current thread's cursor.</summary>
    public static ulong* Cursor(ThreadRecord* state) => ProbeCode.Kind == ProbeKind.Stub ? ThreadBlock.Cursor : state->Cursor;

    /// <summary>Sets it.</summary>
    public static void SetCursor(ThreadRecord* state, ulong* cursor)
    {
        if (ProbeCode.Kind == ProbeKind.Stub)
            ThreadBlock.Cursor = cursor;
        else
            state->Cursor = cursor;
    }

    /// <summary>Where the current thread's cursor stood before it became a mark.</summary>
    public static ulong* Parked(ThreadRecord* state) => ProbeCode.Kind == ProbeKind.Stub ? ThreadBlock.Parked : state->Parked;

    /// <summary>Sets it.</summary>
    public static void SetParked(ThreadRecord* state, ulong* cursor)
    {
        if (ProbeCode.Kind == ProbeKind.Stub)
            ThreadBlock.Parked = cursor;
        else
            state->Parked = cursor;
    }

    /// <summary>The current thread's open calls under a depth limit.</summary>
    public static int Depth(ThreadRecord* state) => ProbeCode.Kind == ProbeKind.Stub ? (int)ThreadBlock.Depth : state->Depth;

    /// <summary>Sets it.</summary>
    public static void SetDepth(ThreadRecord* state, int depth)
    {
        if (ProbeCode.Kind == ProbeKind.Stub)
            ThreadBlock.Depth = depth;
        else
            state->Depth = depth;
    }

    private static void Open(ChunkHeader* chunk, ThreadRecord* state)
    {
        chunk->Sequence = state->NextSequence++;
        chunk->StartTicks = ProbeClock.NowWithMonotonic(out ulong monotonicNs, out uint uncertainty);
        chunk->StartMonotonicNs = monotonicNs;
        chunk->UncertaintyTicks = uncertainty;
        chunk->Drained = 0;
        chunk->LostBefore = state->Lost;
        chunk->GapClosed = state->GapClosed;
        chunk->GapOpened = state->GapOpened;
        chunk->GapStartTicks = state->GapStartTicks;
        (state->Lost, state->GapClosed, state->GapOpened, state->GapStartTicks) = (0, 0, 0, 0);
        Volatile.Write(ref chunk->State, (uint)ChunkState.Owned);

        // The slot last: a chunk with slot 0 holds nothing, whatever else its head says, so a thread killed in here leaves no half-truth.
        Volatile.Write(ref chunk->Slot, state->Slot);
    }

    private static void Lose(ThreadRecord* state, uint word)
    {
        if (state->Lost++ == 0)
            state->GapStartTicks = ProbeClock.Now();
        if ((word & 1) == 0)
            state->GapOpened++;
        else if (state->GapOpened > 0)
            state->GapOpened--;
        else
            state->GapClosed++;
        Interlocked.Increment(ref ChunkPool.Header->LostRecords);
        if (state->Lost % DoubtAfter == 0 && IsRecorderDead())
            ChunkPool.Stop(StopReason.RecorderDied);
    }

    private static bool IsRecorderDead()
    {
        ulong seen = Volatile.Read(ref ChunkPool.Header->RecorderSeenNs);
        return seen != 0 && DirectLibc.MonotonicNs() - seen is > DeadAfterNs and < 1UL << 63;
    }
}
