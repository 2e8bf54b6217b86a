using System.Runtime.InteropServices;
using VizTrace.Profiler.Interop;

namespace VizTrace.Profiler.Probe;

/// <summary>What the slow path knows of one thread. Touched by that thread alone.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal unsafe struct ThreadRecord
{
    /// <summary>Frames that can be in the middle of their unwinding at once: one for each exception thrown while another is unwinding.</summary>
    public const int MostUnwinding = 12;

    /// <summary>Slot, from 1; never given twice.</summary>
    public uint Slot;

    /// <summary>See <see cref="ThreadBlock.LastWord"/>; used by the portable probe (the stub keeps it in the thread block, as the next three).</summary>
    public uint LastWord;

    /// <summary>Number of the thread's next chunk.</summary>
    public uint NextSequence;

    /// <summary>Records lost since the last chunk.</summary>
    public ulong Lost;

    /// <summary>Ticks of the first of them.</summary>
    public ulong GapStartTicks;

    /// <summary>Of the calls open when the loss began: left since.</summary>
    public uint GapClosed;

    /// <summary>Entered since and still open.</summary>
    public uint GapOpened;

    /// <summary>See <see cref="ThreadBlock.Cursor"/>.</summary>
    public ulong* Cursor;

    /// <summary>See <see cref="ThreadBlock.Parked"/>.</summary>
    public ulong* Parked;

    /// <summary>Open calls under a depth limit.</summary>
    public int Depth;

    /// <summary>Open calls of a scope, where the thread block does not count them.</summary>
    public int ScopeDepth;

    /// <summary>Open calls of functions that are marked [TraceOnly].</summary>
    public int OnlyDepth;

    /// <summary>Open calls under a depth limit outside of the outermost of them.</summary>
    public int DepthOutside;

    /// <summary>The runtime's ThreadID; 0: the runtime did not know the thread at its first record.</summary>
    public nuint Key;

    /// <summary>1: the frame last told of by an unwind callback is the runtime's dispatcher of tail calls.</summary>
    public uint IsBelowDispatcher;

    /// <summary>Frames in the middle of their unwinding; used places of the arrays behind.</summary>
    private int _unwinding;
    private fixed uint _words[MostUnwinding];
    private fixed ulong _places[MostUnwinding];

    /// <summary>
    /// A frame begins to be unwound by a dispatcher whose callback stands at <paramref name="place"/> on the stack; <paramref name="word"/> is
    /// the leave to be recorded when it is gone, or 0.
    /// </summary>
    public void Push(uint word, ulong place)
    {
        if (_unwinding == MostUnwinding)
        {
            // Exceptions that took another's place leave entries behind; the oldest is such a one, if any is.
            for (int i = 1; i < MostUnwinding; i++)
                (_words[i - 1], _places[i - 1]) = (_words[i], _places[i]);
            _unwinding--;
        }

        (_words[_unwinding], _places[_unwinding]) = (word, place);
        _unwinding++;
    }

    /// <summary>The innermost frame is gone, or catches; 0 when nothing is to be recorded for it, or none was begun.</summary>
    public uint Pop()
    {
        if (_unwinding == 0)
            return 0;
        uint word = _words[--_unwinding];

        // Thrown out of a finally while its frame was being unwound: the frame was told of twice and is gone once.
        if (word != 0 && _unwinding > 0 && _words[_unwinding - 1] == word)
            _words[_unwinding - 1] = 0;
        return word;
    }

    /// <summary>Whether the innermost frame's dispatcher is gone when another's callback stands at <paramref name="place"/>.</summary>
    public readonly bool IsAbandoned(ulong place) => _unwinding > 0 && _places[_unwinding - 1] <= place;
}

/// <summary>
/// The states of all threads: one reserved stretch of address space, so that the slow path never allocates. Pages come with their first
/// touch; a slot is 256 bytes.
/// </summary>
internal static unsafe class ThreadRecords
{
    /// <summary>Most threads that a process can have recorded in its life; later ones are lost and counted.</summary>
    public const uint Most = 1 << 20;

    private static ThreadRecord* s_states;

    /// <summary>Reserves the stretch. False: no address space.</summary>
    public static bool Reserve()
    {
        void* memory = Libc.mmap(null, (nuint)Most * (nuint)sizeof(ThreadRecord), Libc.PROT_READ | Libc.PROT_WRITE,
            Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, 0);
        if ((nint)memory == -1)
            return false;
        s_states = (ThreadRecord*)memory;
        return true;
    }

    /// <summary>The state of slot <paramref name="slot"/> (1 and up), zeroed at first; null when there are no more.</summary>
    public static ThreadRecord* At(uint slot) => slot < Most ? s_states + slot : null;
}
