using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VizTrace.Records;
using Record = VizTrace.Records.Record;

namespace VizTrace.Architecture.Tests;

/// <summary>
/// Size of every record on disk and offset of every field, and every number that is written. A change here changes the format: then
/// <see cref="CaptureLayout.Version"/> changes too.
/// </summary>
public sealed class LayoutTests
{
    [Fact]
    public void ThePoolsHeadIsAsItWas() => AssertLayout<PoolHeader>(4096,
        ("Magic", 0, 8), ("Version", 8, 4), ("ProcessId", 12, 4), ("MaxChunks", 16, 4), ("Capacity", 20, 4), ("Clock", 24, 4), ("Probe", 28, 4),
        ("StartTicks", 32, 8), ("StartMonotonicNs", 40, 8), ("Stop", 48, 4), ("NextSlot", 52, 4), ("StopTicks", 56, 8), ("LostRecords", 64, 8),
        ("ShutdownSeen", 72, 4), ("JournalFailures", 76, 4), ("RecorderSeenNs", 80, 8));

    [Fact]
    public void AChunksHeadIsAsItWas() => AssertLayout<ChunkHeader>(64,
        ("Slot", 0, 4), ("Sequence", 4, 4), ("StartTicks", 8, 8), ("StartMonotonicNs", 16, 8), ("UncertaintyTicks", 24, 4), ("State", 28, 4),
        ("LostBefore", 32, 8), ("GapClosed", 40, 4), ("GapOpened", 44, 4), ("GapStartTicks", 48, 8), ("Drained", 56, 4), ("QuietUntil", 60, 4));

    [Fact]
    public void ABlocksHeadIsAsItWas() => AssertLayout<BlockHeader>(112,
        ("Magic", 0, 4), ("PayloadBytes", 4, 4), ("Encoding", 8, 4), ("FirstRecord", 12, 4), ("RecordCount", 16, 4), ("PayloadChecksum", 20, 4),
        ("FirstTicks", 24, 8), ("LastTicks", 32, 8), ("Chunk", 40, 64), ("HeadChecksum", 104, 4));

    [Fact]
    public void EveryStructWithALayoutIsPinnedHere()
    {
        Type[] pinned = [typeof(PoolHeader), typeof(ChunkHeader), typeof(BlockHeader)];

        Assert.Empty(typeof(PoolHeader).Assembly.GetTypes().Where(t => t.Namespace == "VizTrace.Records" && t.IsValueType && t.IsExplicitLayout).Except(pinned));
    }

    [Fact]
    public void TheGeometryIsAsItWas()
    {
        Assert.Equal(1, CaptureLayout.Version);
        Assert.Equal((4096, 131072, 64, 16376, 4096, 8192, 32768),
            (PoolLayout.PageBytes, PoolLayout.ChunkBytes, PoolLayout.ChunkHeaderBytes, PoolLayout.RecordsPerChunk, PoolLayout.FreeBitmapOffset, PoolLayout.FullBitmapOffset, PoolLayout.MaxChunks));
        Assert.Equal(3 * 131072L, PoolLayout.ChunkOffset(3));
        Assert.Equal("VZPOOL01"u8.ToArray(), BitConverter.GetBytes(PoolLayout.Magic));
        Assert.Equal("VZBK"u8.ToArray(), BitConverter.GetBytes(BlockHeader.BlockMagic));
        Assert.Equal(12, Entry.HeaderBytes);
    }

    [Fact]
    public void ARecordIsAsItWas()
    {
        ulong record = Record.Make(0xAB_0123456789UL, Record.LeaveWord(0x7FFFFE));

        Assert.Equal(0x0123456789FFFFFDUL, record);
        Assert.Equal(0x0123456789UL, Record.Time(record));
        Assert.Equal(0x7FFFFEU, Record.FunctionId(record));
        Assert.True(Record.IsLeave(record));
        Assert.False(Record.IsLeave(Record.Make(1, Record.EnterWord(1))));
        Assert.Equal((1U << 23) - 1, Record.LastFunctionId);
    }

    [Fact]
    public void NumbersOfEntriesAreAsTheyWere()
    {
        AssertNumbers<JournalKind>(
            "Process 1, Module 2, Function 3, NotRecorded 4, ThreadSlot 5, ThreadSlotEnded 6, ThreadCreated 7, ThreadAssigned 8, ThreadNamed 9, ThreadDestroyed 10, ModuleUnloaded 11, "
            + "Shutdown 12, PassedThrough 13, Fault 14, NotStarted 15, OsThread 32, OsThreadRenamed 33, OsThreadGone 34, Calibration 35, Exit 36, Blind 37, Away 38");
        AssertNumbers<ModuleFlags>("None 0, Included 1, Framework 2, InMemory 4, Dynamic 8");
        AssertNumbers<ProbeStyle>("Finally 0, TailCall 1");
        AssertNumbers<NotRecordedReason>(
            "None 0, NoBody 1, UndecodableBody 2, TooLarge 3, RuntimeAsync 4, RuntimeCritical 5, Dynamic 6, RuntimeRefused 8, TooManyFunctions 9, ControlFlow 10, Hidden 11, Ignored 12");
        AssertNumbers<ChunkState>("Free 0, Owned 1, Full 2, ThreadEnded 3");
        AssertNumbers<ClockKind>("Tsc 1, Monotonic 2");
        AssertNumbers<ProbeKind>("Stub 1, Portable 2");
        AssertNumbers<StopReason>("None 0, SizeLimit 1, DiskFull 2, WriteFailed 3, RecorderLeft 4, RecorderDied 5");
        AssertNumbers<BlockEncoding>("Raw 0, Compact 1");
    }

    private static void AssertLayout<T>(int size, params (string Name, int Offset, int Bytes)[] fields)
        where T : unmanaged
    {
        FieldInfo[] actual = typeof(T).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);

        Assert.Equal(size, Unsafe.SizeOf<T>());
        Assert.Equal(fields, actual.Select(f => (f.Name, (int)Marshal.OffsetOf<T>(f.Name), Marshal.SizeOf(f.FieldType))).OrderBy(f => f.Item2));
        for (int i = 1; i < fields.Length; i++)
            Assert.True(fields[i - 1].Offset + fields[i - 1].Bytes <= fields[i].Offset, $"{fields[i].Name} overlaps the field before it");
    }

    private static void AssertNumbers<T>(string expected)
        where T : struct, Enum =>
        Assert.Equal(expected, string.Join(", ", Enum.GetValues<T>().Select(v => $"{v} {Convert.ToUInt32(v, System.Globalization.CultureInfo.InvariantCulture)}")));
}
