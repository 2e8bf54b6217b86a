using VizTrace.Profiler.Probe;

namespace VizTrace.Profiler.Methods;

/// <summary>
/// Leaves of methods that have no finally of ours (explicit tail calls), when an exception carries control out of them: the runtime tells of
/// each frame it unwinds. Runs on the throwing thread; allocates nothing and takes no lock.
/// </summary>
/// <remarks>
/// What .NET 9 and 10 tell (NotifyFunctionEnter and ExInfo::MakeCallbacksRelatedToHandler in vm/exceptionhandling.cpp): Enter of a frame, then
/// its finally blocks run, then Leave of it and Enter of the next, back to back; the frame that catches gets CatcherEnter in the place of
/// Leave. The last managed frame before native code gets Enter alone. Exceptions nest: in a finally another may be thrown and caught.
/// </remarks>
internal static unsafe class Unwinding
{
    /// <summary>In <see cref="TracedModule.UnwoundWords"/>: the method has clauses of its own, so that its frame may catch, or run a finally.</summary>
    public const uint HasClauses = 1u << 31;

    /// <summary>And: it is an ignored function; leaving it is no record, but one reason less to ignore the thread's calls.</summary>
    public const uint Ignores = 1u << 30;

    /// <summary>And: it is marked [TraceOnly].</summary>
    public const uint TraceOnly = 1u << 29;

    /// <summary>
    /// Not the word of a method: the frame is the runtime's dispatcher of tail calls. A callee that takes more arguments on the stack than its
    /// caller goes through it, and then the caller's frame stays, right below the dispatcher's, although its leave was recorded.
    /// </summary>
    public const uint Dispatches = 1u << 28;

    /// <summary>Type of the dispatcher, in the core library.</summary>
    public const string DispatcherType = "System.Runtime.CompilerServices.RuntimeHelpers";

    /// <summary>Its name.</summary>
    public const string DispatcherMethod = "DispatchTailCalls";

    private const uint WordMask = (1u << Records.Record.WordBits) - 1;

    /// <summary>A frame is about to be unwound, or it is the one that will catch.</summary>
    public static void Enter(nuint function)
    {
        // A thread of which all is ignored so far may have no state; what begins to be unwound must be remembered.
        uint word = MethodTable.UnwoundWord(function);
        ThreadRecord* state = (word & WordMask) == 0 ? ThreadBlock.State : SlowPath.StateOfCurrentThread();
        if (state == null)
            return;

        // Native frames lay behind the last one: it was never told to be gone, and the exception goes on from further up the stack. A nested
        // exception's dispatcher stands below the one in whose finally it was thrown.
        ulong place = (ulong)&word;
        while (state->IsAbandoned(place))
            Record(state, state->Pop());

        if (state->IsBelowDispatcher != 0)
            word = 0;
        state->IsBelowDispatcher = (word & Dispatches) != 0 ? 1u : 0;
        if (word == Dispatches)
            word = 0;

        // A tail call on null: the leave was recorded before it, and the frame that throws is still there. While calls are ignored nothing is
        // known of the last one.
        if (word != 0 && !CursorMark.Is(SlowPath.Cursor(state)) && SlowPath.ProbeJustCalled(state, word & WordMask))
            word = 0;
        if (word != 0 && (word & HasClauses) == 0)
        {
            // It can neither catch nor run anything more, so it is left here: before native code there will be no Leave.
            Record(state, word);
            word = 0;
        }

        state->Push(word & ~HasClauses, place);
        SlowPath.SetLastWord(state, 0);
    }

    /// <summary>It is gone, and what it had to clean up is done.</summary>
    public static void Leave()
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state != null)
            Record(state, state->Pop());
    }

    /// <summary>The frame last told of catches: it is not left.</summary>
    public static void Caught()
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state != null)
            _ = state->Pop();
    }

    private static void Record(ThreadRecord* state, uint word)
    {
        if (word == 0)
            return;
        nint probe = (word & Ignores) != 0 ? ProbeCode.IgnoreLeave
            : (word & TraceOnly) != 0 ? (nint)(delegate* unmanaged<uint, void>)&Ignoring.LeaveTraceOnly
            : ProbeCode.Address;
        ProbeCode.Call(probe, word & WordMask);
        SlowPath.SetLastWord(state, 0);
    }
}
