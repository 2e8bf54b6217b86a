using System.Runtime.InteropServices;
using VizTrace.Profiler.Threads;
using VizTrace.Records;

namespace VizTrace.Profiler.Probe;

/// <summary>
/// What makes calls of the current thread unwanted and wanted again (<see cref="CursorMark"/>): everything but the two stubs at the ends of
/// an ignored function. Takes no lock; allocates nothing. What is called by the program's code runs in cooperative mode, as
/// <see cref="SlowPath"/>.
/// </summary>
internal static unsafe class Ignoring
{
    private static int s_hasTraceOnly;

    /// <summary>Whether a module with functions marked [TraceOnly] was loaded: from then on only they, and what they call, are wanted.</summary>
    public static bool HasTraceOnly => Volatile.Read(ref s_hasTraceOnly) != 0;

    /// <summary>A module has such functions.</summary>
    public static void ExpectTraceOnly() => Volatile.Write(ref s_hasTraceOnly, 1);

    /// <summary>The portable start of an ignored function on a thread that has no state yet.</summary>
    [UnmanagedCallersOnly]
    public static void Enter(uint word)
    {
        ThreadRecord* state = SlowPath.StateOfCurrentThread();
        if (state != null)
            Enter(state, word);
    }

    /// <summary>The portable start of an ignored function.</summary>
    public static void Enter(ThreadRecord* state, uint word)
    {
        SlowPath.SetLastWord(state, word);
        SetMark(state, MarkOf(state) + CursorMark.Level);
    }

    /// <summary>Its portable way out.</summary>
    public static void Leave(ThreadRecord* state, uint word)
    {
        SlowPath.SetLastWord(state, word);
        ulong* cursor = SlowPath.Cursor(state);
        if (CursorMark.Is(cursor))
            SetMark(state, (ulong)cursor - CursorMark.Level);
    }

    /// <summary>Tracer.Ignore().</summary>
    [UnmanagedCallersOnly]
    public static void EnterScope()
    {
        ThreadRecord* state = SlowPath.StateOfCurrentThread();
        if (state == null)
            return;
        ulong mark = MarkOf(state);
        if (mark == CursorMark.Ignored)
        {
            mark |= CursorMark.Scope;
            state->ScopeDepth = 0;
            if (!ProbeCode.HasDepthLimit)
                ThreadBlock.Depth = 0;
        }

        SetMark(state, mark + CursorMark.Level);
    }

    /// <summary>Its end. One that never began does nothing.</summary>
    [UnmanagedCallersOnly]
    public static void LeaveScope()
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state == null)
            return;
        ulong mark = (ulong)SlowPath.Cursor(state);
        if ((mark & CursorMark.Ignored) == 0 || (mark & CursorMark.Levels) == 0)
            return;
        mark -= CursorMark.Level;
        if ((mark & CursorMark.Levels) == 0)
            mark &= ~CursorMark.Scope;
        SetMark(state, mark);
    }

    /// <summary>
    /// A call in a scope: entered, it is counted; left, it may have been open when the scope began, and then this is its recorded end. Without a
    /// depth limit the stub has counted, and only such a one comes here.
    /// </summary>
    [UnmanagedCallersOnly]
    public static void CalledInScope(uint word)
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state == null)
            return;
        if (ProbeCode.Kind == ProbeKind.Portable || ProbeCode.HasDepthLimit)
        {
            if ((word & 1) == 0)
            {
                state->ScopeDepth++;
                return;
            }

            if (state->ScopeDepth > 0)
            {
                state->ScopeDepth--;
                return;
            }
        }

        ulong mark = (ulong)SlowPath.Cursor(state);
        SlowPath.SetCursor(state, SlowPath.Parked(state));
        SlowPath.Append(state, word);
        ulong* after = SlowPath.Cursor(state);
        if (CursorMark.Is(after))
            mark = (mark | (ulong)after) & ~CursorMark.Scope; // it needed a chunk, and there is another reason by now
        else
            SlowPath.SetParked(state, after);
        SlowPath.SetCursor(state, (ulong*)mark);
    }

    /// <summary>Start of a function marked [TraceOnly].</summary>
    [UnmanagedCallersOnly]
    public static void EnterTraceOnly(uint word)
    {
        ThreadRecord* state = SlowPath.StateOfCurrentThread();
        if (state == null)
            return;
        if (state->OnlyDepth++ == 0)
        {
            ulong* cursor = SlowPath.Cursor(state);
            if (CursorMark.Is(cursor))
                SetMark(state, (ulong)cursor & ~CursorMark.Outside);
            if (ProbeCode.HasDepthLimit)
            {
                state->DepthOutside = SlowPath.Depth(state);
                SlowPath.SetDepth(state, 0);
            }
        }

        ProbeCode.Call(ProbeCode.Address, word);
    }

    /// <summary>Its ways out.</summary>
    [UnmanagedCallersOnly]
    public static void LeaveTraceOnly(uint word)
    {
        ProbeCode.Call(ProbeCode.Address, word);
        ThreadRecord* state = ThreadBlock.State;
        if (state == null || state->OnlyDepth == 0 || --state->OnlyDepth > 0)
            return;
        if (ProbeCode.HasDepthLimit)
            SlowPath.SetDepth(state, state->DepthOutside);
        SetMark(state, MarkOf(state) | CursorMark.Outside);
    }

    /// <summary>Nothing of the current thread is wanted any more. What it has recorded goes to the recorder; its reader takes it out.</summary>
    public static void IgnoreThread(ThreadRecord* state, ThreadIgnoredReason reason)
    {
        ulong mark = MarkOf(state);
        if ((mark & CursorMark.Thread) != 0)
            return;
        ThreadTable.Ignored(state, reason);
        SetMark(state, (mark | CursorMark.Thread) & ~CursorMark.Scope);
        ulong* parked = SlowPath.Parked(state);
        SlowPath.SetParked(state, null);
        if (parked != null)
            ChunkPool.HandOver(ChunkPool.ChunkOf(parked), ChunkState.ThreadEnded);
    }

    /// <summary>Tracer.IgnoreThisThread().</summary>
    [UnmanagedCallersOnly]
    public static void IgnoreThisThread()
    {
        ThreadRecord* state = SlowPath.StateOfCurrentThread();
        if (state != null)
            IgnoreThread(state, ThreadIgnoredReason.Itself);
    }

    /// <summary>
    /// The reasons why the current thread is not to record, looked for when it needs a chunk; true: there are some, and its cursor holds them.
    /// </summary>
    public static bool Found(ThreadRecord* state, bool isFirst)
    {
        if (ThreadChoice.WhyIgnored(state, isFirst) is ThreadIgnoredReason reason && reason != 0)
        {
            IgnoreThread(state, reason);
            return true;
        }

        if (!HasTraceOnly || state->OnlyDepth > 0)
            return false;
        SetMark(state, MarkOf(state) | CursorMark.Outside);
        return true;
    }

    /// <summary>The reasons so far; a cursor that was none is parked.</summary>
    private static ulong MarkOf(ThreadRecord* state)
    {
        ulong* cursor = SlowPath.Cursor(state);
        if (CursorMark.Is(cursor))
            return (ulong)cursor;
        SlowPath.SetParked(state, cursor);
        return CursorMark.Ignored;
    }

    private static void SetMark(ThreadRecord* state, ulong mark) =>
        SlowPath.SetCursor(state, mark == CursorMark.Ignored ? SlowPath.Parked(state) : (ulong*)mark);
}
