namespace VizTrace.Capture;

/// <summary>Where a run of records of one chunk lies: a block, or a chunk that is still in the pool. Small: there is one per 16 K records.</summary>
/// <param name="Slot">Thread slot.</param>
/// <param name="Sequence">Number of the chunk in its thread's row.</param>
/// <param name="First">Index within the chunk of its first record.</param>
/// <param name="Count">Records.</param>
/// <param name="Offset">Of the block's head in the blocks file; of the chunk in the pool.</param>
/// <param name="InPool">Whether it lies in the pool.</param>
internal readonly record struct Piece(uint Slot, uint Sequence, uint First, uint Count, long Offset, bool InPool) : IComparable<Piece>
{
    /// <summary>Index behind the last record.</summary>
    public uint End => First + Count;

    /// <summary>Order within a process: by thread, then as recorded; of two that begin alike a block comes before the pool.</summary>
    public int CompareTo(Piece other)
    {
        int order = Slot.CompareTo(other.Slot);
        if (order == 0)
            order = Sequence.CompareTo(other.Sequence);
        if (order == 0)
            order = First.CompareTo(other.First);
        return order != 0 ? order : InPool.CompareTo(other.InPool);
    }
}
