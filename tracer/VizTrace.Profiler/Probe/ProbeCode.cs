using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VizTrace.Records;

namespace VizTrace.Profiler.Probe;

/// <summary>
/// The hot path. Rewritten methods call it with one 24-bit word (<see cref="Records.Record"/>), as a managed calli: no transition. It is machine
/// code written at start; without an invariant time-stamp counter or a known place in the thread block, and on request, C# compiled ahead of time.
/// </summary>
internal static unsafe class ProbeCode
{
    private static int s_maxDepth;
    private static ulong s_minTicks;
    private static delegate*<Look> s_look;

    /// <summary>Address for the calli.</summary>
    public static nint Address { get; private set; }

    /// <summary>The same for the start of an ignored function.</summary>
    public static nint IgnoreEnter { get; private set; }

    /// <summary>And for its ways out.</summary>
    public static nint IgnoreLeave { get; private set; }

    /// <summary>Whether calls that are too deep are counted and not recorded.</summary>
    public static bool HasDepthLimit => s_maxDepth > 0;

    /// <summary>Which of the two it is.</summary>
    public static ProbeKind Kind { get; private set; }

    /// <summary>
    /// Makes the probe; <paramref name="forced"/> is the value of VIZTRACE_PROBE, <paramref name="maxDepth"/> 0 for no limit,
    /// <paramref name="minTicks"/> what a call must last at least to leave a record. The stub alone heeds <paramref name="chunkRecords"/>, see
    /// <see cref="CaptureLayout.ChunkRecordsVariable"/>.
    /// </summary>
    public static void Create(string? forced, int maxDepth, ulong minTicks, string? chunkRecords)
    {
        s_maxDepth = maxDepth;
        s_minTicks = minTicks;
        Kind = ProbeKind.Portable;
        Address = (nint)(delegate*<uint, void>)(maxDepth > 0 ? &PortableWithDepth : &Portable);
        IgnoreEnter = (nint)(delegate*<uint, void>)&PortableIgnoreEnter;
        IgnoreLeave = (nint)(delegate*<uint, void>)&PortableIgnoreLeave;
        ThreadBlock.FindOffsets();
        s_look = FindLook();
        if (forced == "portable" || ProbeClock.Kind != ClockKind.Tsc || ThreadBlock.CursorOffset == 0 || ThreadBlock.StateOffset == 0)
            return;
        bool small = int.TryParse(chunkRecords, out int records) && int.IsPow2(records) && records < PoolLayout.RecordsPerChunk;
        int fullMask = small ? (records * sizeof(ulong)) - 1 : PoolLayout.ChunkBytes - 1;
        void* probe = ProbeStub.WriteProbe(maxDepth, minTicks, fullMask), enter = ProbeStub.WriteIgnoreEnter(), leave = ProbeStub.WriteIgnoreLeave();
        if (probe == null || enter == null || leave == null)
            return;
        (Address, IgnoreEnter, IgnoreLeave) = ((nint)probe, (nint)enter, (nint)leave);
        Kind = ProbeKind.Stub;
    }

    /// <summary>
    /// Calls a probe from one of our own callbacks (leaves of unwound frames), on the current thread. With a transition out of our own
    /// runtime: the slow path comes back in through UnmanagedCallersOnly, which demands that the thread is outside.
    /// </summary>
    public static void Call(nint probe, uint word) => ((delegate* unmanaged<uint, void>)probe)(word);

    /// <summary>
    /// The portable probe. Called straight by the program's code, without the transition that UnmanagedCallersOnly makes (20 % of the whole
    /// probe): on every platform we build for, a managed function of one integer has the native convention. That is right only because
    /// nothing below touches an object, allocates, throws, runs a static constructor or polls for a collection: to our own collector the
    /// thread stays where it was, outside. So native functions are called here through managed function pointers, never by P/Invoke, not
    /// even with SuppressGCTransition, which polls behind the call and would wait as if the thread were inside. Whatever needs more goes
    /// through <see cref="SlowPath.Record"/>, which makes the transition.
    /// </summary>
    private static void Portable(uint word)
    {
        // One call for both: each costs what has to be saved across it, a third of the probe's own time.
        Look look = s_look();
        Write(look.State, look.Ticks, word);
    }

    private static Look LookPortably() => new() { Ticks = ProbeClock.Now(), State = ThreadBlock.State };

    private static delegate*<Look> FindLook()
    {
        if (ProbeClock.Kind != ClockKind.Tsc || ThreadBlock.StateOffset == 0)
            return &LookPortably;
        void* written = ProbeStub.WriteLook();
        return written == null ? &LookPortably : (delegate*<Look>)written;
    }

    private static void PortableWithDepth(uint word)
    {
        // The state is made by the thread's first record, at depth 1, which is never too deep.
        ThreadRecord* state = ThreadBlock.State;
        if (state == null)
        {
            Write(state, 0, word);
            state = ThreadBlock.State;
            if (state != null)
                state->Depth = 1;
            return;
        }

        state->LastWord = word;
        int depth = (word & 1) == 0 ? ++state->Depth : state->Depth--;
        if (depth <= s_maxDepth)
            Write(state, ProbeClock.Now(), word);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(ThreadRecord* state, ulong ticks, uint word)
    {
        ulong* cursor = null;
        if (state != null)
        {
            state->LastWord = word;
            cursor = state->Cursor;
        }

        if (((nuint)cursor & (PoolLayout.ChunkBytes - 1)) == 0)
        {
            WriteAway(cursor, word);
            return;
        }

        ulong record = Records.Record.Make(ticks, word);
        if (s_minTicks > 0 && TakesBack(cursor, record))
        {
            Volatile.Write(ref cursor[-1], 0);
            state->Cursor = cursor - 1;
            return;
        }

        // One aligned 8-byte store: a reader, or what a killed process leaves, has the whole record or a zero.
        Volatile.Write(ref *cursor, record);
        state->Cursor = cursor + 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WriteAway(ulong* cursor, uint word)
    {
        if (!CursorMark.Is(cursor))
            ((delegate*<uint, void>)(nint)(delegate* unmanaged<uint, void>)&SlowPath.Record)(word);
        else if (((ulong)cursor & CursorMark.Scope) != 0)
            ((delegate*<uint, void>)(nint)(delegate* unmanaged<uint, void>)&Ignoring.CalledInScope)(word);
    }

    /// <summary>See <see cref="ProbeStub"/>: the leave of a call that was too short, behind its own enter.</summary>
    private static bool TakesBack(ulong* cursor, ulong record)
    {
        const ulong WordMask = (1UL << Records.Record.WordBits) - 1;
        ulong elapsed = record - cursor[-1];
        return Records.Record.IsLeave(record) && (elapsed & WordMask) == 1 && elapsed >> Records.Record.WordBits < s_minTicks
            && cursor > (ulong*)((byte*)ChunkPool.ChunkOf(cursor) + PoolLayout.ChunkHeaderBytes) + ChunkPool.ChunkOf(cursor)->Drained;
    }

    private static void PortableIgnoreEnter(uint word)
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state == null)
            ((delegate*<uint, void>)(nint)(delegate* unmanaged<uint, void>)&Ignoring.Enter)(word);
        else
            Ignoring.Enter(state, word);
    }

    private static void PortableIgnoreLeave(uint word)
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state != null)
            Ignoring.Leave(state, word);
    }

    /// <summary>What the portable probe has to know: the thread and the time.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Look
    {
        public ThreadRecord* State;
        public ulong Ticks;
    }
}
