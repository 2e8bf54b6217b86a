using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VizTrace.Model;
using VizTrace.Perfetto.Deflate;

namespace VizTrace.Perfetto.Writing;

/// <summary>
/// Turns edges into event packets and, at the same time, into the LZ77 steps that yield them. Nothing is searched for: a begin copies the
/// function's last begin, an end the last end, all but the time stamp, and where those stand is known. This file is the hot path, one turn
/// of a loop per edge; what is rare is in SliceEncoder.Rare.cs. Not thread-safe.
/// </summary>
internal sealed partial class SliceEncoder
{
    // End packet behind the head: track event of two bytes, type end, tag of the time stamp.
    private const ulong EndTail = 0x40_02_48_02_5A;
    private const int EndTailLength = 5;

    // Time stamps from here on take three bytes or more and go the rare way.
    private const ulong LongDelta = 1 << 14;

    // Enough edges to judge a batch by.
    private const int SampleSize = 64;

    private readonly ChunkPipeline _pipeline;
    private readonly LzMatcher _matcher = new();
    private readonly FunctionTable _functions;
    private Chunk _chunk;

    // Where the current batch starts in the chunk: packets before it may belong to another sequence.
    private int _batchStart;
    private int _endWithOneByte;
    private int _endWithTwoBytes;

    /// <summary>Creates an encoder that takes its chunks from <paramref name="pipeline"/> and hands them back full.</summary>
    public SliceEncoder(ChunkPipeline pipeline, FunctionTable functions)
    {
        _pipeline = pipeline;
        _functions = functions;
        _chunk = pipeline.Take();
        ForgetPositions();
    }

    /// <summary>Appends edges of one thread.</summary>
    public void Append(Sequence sequence, ReadOnlySpan<SliceEdge> edges)
    {
        if (edges.IsEmpty) return;
        if (!sequence.Started) Start(sequence);
        _batchStart = _chunk.RawLength;
        if (edges.Length >= SampleSize) sequence.TwoByteTimes = TwoBytesPay(edges);
        while (true)
        {
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

    // Encodes edges until the chunk is full or one is out of the ordinary: flags, a long time, or a function whose last begin is not in
    // reach. Returns how many were encoded.
    private int AppendCommon(Sequence sequence, ReadOnlySpan<SliceEdge> edges)
    {
        var chunk = _chunk;
        var count = Math.Min(edges.Length, chunk.RoomForEvents);
        if (count == 0) return 0;
        // Stores go up to 40 bytes behind an event's start, into the chunk's slack at most; steps are at most one per edge.
        ref var raw = ref MemoryMarshal.GetArrayDataReference(chunk.Raw);
        ref var ops = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(chunk.Ops), chunk.OpCount);
        ref var edge = ref MemoryMarshal.GetReference(edges);
        ref var slots = ref MemoryMarshal.GetArrayDataReference(_functions.Slots);
        var slotCount = (uint)_functions.Slots.Length;
        int position = chunk.RawLength, batchStart = _batchStart;
        int endOne = _endWithOneByte, endTwo = _endWithTwoBytes;
        var last = sequence.LastTimeNs;
        var head = sequence.Head;
        var headLength = sequence.HeadLength;
        var twoBytesFrom = sequence.TwoByteTimes ? 0u : 128u;
        var done = 0;
        for (; done < count; done++, edge = ref Unsafe.Add(ref edge, 1))
        {
            var time = edge.TimeNs;
            var delta = (ulong)(time - last);
            if (delta >= LongDelta || edge.Flags != EdgeFlags.None) break;
            var two = (uint)delta >= twoBytesFrom ? 1 : 0;
            var stamp = two != 0 ? ((uint)delta & 0x7F) | 0x80 | ((uint)delta >> 7 << 8) : (uint)delta;
            var reach = (uint)Math.Min(position - batchStart, LzOp.MaxDistance);
            int distance, length;
            if (edge.Kind == EdgeKind.Begin)
            {
                var id = (uint)edge.FunctionId;
                if (id >= slotCount) break;
                ref var slot = ref Unsafe.Add(ref slots, (nint)id);
                ref var seen = ref Unsafe.Add(ref slot.LastWithOneByte, two);
                distance = position - seen;
                if ((uint)distance > reach) break;
                seen = position;
                length = headLength + slot.TailLength;
                ref var to = ref Unsafe.Add(ref raw, position);
                Unsafe.WriteUnaligned(ref to, head + ((ulong)(uint)(slot.TailLength + 1 + two) << 8));
                Vector256.LoadUnsafe(ref Unsafe.As<FunctionSlot.TailBytes, byte>(ref slot.Tail)).StoreUnsafe(ref Unsafe.Add(ref to, headLength));
            }
            else
            {
                distance = position - (two != 0 ? endTwo : endOne);
                if ((uint)distance > reach) break;
                if (two != 0) endTwo = position;
                else endOne = position;
                length = headLength + EndTailLength;
                ref var to = ref Unsafe.Add(ref raw, position);
                Unsafe.WriteUnaligned(ref to, head + ((ulong)(uint)(EndTailLength + 1 + two) << 8));
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, headLength), EndTail);
            }
            position += length;
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref raw, position), stamp);
            position += 1 + two;
            ops = LzOp.Pack(length, distance, stamp, 1 + two);
            ops = ref Unsafe.Add(ref ops, 1);
            last = time;
        }
        chunk.RawLength = position;
        chunk.OpCount += done;
        _endWithOneByte = endOne;
        _endWithTwoBytes = endTwo;
        sequence.LastTimeNs = last;
        return done;
    }
}
