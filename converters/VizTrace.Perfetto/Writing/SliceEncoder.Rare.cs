using System.Buffers.Binary;
using Google.Protobuf;
using VizTrace.Model;
using VizTrace.Perfetto.Deflate;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Writing;

// What is rare: first events of functions, sequences and chunks, flags, long times, packets other than events.
internal sealed partial class SliceEncoder
{
    // Longest event with all flags, and then some.
    private const int RareEvent = 128;

    // Longest packet of TellClock.
    private const int ClockPacket = 64;

    // Bytes of other packets in a chunk, of which it may be that none can be compressed. Beside them there is room for events before the
    // compressed packet reaches the 512 KB of which Perfetto says "less than".
    private const int MostOther = 380_000;

    /// <summary>Interning ids of the flags' argument names, on every thread's sequence: bit of the flag plus one.</summary>
    internal static readonly string[] FlagNames = ["unfinished", "start_lost", "end_lost", "unwound"];

    /// <summary>Appends a packet as it is.</summary>
    public void Append(TracePacket packet) => Append(packet.ToByteArray());

    /// <summary>Hands over what is left.</summary>
    public void Finish()
    {
        if (_chunk.RawLength > 0) _pipeline.Submit(_chunk);
        _pipeline.Finish();
    }

    private void Append(ReadOnlySpan<byte> packet)
    {
        var size = packet.Length + 1 + WireFormat.MaxVarint;
        if (_chunk.OtherBytes + size > MostOther) NextChunk();
        Reserve(size);
        _chunk.OtherBytes += size;
        var from = _chunk.RawLength;
        var raw = _chunk.Raw.AsSpan(from);
        raw[0] = (byte)WireFormat.Tag(1, WireFormat.LengthDelimited);
        var n = WireFormat.PutVarint(raw, 1, (ulong)packet.Length);
        packet.CopyTo(raw[n..]);
        Match(from, from + n + packet.Length);
    }

    private void Match(int from, int end)
    {
        _chunk.RawLength = end;
        _chunk.OpCount = _matcher.Match(_chunk.Raw.AsSpan(0, end), from, _chunk.Ops, _chunk.OpCount);
    }

    private void Reserve(int bytes)
    {
        if (_chunk.HasRoom(bytes)) return;
        NextChunk();
        if (!_chunk.HasRoom(bytes)) _chunk.Grow(bytes);
    }

    private void NextChunk()
    {
        if (_chunk.RawLength == 0) return;
        _pipeline.Submit(_chunk);
        _chunk = _pipeline.Take();
        _chunkNumber++;
        ForgetPositions();
    }

    private void ForgetPositions()
    {
        _batchStart = 0;
        _recent.AsSpan().Fill(EventSlot.Nowhere);
        _functions.ForgetPositions();
        _matcher.Reset();
    }

    // The sequence's first packet: what all later ones leave out, and its clock, in which time stamps are differences.
    private void Start(Sequence sequence)
    {
        var clock = Snapshot(sequence);
        clock.PrimaryTraceClock = ClockIds.Monotonic;
        var packet = new TracePacket
        {
            TrustedPacketSequenceId = sequence.Id,
            SequenceFlags = (uint)TracePacket.Types.SequenceFlags.SeqIncrementalStateCleared,
            FirstPacketOnSequence = true,
            TracePacketDefaults = new TracePacketDefaults
            {
                TimestampClockId = ClockIds.Incremental,
                TrackEventDefaults = new TrackEventDefaults { TrackUuid = sequence.TrackUuid },
            },
            ClockSnapshot = clock,
            InternedData = new InternedData(),
        };
        for (var i = 0; i < FlagNames.Length; i++)
            packet.InternedData.DebugAnnotationNames.Add(new DebugAnnotationName { Iid = (ulong)i + 1, Name = FlagNames[i] });
        Append(packet);
        sequence.ToldInChunk = _chunkNumber;
    }

    // Where the sequence's clock stands, before its first event in a chunk: when the chunk before is damaged, times go on exactly.
    private void TellClock(Sequence sequence)
    {
        Append(new TracePacket { TrustedPacketSequenceId = sequence.Id, ClockSnapshot = Snapshot(sequence) });
        sequence.ToldInChunk = _chunkNumber;
    }

    // The sequence's next time stamp counts from here; it counts backwards when another sequence is ahead.
    private ClockSnapshot Snapshot(Sequence sequence)
    {
        sequence.LastTimeNs = _snapshotNs = Math.Max(_snapshotNs, sequence.LastTimeNs);
        return new ClockSnapshot
        {
            Clocks =
            {
                new ClockSnapshot.Types.Clock { ClockId = ClockIds.Incremental, Timestamp = (ulong)_snapshotNs, IsIncremental = true },
                new ClockSnapshot.Types.Clock { ClockId = ClockIds.Monotonic, Timestamp = (ulong)_snapshotNs },
            },
        };
    }

    private void Intern(Sequence sequence, int id)
    {
        var info = _functions.Info(id);
        if (!sequence.InternFunction(id)) return;
        _functions.MarkWritten(id);
        var iid = (ulong)id + 1;
        var data = new InternedData { EventNames = { new EventName { Iid = iid, Name = info.Name } } };
        var category = _functions.Category(id);
        if (category != 0 && sequence.InternCategory(category))
            data.EventCategories.Add(new EventCategory { Iid = (ulong)category, Name = info.Module });
        if (!string.IsNullOrEmpty(info.SourceFile))
        {
            var location = new SourceLocation { Iid = iid, FileName = info.SourceFile, FunctionName = info.Name };
            if (info.SourceLine > 0) location.LineNumber = (uint)info.SourceLine;
            data.SourceLocations.Add(location);
        }
        Append(new TracePacket { TrustedPacketSequenceId = sequence.Id, InternedData = data });
    }

    private void AppendRare(Sequence sequence, in SliceEdge edge)
    {
        var isBegin = edge.Kind == EdgeKind.Begin;
        if (isBegin) Intern(sequence, edge.FunctionId);
        Reserve(RareEvent + ClockPacket);
        if (sequence.ToldInChunk != _chunkNumber) TellClock(sequence);
        if ((edge.Flags & EdgeFlags.Named) != 0)
        {
            AppendNamedEnd(sequence, edge);
            return;
        }

        var from = _chunk.RawLength;
        var raw = _chunk.Raw.AsSpan(from);
        BinaryPrimitives.WriteUInt64LittleEndian(raw, sequence.Head);
        var n = sequence.HeadLength;
        Span<byte> annotations = stackalloc byte[6 * FlagNames.Length];
        annotations = annotations[..Annotate(annotations, edge.Flags)];
        if (isBegin) n += _functions.BuildTail(raw[n..], edge.FunctionId, annotations);
        else n += BuildEndTail(raw[n..], annotations);
        var stampAt = n;
        var delta = (ulong)(edge.TimeNs - sequence.LastTimeNs);
        if (sequence.TwoByteTimes && delta < 128)
        {
            raw[n++] = (byte)(delta | 0x80);
            raw[n++] = 0;
        }
        else
        {
            n = WireFormat.PutVarint(raw, n, delta);
        }
        raw[1] = (byte)(n - 2);
        sequence.LastTimeNs = edge.TimeNs;
        ref var slot = ref _functions.Slots[isBegin ? edge.FunctionId + 1 : 0];
        if (isBegin) slot.InternedBy = sequence.Id;
        var two = n - stampAt - 1;
        if (edge.Flags != EdgeFlags.None || two > 1)
        {
            Match(from, from + n);
            return;
        }
        ref var seen = ref two != 0 ? ref slot.LastWithTwoBytes : ref slot.LastWithOneByte;
        ref var kin = ref _recent[slot.Kin + two];
        // The packet most like this one, in reach; it may be another sequence's.
        var farthest = Math.Max(0, from - LzOp.MaxDistance);
        var candidate = seen >= farthest ? seen : kin >= farthest ? kin : -1;
        seen = kin = from;
        _chunk.RawLength = from + n;
        if (candidate < 0) Match(from, from + n);
        else CopyAligned(candidate, from, from + stampAt, from + n);
    }

    // Steps for the bytes from from to end, of which those before stampAt are compared with the candidate's, byte by byte at the same offsets.
    private void CopyAligned(int candidate, int from, int stampAt, int end)
    {
        ReadOnlySpan<byte> raw = _chunk.Raw;
        var distance = from - candidate;
        int length = 0, literals = from;
        for (var i = from; i < stampAt;)
        {
            var n = LzMatcher.CommonLength(raw, i - distance, i, stampAt - i);
            if (n >= LzOp.MinLength)
            {
                _chunk.OpCount = LzMatcher.Flush(raw[literals..i], length, length == 0 ? 0 : distance, _chunk.Ops, _chunk.OpCount);
                length = n;
                literals = i + n;
            }
            i += n + 1;
        }
        _chunk.OpCount = LzMatcher.Flush(raw[literals..end], length, length == 0 ? 0 : distance, _chunk.Ops, _chunk.OpCount);
    }

    private static int Annotate(Span<byte> to, EdgeFlags flags)
    {
        var n = 0;
        for (var bit = 0; bit < FlagNames.Length; bit++)
        {
            if (((int)flags & (1 << bit)) == 0) continue;
            to[n++] = (byte)WireFormat.Tag(4, WireFormat.LengthDelimited);
            to[n++] = 4;
            to[n++] = (byte)WireFormat.Tag(1, WireFormat.Varint);
            to[n++] = (byte)(bit + 1);
            to[n++] = (byte)WireFormat.Tag(2, WireFormat.Varint);
            to[n++] = 1;
        }
        return n;
    }

    private static int BuildEndTail(Span<byte> to, ReadOnlySpan<byte> annotations)
    {
        to[0] = (byte)WireFormat.Tag(11, WireFormat.LengthDelimited);
        to[1] = (byte)(2 + annotations.Length);
        to[2] = (byte)WireFormat.Tag(9, WireFormat.Varint);
        to[3] = 2;
        annotations.CopyTo(to[4..]);
        to[4 + annotations.Length] = (byte)WireFormat.Tag(8, WireFormat.Varint);
        return 5 + annotations.Length;
    }
}
