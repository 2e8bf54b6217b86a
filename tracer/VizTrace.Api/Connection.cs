using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VizTrace;

/// <summary>The way to the tracer that records this process; there is none when <see cref="s_tracer"/> is null.</summary>
internal static unsafe class Connection
{
    /// <summary>Null without a tracer. The compiler knows its value when it optimizes, so that what depends on it goes away.</summary>
    internal static readonly Functions* s_tracer = (Functions*)Find();

    /// <summary>
    /// Answers null. While a program is recorded the tracer gives this method another body (Session/ProgramApi.cs there), so that no library
    /// has to be looked for.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint Find() => 0;

    /// <summary>What the tracer offers, field by field as it has it; it may have more than this assembly knows.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Functions
    {
        public nint Bytes;
        public delegate* unmanaged<void> IgnoreThisThread;

        // Short, without a wait, and called by the thread itself: as a probe is.
        public delegate* unmanaged[SuppressGCTransition]<void> EnterScope;
        public delegate* unmanaged[SuppressGCTransition]<void> LeaveScope;
    }
}
