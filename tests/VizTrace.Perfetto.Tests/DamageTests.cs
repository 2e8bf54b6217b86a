using System.IO.Compression;
using Google.Protobuf;
using VizTrace.Model;
using VizTrace.Perfetto.Proto;
using VizTrace.Tests;
using Event = VizTrace.Perfetto.Proto.TrackEvent;

namespace VizTrace.Perfetto.Tests;

/// <summary>Damage costs what it hit and no more: neither the rest of the trace, nor memory, nor time.</summary>
public sealed class DamageTests
{
    private const long T = TraceFiles.Start;

    [Fact]
    public void APackThatUnpacksToHundredsOfMegabytesIsGivenUpEarly()
    {
        var bomb = new MemoryStream();
        using (var zlib = new ZLibStream(bomb, CompressionLevel.Fastest, true))
            for (var i = 0; i < 200; i++) zlib.Write(new byte[1_000_000]);
        var file = new Trace { Packet = { Row(2, 51), new TracePacket { CompressedPackets = ByteString.CopyFrom(bomb.ToArray()) }, Row(3, 52) } };
        var sink = new RecordingSink();
        var allocated = Allocated(() => PerfettoReader.Read(new MemoryStream(file.ToByteArray()), sink));
        Assert.True(allocated < 140_000_000, $"{allocated:N0} bytes");
        Assert.Equal([51, 52], sink.Threads.Values.Select(t => t.OsTid));
        Assert.Equal([$"A compressed packet before byte {file.CalculateSize() - Size(Row(3, 52)):N0} is damaged; what is in it was skipped"], sink.Summary!.Remarks);
    }

    [Fact]
    public void ALengthThatIsOnlyClaimedCostsNoMemory()
    {
        foreach (var (claimed, remark) in new[] { (60L << 20, "is cut off after byte"), (64L << 20, "is damaged at byte"), (1L << 30, "is damaged at byte") })
        {
            var file = new MemoryStream(new byte[100]);
            var row = new Trace { Packet = { Row(2, 51) } }.ToByteArray();
            file.Write(row);
            var header = new byte[11];
            header[0] = 0x0A;
            file.Write(header, 0, WireFormat.PutVarint(header, 1, (ulong)claimed));
            file.SetLength(file.Position + 20);
            var sink = new RecordingSink();
            var allocated = Allocated(() => PerfettoReader.Read(new MemoryStream(file.ToArray()), sink));
            Assert.True(allocated < 5_000_000, $"{allocated:N0} bytes for {claimed}");
            Assert.StartsWith($"The trace {remark} {row.Length}", Assert.Single(sink.Summary!.Remarks), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ManyDamagedPacksAreOneRemark()
    {
        var pack = new TracePacket { CompressedPackets = ByteString.CopyFrom(0x78, 0x01, 0xFF, 0xFF, 0xFF, 0xFF) };
        var trace = new Trace { Packet = { Row(2, 51), Enumerable.Repeat(pack, 20_000) } };
        trace.Packet.Add(Row(3, 52));
        var file = trace.ToByteArray();
        var sink = RecordingSink.Of(file);
        Assert.Equal(2, sink.Threads.Count);
        Assert.Equal([$"20,000 compressed packets are damaged, the first before byte {Size(Row(2, 51)) + Size(pack)}; what is in them was skipped"], sink.Summary!.Remarks);
    }

    [Fact]
    public void APackThatEndsEarlyIsDamaged()
    {
        var inner = new Trace { Packet = { Row(3, 52) } }.ToByteArray();
        var packed = DeflateEncoderTests.Compress(inner);
        var file = new Trace { Packet = { Row(2, 51), new TracePacket { CompressedPackets = ByteString.CopyFrom(packed.AsSpan(0, packed.Length - 4)) } } }.ToByteArray();
        var sink = RecordingSink.Of(file);
        Assert.Equal([51], sink.Threads.Values.Select(t => t.OsTid));
        Assert.Single(sink.Summary!.Remarks);
    }

    [Fact]
    public void HugeInterningNumbersCostNoMemory()
    {
        var trace = new Trace { Packet = { Row(2, 51) } };
        for (var i = 1u; i <= 40; i++)
        {
            var iid = (1UL << 20) - i;
            trace.Packet.Add(new TracePacket
            {
                TrustedPacketSequenceId = i,
                SequenceFlags = 1,
                TracePacketDefaults = new TracePacketDefaults { TimestampClockId = 3, TrackEventDefaults = new TrackEventDefaults { TrackUuid = 2 } },
                InternedData = new InternedData { EventNames = { new EventName { Iid = iid, Name = "F" + i } } },
            });
            foreach (var (type, name) in new[] { (Event.Types.Type.SliceBegin, iid), (Event.Types.Type.SliceBegin, 1UL << 40), (Event.Types.Type.SliceEnd, 0UL), (Event.Types.Type.SliceEnd, 0UL) })
                trace.Packet.Add(new TracePacket { TrustedPacketSequenceId = i, Timestamp = i, TrackEvent = new Event { Type = type, NameIid = name } });
        }
        var file = trace.ToByteArray();
        var sink = new RecordingSink();
        var allocated = Allocated(() => PerfettoReader.Read(new MemoryStream(file), sink));
        Assert.True(allocated < 5_000_000, $"{allocated:N0} bytes");
        Assert.Equal(Enumerable.Range(1, 40).SelectMany(i => new[] { $"+{i} F{i}", $"+{i} ", $"-{i} ", $"-{i} F{i}" }), sink.Lines(51));
        Assert.Equal(["Not taken over: 40 names that events referred to and nobody told"], sink.Summary!.Remarks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatComesAfterADamagedPackIsExact(bool oneThread)
    {
        var random = new Random(3);
        var threads = oneThread ? 1 : 3;
        var calls = Enumerable.Range(0, threads).Select(t => TraceFiles.RandomCalls(random, 300_000 / threads, 50, T + 1000 * t, () => random.Next(40, 400)).ToArray()).ToArray();
        var file = TraceFiles.WriteIn(w =>
        {
            for (var f = 0; f < 50; f++) w.Function(new FunctionInfo(f, "F" + f));
            for (var t = 0; t < threads; t++) w.Thread(new ThreadInfo(t, 0, 100 + t));
            // All functions stand in the first pack; each thread ends at its own time in a batch.
            for (var t = 0; t < threads; t++) w.Slices(t, Enumerable.Range(0, 100).Select(i => new SliceEdge(T, i / 2, (EdgeKind)(i & 1))).ToArray());
            for (var i = 0; i < calls[0].Length; i += 7000)
                for (var t = 0; t < threads; t++) w.Slices(t, calls[t].AsSpan(i, Math.Min(7000, calls[t].Length - i)));
        });
        var packs = Trace.Parser.ParseFrom(file).Packet;
        Assert.True(packs.Count >= 5);
        var before = new int[threads];
        var lost = new int[threads];
        for (var p = 0; p < 3; p++)
        {
            foreach (var packet in Trace.Parser.ParseFrom(DeflateEncoderTests.Inflate(packs[p].CompressedPackets.ToByteArray())).Packet)
                if (packet.TrackEvent != null && packet.TrustedPacketSequenceId >= 2) (p == 2 ? lost : before)[packet.TrustedPacketSequenceId - 2]++;
        }
        for (var t = 0; t < threads; t++) before[t] -= 100;
        // One bit in the middle of the third pack's data.
        var at = packs.Take(2).Sum(Size) + Size(packs[2]) / 2;
        var damaged = file.ToArray();
        damaged[at] ^= 4;

        var sink = RecordingSink.Of(damaged);
        Assert.Equal("A compressed packet before byte", Assert.Single(sink.Summary!.Remarks, r => r.Contains("damaged", StringComparison.Ordinal))[..31]);
        for (var t = 0; t < threads; t++)
        {
            Assert.True(before[t] > 1000 && lost[t] > 1000);
            var resumed = calls[t][before[t] + lost[t]];
            var expected = new List<SliceEdge>(calls[t].AsSpan(0, before[t]).ToArray());
            var open = new Stack<int>();
            foreach (var e in expected)
                if (e.Kind == EdgeKind.Begin) open.Push(e.FunctionId);
                else open.Pop();
            while (open.Count > 0) expected.Add(new SliceEdge(resumed.TimeNs, open.Pop(), EdgeKind.End, EdgeFlags.EndLost));
            foreach (var e in calls[t].AsSpan(before[t] + lost[t]))
            {
                if (e.Kind == EdgeKind.Begin) open.Push(e.FunctionId);
                else if (open.Count > 0) open.Pop();
                else continue;
                expected.Add(e);
            }
            Assert.Equal(expected, sink.Edges[t].Skip(100));
        }

        // The trace processor gives up at damaged data, so it gets the file without the pack.
        var without = new Trace { Packet = { packs.Where((_, i) => i != 2) } }.ToByteArray();
        var rows = TraceFiles.InFile(without, path => Referee.Query(path, "select tid, ts, name from thread_slice"));
        for (var t = 0; t < threads; t++)
        {
            var later = calls[t].Skip(before[t] + lost[t]).Where(e => e.Kind == EdgeKind.Begin).Select(e => (e.TimeNs, "F" + e.FunctionId)).ToList();
            var found = rows.Where(r => r[0] == $"{100 + t}").Select(r => (Ts: long.Parse(r[1]!), r[2]!)).Where(r => r.Ts >= later[0].TimeNs);
            Assert.Equal(later.Order(), found.Order());
        }
    }

    [Fact]
    public void CallsOpenAtTheDamageAndNeverSeenAgainAreLostNotUnfinished()
    {
        var packs = new Trace
        {
            Packet =
            {
                Row(2, 51),
                new TracePacket { Timestamp = 10, TrackEvent = new Event { Type = Event.Types.Type.SliceBegin, TrackUuid = 2, Name = "F" } },
                new TracePacket { CompressedPackets = ByteString.CopyFrom(0x78, 0x01, 0xFF, 0xFF, 0xFF, 0xFF) },
            },
        };
        var sink = RecordingSink.Of(packs.ToByteArray());
        Assert.Equal(["+10 F", "-10 F EndLost"], sink.Lines(51));
        Assert.Equal(0, sink.Summary!.Unfinished);
    }

    private static int Size(TracePacket packet) => new Trace { Packet = { packet } }.CalculateSize();

    private static TracePacket Row(ulong uuid, long tid) =>
        new() { TrackDescriptor = new TrackDescriptor { Uuid = uuid, Thread = new ThreadDescriptor { Pid = 50, Tid = tid } } };

    private static long Allocated(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
