using System.Runtime.InteropServices;

namespace VizTrace.NetTrace.Wire;

/// <summary>Finds events that are missing: every thread counts its own from 1, whether they are written or not.</summary>
internal sealed class ThreadLosses
{
    private readonly Dictionary<ulong, uint> _last = [];

    /// <summary>Forgets all threads.</summary>
    public void Clear() => _last.Clear();

    /// <summary>An event of <paramref name="thread"/> with this number: how many are missing before it.</summary>
    public uint See(ulong thread, uint sequence)
    {
        ref uint last = ref CollectionsMarshal.GetValueRefOrAddDefault(_last, thread, out _);
        uint missing = unchecked(sequence - last - 1);
        // 1 again: the number of a thread that ended was given to another one. A number going back is none that was lost.
        if (sequence == 1 || (int)missing < 0)
            missing = 0;
        last = sequence;
        return missing;
    }

    /// <summary>A sequence point says that <paramref name="thread"/> has counted to <paramref name="sequence"/>: how many are missing up to it.</summary>
    public uint Reach(ulong thread, uint sequence)
    {
        ref uint last = ref CollectionsMarshal.GetValueRefOrAddDefault(_last, thread, out _);
        int missing = unchecked((int)(sequence - last));
        if (missing <= 0)
            return 0;
        last = sequence;
        return (uint)missing;
    }

    /// <summary>The thread ended; how many are missing up to its end.</summary>
    public uint End(ulong thread, uint sequence)
    {
        uint missing = Reach(thread, sequence);
        _last.Remove(thread);
        return missing;
    }
}
