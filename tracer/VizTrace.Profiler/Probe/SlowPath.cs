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
    public static void Record(uint word)
    {
        // The program may be between a call of its own and the look at errno.
        int* error = Libc.__errno_location();
        int before = *error;
        RecordWithoutRoom(word);
        *error = before;
    }

    private static void RecordWithoutRoom(uint word)
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
        }
        else
        {
            ulong* cursor = Cursor(state);
            if (cursor != null)
            {
                SetCursor(state, null);
                ChunkPool.HandOver(ChunkPool.ChunkOf(cursor), ChunkState.Full);
            }
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
        if (cursor != null)
        {
            SetCursor(state, null);
            ChunkPool.HandOver(ChunkPool.ChunkOf(cursor), ChunkState.ThreadEnded);
        }

        ThreadTable.EndCurrentThread(state);
    }

    /// <summary>
    /// Whether the last word of a probe on the current thread is <paramref name="word"/>, since an unwind callback last told of a frame. Without
    /// a depth limit that is seen in the last record; not where a chunk has just begun or ended.
    /// </summary>
    public static bool ProbeJustRecorded(ThreadRecord* state, uint word)
    {
        if (ProbeCode.HasDepthLimit)
            return state->LastWord == word;
        ulong* cursor = Cursor(state);
        return ((nuint)cursor & (PoolLayout.ChunkBytes - 1)) > PoolLayout.ChunkHeaderBytes
            && cursor != state->ToldCursor && Records.Record.Word(cursor[-1]) == word;
    }

    /// <summary>An unwind callback tells the current thread of a frame.</summary>
    public static void RememberTold(ThreadRecord* state)
    {
        state->LastWord = 0;
        state->ToldCursor = Cursor(state);
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

    private static ulong* Cursor(ThreadRecord* state) =>
        ProbeCode.Kind == ProbeKind.Stub ? ThreadBlock.Cursor : state->Cursor;

    private static void SetCursor(ThreadRecord* state, ulong* cursor)
    {
        if (ProbeCode.Kind == ProbeKind.Stub)
            ThreadBlock.Cursor = cursor;
        else
            state->Cursor = cursor;
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
