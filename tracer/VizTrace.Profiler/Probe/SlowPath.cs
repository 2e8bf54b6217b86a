using System.Runtime.InteropServices;
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
    /// <summary>Records one word that found no room. Called by the stub (it jumps here) and by the portable probe.</summary>
    [UnmanagedCallersOnly]
    public static void Record(uint word)
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
    [UnmanagedCallersOnly]
    public static void CloseThread(void* value)
    {
        var state = (ThreadRecord*)value;
        ulong* cursor = Cursor(state);
        if (cursor != null)
        {
            SetCursor(state, null);
            ChunkPool.HandOver(ChunkPool.ChunkOf(cursor), ChunkState.ThreadEnded);
        }

        ThreadTable.EndCurrentThread(state->Slot);
    }

    /// <summary>
    /// Whether the current thread's last record is <paramref name="word"/>, written since an unwind callback last told of a frame. Not seen
    /// where a chunk has just begun or ended.
    /// </summary>
    public static bool ProbeJustRecorded(ThreadRecord* state, uint word)
    {
        ulong* cursor = Cursor(state);
        return ((nuint)cursor & (PoolLayout.ChunkBytes - 1)) > PoolLayout.ChunkHeaderBytes
            && cursor != state->ToldCursor && Records.Record.Word(cursor[-1]) == word;
    }

    /// <summary>An unwind callback tells the current thread of a frame.</summary>
    public static void RememberTold(ThreadRecord* state) => state->ToldCursor = Cursor(state);

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
        if (Volatile.Read(ref ChunkPool.Header->Stop) != 0)
            return;
        if (state->Lost++ == 0)
            state->GapStartTicks = ProbeClock.Now();
        if ((word & 1) == 0)
            state->GapOpened++;
        else if (state->GapOpened > 0)
            state->GapOpened--;
        else
            state->GapClosed++;
        Interlocked.Increment(ref ChunkPool.Header->LostRecords);
    }
}
