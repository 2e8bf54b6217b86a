using VizTrace.Profiler.Probe;

namespace VizTrace.Profiler.Methods;

/// <summary>
/// Leaves of methods that have no finally (explicit tail calls), when an exception carries control out of them: the runtime tells of each
/// frame it unwinds. Runs on the throwing thread; allocates nothing.
/// </summary>
internal static unsafe class Unwinding
{
    /// <summary>A frame is about to be unwound, or it is the one that will catch.</summary>
    public static void Enter(nuint function)
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state != null)
            state->UnwindingWord = MethodTable.UnwoundWord(function);
    }

    /// <summary>It is gone.</summary>
    public static void Leave()
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state == null || state->UnwindingWord == 0)
            return;
        uint word = state->UnwindingWord;
        state->UnwindingWord = 0;
        ProbeCode.Record(word);
    }

    /// <summary>The frame last told of catches: it is not left.</summary>
    public static void Caught()
    {
        ThreadRecord* state = ThreadBlock.State;
        if (state != null)
            state->UnwindingWord = 0;
    }
}
