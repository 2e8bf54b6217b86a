using System.Runtime.InteropServices;
using VizTrace.Profiler.Interop;

namespace VizTrace.Profiler.Probe;

/// <summary>What the slow path knows of one thread. Touched by that thread alone.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct ThreadRecord
{
    /// <summary>Slot, from 1; never given twice.</summary>
    public uint Slot;

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

    /// <summary>Where the next record goes; used by the portable probe (the stub keeps it in the thread block).</summary>
    public ulong* Cursor;

    /// <summary>Open calls; used by the portable probe under a depth limit.</summary>
    public int Depth;

    /// <summary>Leave word of the frame that an exception is unwinding, if it must be recorded from the callback; else 0.</summary>
    public uint UnwindingWord;
}

/// <summary>
/// The states of all threads: one reserved stretch of address space, so that the slow path never allocates. Pages come with their first
/// touch; a slot is 64 bytes.
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
