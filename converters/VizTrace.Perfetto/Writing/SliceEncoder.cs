using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VizTrace.Model;
using VizTrace.Perfetto.Deflate;

namespace VizTrace.Perfetto.Writing;

/// <summary>
/// Turns edges into event packets and, at the same time, into the LZ77 steps that yield them. Nothing is searched for: a begin copies the
/// function's last begin, an end the last end, all but the time stamp, and where those stand is known; only the byte before is compared too.
/// This file is the hot path, one turn of a loop per edge; what is rare is in SliceEncoder.Rare.cs. Not thread-safe.
/// </summary>
internal sealed partial class SliceEncoder
{
    // Time stamps from here on take three bytes or more and go the rare way.
    private const ulong LongDelta = 1 << 14;

    // Enough edges to judge a batch by.
    private const int SampleSize = 64;

    private readonly ChunkPipeline _pipeline;
    private readonly LzMatcher _matcher = new();
    private readonly FunctionTable _functions;
    private Chunk _chunk;
    private long _chunkNumber = 1;

    // Latest CLOCK_MONOTONIC time of a clock snapshot: the trace processor refuses one that goes back.
    private long _snapshotNs;

    // Where the current batch starts in the chunk: packets before it may belong to another sequence.
    private int _batchStart;

    // Where the last packet of each kin starts, by EventSlot.Kin, plus one when its time stamp has two bytes.
    private readonly int[] _recent = new int[FunctionTable.KinCount];

    /// <summary>Creates an encoder that takes its chunks from <paramref name="pipeline"/> and hands them back full.</summary>
    public SliceEncoder(ChunkPipeline pipeline, FunctionTable functions)
    {
        _pipeline = pipeline;
        _functions = functions;
        _chunk = pipeline.Take();
        ForgetPositions();
    }

    /// <summary>The time that sequences' clocks start from, until a later one is known.</summary>
    public long StartNs { set => _snapshotNs = value; }

    /// <summary>Appends edges of one thread.</summary>
    public void Append(Sequence sequence, ReadOnlySpan<SliceEdge> edges)
    {
        if (edges.IsEmpty) return;
        if (sequence.ToldInChunk == 0) Start(sequence);
        _batchStart = _chunk.RawLength;
        _functions.Slots[0].InternedBy = sequence.Id;
        if (edges.Length >= SampleSize) sequence.TwoByteTimes = TwoBytesPay(edges);
        while (true)
        {
            if (sequence.ToldInChunk != _chunkNumber) TellClock(sequence);
            edges = edges[AppendCommon(sequence, edges)..];
            if (edges.IsEmpty) return;
            if (_chunk.RoomForEvents == 0) NextChunk();
            else
            {
                AppendRare(sequence, edges[0]);
                edges = edges[1..];
                if (edges.IsEmpty) return;
            }
        }
    }

    // More than a quarter of the time stamps have two bytes: measured, that is about where equal packets begin to outweigh the extra byte.
    private static bool TwoBytesPay(ReadOnlySpan<SliceEdge> edges)
    {
        var step = edges.Length / SampleSize;
        var two = 0;
        for (var i = 1; i < SampleSize; i++)
            if ((ulong)(edges[i * step].TimeNs - edges[i * step - 1].TimeNs) >= 128) two++;
        return two > SampleSize / 4;
    }

    // Encodes edges until the chunk is full or one is out of the ordinary: flags, a long time, the first of its function on this sequence,
    // or the first of its kind in reach. Returns how many were encoded.
    private int AppendCommon(Sequence sequence, ReadOnlySpan<SliceEdge> edges)
    {
        var chunk = _chunk;
        var count = Math.Min(edges.Length, chunk.RoomForEvents);
        if (count == 0) return 0;
        // Stores go up to 48 bytes behind an event's start, into the chunk's slack at most; steps are at most two per edge.
        ref var raw = ref MemoryMarshal.GetArrayDataReference(chunk.Raw);
        ref var firstOp = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(chunk.Ops), chunk.OpCount);
        ref var op = ref firstOp;
        ref var edge = ref MemoryMarshal.GetReference(edges);
        ref var slots = ref MemoryMarshal.GetArrayDataReference(_functions.Slots);
        var slotCount = (uint)_functions.Slots.Length;
        ref var recent = ref MemoryMarshal.GetArrayDataReference(_recent);
        int position = chunk.RawLength, batchStart = _batchStart;
        var last = sequence.LastTimeNs;
        var head = sequence.Head;
        var headLength = sequence.HeadLength;
        var sequenceId = sequence.Id;
        var lastShort = sequence.TwoByteTimes ? -1 : 127;
        var done = 0;
        for (; done < count; done++, edge = ref Unsafe.Add(ref edge, 1))
        {
            var time = edge.TimeNs;
            var delta = (ulong)(time - last);
            // Begins and ends alternate as they like, and so do short and long times: no branch on either.
            var index = (uint)((edge.FunctionId + 1) & ((int)edge.Kind - 1));
            if (delta >= LongDelta || edge.Flags != EdgeFlags.None || index >= slotCount) break;
            ref var slot = ref Unsafe.Add(ref slots, (nint)index);
            if (slot.InternedBy != sequenceId) break;
            var stamp = (int)delta;
            var two = (int)((uint)(lastShort - stamp) >> 31);
            stamp = (stamp & 0x7F) | (two << 7) | (stamp >> 7 << 8);
            var tailLength = slot.TailLength;
            ref var seen = ref Unsafe.Add(ref slot.LastWithOneByte, two);
            ref var kin = ref Unsafe.Add(ref recent, slot.Kin + two);
            int distance = position - seen, kinDistance = position - kin;
            var reach = (uint)Math.Min(position - batchStart, LzOp.MaxDistance);
            if ((uint)kinDistance > reach) break;
            ref var to = ref Unsafe.Add(ref raw, position + headLength);
            ref var tail = ref Unsafe.As<EventSlot.TailBytes, byte>(ref slot.Tail);
            Vector128<byte> tail1 = Vector128.LoadUnsafe(ref tail), tail2 = Vector128.LoadUnsafe(ref tail, 16);
            var copied = tailLength;
            if ((uint)distance > reach)
            {
                // A function not seen for long: its packet begins like that of another of the same module, and then has its own number.
                distance = kinDistance;
                ref var other = ref Unsafe.Add(ref to, -kinDistance);
                var same = Vector128.Equals(tail1, Vector128.LoadUnsafe(ref other)).ExtractMostSignificantBits()
                    | (Vector128.Equals(tail2, Vector128.LoadUnsafe(ref other, 16)).ExtractMostSignificantBits() << 16);
                copied = Math.Min(BitOperations.TrailingZeroCount(~same), tailLength);
                if (tailLength - copied + 1 + two > 2 * LzOp.MaxLiterals) break;
            }
            // Where the time stamp before ends in the same byte as the one before the source, the copy begins with that byte.
            var joined = 0;
            if (done > 0)
            {
                joined = Unsafe.Add(ref raw, position - 1) == Unsafe.Add(ref raw, position - 1 - distance) ? 1 : 0;
                LzOp.DropLiterals(ref Unsafe.Add(ref op, -1), joined);
            }
            kin = seen = position;
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref raw, position), head + ((ulong)(uint)(tailLength + 1 + two) << 8));
            tail1.StoreUnsafe(ref to);
            tail2.StoreUnsafe(ref to, 16);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, tailLength), stamp);
            if (copied == tailLength)
            {
                op = LzOp.Pack(joined + headLength + tailLength, distance, (uint)stamp, 1 + two);
            }
            else
            {
                var literals = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref to, copied));
                var literalCount = tailLength - copied + 1 + two;
                op = LzOp.Pack(joined + headLength + copied, distance, (uint)(literals & LowBytes(literalCount)), Math.Min(literalCount, LzOp.MaxLiterals));
                if (literalCount > LzOp.MaxLiterals)
                {
                    op = ref Unsafe.Add(ref op, 1);
                    literalCount -= LzOp.MaxLiterals;
                    op = LzOp.Pack(0, 0, (uint)((literals >> 32) & LowBytes(literalCount)), literalCount);
                }
            }
            op = ref Unsafe.Add(ref op, 1);
            position += headLength + tailLength + 1 + two;
            last = time;
        }
        chunk.RawLength = position;
        chunk.OpCount += (int)(Unsafe.ByteOffset(ref firstOp, ref op) / sizeof(ulong));
        sequence.LastTimeNs = last;
        return done;
    }

    // Mask of the low 1 to 8 bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LowBytes(int count) => ulong.MaxValue >> (64 - 8 * count);
}
