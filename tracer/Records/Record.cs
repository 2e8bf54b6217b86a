namespace VizTrace.Records;

/// <summary>
/// One 8-byte record of a thread's chunk: time stamp in the upper 40 bits, below it a 24-bit word: function id (23 bits) and, in bit 0,
/// whether the function was left. A word is never zero, so a zero record is memory not yet written.
/// </summary>
internal static class Record
{
    /// <summary>Bits of the word below the time stamp.</summary>
    public const int WordBits = 24;

    /// <summary>Mask of the 40 bits of a time stamp that a record keeps: 440 s at 2.5 GHz; <see cref="TicksAfter"/> gives back the rest.</summary>
    public const ulong TimeMask = (1UL << 40) - 1;

    /// <summary>
    /// A time stamp that is less than its predecessor by up to this is a step back (the counters of two cores differ a little), not a round of
    /// 2^40 ticks. 0.1 s at 2.5 GHz.
    /// </summary>
    public const ulong LargestStepBack = 1UL << 28;

    /// <summary>Largest function id; methods beyond are listed as not recorded (<see cref="NotRecordedReason.TooManyFunctions"/>).</summary>
    public const uint LastFunctionId = (1U << 23) - 1;

    /// <summary>The word for entering <paramref name="functionId"/>.</summary>
    public static uint EnterWord(uint functionId) => functionId << 1;

    /// <summary>The word for leaving <paramref name="functionId"/>.</summary>
    public static uint LeaveWord(uint functionId) => (functionId << 1) | 1;

    /// <summary>A whole record.</summary>
    public static ulong Make(ulong ticks, uint word) => (ticks << WordBits) | word;

    /// <summary>Low 40 bits of the time stamp, in ticks of the capture's clock.</summary>
    public static ulong Time(ulong record) => record >> WordBits;

    /// <summary>The word of a record: function and whether it was left.</summary>
    public static uint Word(ulong record) => (uint)(record & 0xFF_FFFF);

    /// <summary>All 64 bits of a record's time stamp, which is not earlier than <paramref name="before"/> by more than a step back.</summary>
    public static ulong TicksAfter(ulong before, ulong record)
    {
        ulong least = before - LargestStepBack;
        return least + ((Time(record) - least) & TimeMask);
    }

    /// <summary>Function id of a record.</summary>
    public static uint FunctionId(ulong record) => Word(record) >> 1;

    /// <summary>Whether the record tells of a leave.</summary>
    public static bool IsLeave(ulong record) => (record & 1) != 0;
}
