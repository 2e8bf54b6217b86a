using Google.Protobuf;
using VizTrace.Perfetto.Proto;
using Event = VizTrace.Perfetto.Proto.TrackEvent;

namespace VizTrace.Perfetto.Tests;

/// <summary>Traces as other tools write them, made with protoc's classes.</summary>
public sealed class ForeignTraceTests
{
    private const Event.Types.Type Begin = Event.Types.Type.SliceBegin;
    private const Event.Types.Type End = Event.Types.Type.SliceEnd;

    [Fact]
    public void NamesInPlaceAndBootTimeAreUnderstood()
    {
        var sink = Read(
            new TracePacket { TrustedPacketSequenceId = 9, ClockSnapshot = Clocks((6, 1_000_500), (3, 1_000_000), (1, 9_000_000)) },
            new TracePacket { TrustedPacketSequenceId = 9, TrackDescriptor = new TrackDescriptor { Uuid = 1, Process = new ProcessDescriptor { Pid = 50, ProcessName = "browser", Cmdline = { "a", "b" } } } },
            Row(2, 50, 51, "worker"),
            At(2_000_500, new Event { Type = Begin, TrackUuid = 2, Name = "Load", Categories = { "net", "io" } }),
            At(2_000_700, new Event { Type = Begin, TrackUuid = 2, Name = "Parse", SourceLocation = new SourceLocation { FileName = "p.cc", LineNumber = 8 } }),
            At(2_000_800, new Event { Type = End, TrackUuid = 2 }),
            At(2_000_900, new Event { Type = End, TrackUuid = 2, DebugAnnotations = { new DebugAnnotation { Name = "size", IntValue = 3 } } }));
        Assert.Equal(["+2000000 Load", "+2000200 Parse", "-2000300 Parse", "-2000400 Load"], sink.Lines(51));
        Assert.Equal((500, 8_000_000), (sink.Metadata!.BoottimeOffsetNs, sink.Metadata.RealtimeOffsetNs));
        Assert.Equal(("browser", "a b", 50L), (sink.Processes[0].Name, sink.Processes[0].CommandLine, sink.Processes[0].Pid));
        Assert.Equal(("worker", 2L), (sink.Threads[0].ShownName, sink.Threads[0].Calls));
        Assert.Equal(["net,io", null], sink.Functions.Values.Select(f => f.Module));
        Assert.Equal((null, 0, "p.cc", 8), (sink.Functions[0].SourceFile, sink.Functions[0].SourceLine, sink.Functions[1].SourceFile, sink.Functions[1].SourceLine));
        Assert.Empty(sink.Summary!.Remarks);
    }

    [Fact]
    public void InterningStartsAnewWhenTheStateIsCleared()
    {
        TracePacket Fresh(string name, uint clock, ulong unit) => new()
        {
            TrustedPacketSequenceId = 3,
            SequenceFlags = 1,
            TracePacketDefaults = new TracePacketDefaults { TimestampClockId = clock, TrackEventDefaults = new TrackEventDefaults { TrackUuid = 2 } },
            InternedData = new InternedData { EventNames = { new EventName { Iid = 1, Name = name } } },
            ClockSnapshot = new ClockSnapshot
            {
                Clocks =
                {
                    new ClockSnapshot.Types.Clock { ClockId = clock, Timestamp = 100, IsIncremental = true, UnitMultiplierNs = unit },
                    new ClockSnapshot.Types.Clock { ClockId = 3, Timestamp = 1_000_000 },
                },
            },
        };
        var sink = Read(
            Row(2, 50, 51, "t"),
            Fresh("Old", 64, 1000),
            In(3, 5, new Event { Type = Begin, NameIid = 1 }),
            In(3, 2, new Event { Type = End }),
            Fresh("New", 70, 1),
            In(3, 8000, new Event { Type = Begin, NameIid = 1 }),
            In(3, 1, new Event { Type = End }));
        Assert.Equal(["+1005000 Old", "-1007000 Old", "+1008000 New", "-1008001 New"], sink.Lines(51));
    }

    [Fact]
    public void OldDescriptorsAndPhasesWithMicrosecondsAreUnderstood()
    {
        Event Legacy(char phase, long delta, ulong iid, long duration = 0) => new()
        {
            TimestampDeltaUs = delta,
            LegacyEvent = new Event.Types.LegacyEvent { Phase = phase, NameIid = iid, DurationUs = duration },
        };
        var sink = Read(
            new TracePacket
            {
                TrustedPacketSequenceId = 4,
                IncrementalStateCleared = true,
                ThreadDescriptor = new ThreadDescriptor { Pid = 7, Tid = 8, ThreadName = "CrMain", ReferenceTimestampUs = 1000 },
                InternedData = new InternedData { EventNames = { new EventName { Iid = 1, Name = "A" }, new EventName { Iid = 2, Name = "B" } } },
            },
            new TracePacket { TrustedPacketSequenceId = 4, TrackEvent = Legacy('X', 1, 1, 10) },
            new TracePacket { TrustedPacketSequenceId = 4, TrackEvent = Legacy('X', 2, 2, 3) },
            new TracePacket { TrustedPacketSequenceId = 4, TrackEvent = Legacy('B', 4, 2) },
            new TracePacket { TrustedPacketSequenceId = 4, TrackEvent = Legacy('E', 1, 0) },
            new TracePacket { TrustedPacketSequenceId = 4, TrackEvent = Legacy('X', 50, 2, 1) });
        Assert.Equal(["+1001 A", "+1003 B", "-1006 B", "+1007 B", "-1008 B", "-1011 A", "+1058 B", "-1059 B"], sink.Lines(8).Select(l => l.Replace("000 ", " ", StringComparison.Ordinal)));
        Assert.Equal("CrMain", sink.Threads[0].ShownName);
    }

    [Fact]
    public void WhatIsNotUnderstoodIsCountedAndSaid()
    {
        var sink = Read(
            Row(2, 50, 51, "t"),
            new TracePacket { TrackDescriptor = new TrackDescriptor { Uuid = 5, ParentUuid = 2, Name = "async" } },
            At(10, new Event { Type = Begin, TrackUuid = 5, Name = "not on a thread" }),
            At(11, new Event { Type = Event.Types.Type.Instant, TrackUuid = 2, Name = "instant" }),
            At(11, new Event { Type = Event.Types.Type.Counter, TrackUuid = 2 }),
            At(20, new Event { Type = End, TrackUuid = 2 }),
            At(30, new Event { Type = Begin, TrackUuid = 2, Name = "F" }),
            At(25, new Event { Type = Begin, TrackUuid = 2, Name = "G" }),
            new TracePacket { TrustedPacketSequenceId = 77, SequenceFlags = 2, Timestamp = 5, TrackEvent = new Event { Type = Begin, NameIid = 3 } },
            TracePacket.Parser.ParseFrom([0x0A, 2, 8, 1]));
        Assert.Equal(["+30 F", "+30 G", "-30 G Unfinished", "-30 F Unfinished"], sink.Lines(51));
        Assert.Equal(2, sink.Summary!.Unfinished);
        Assert.Equal(
            [
                "Not taken over: 1 counter values",
                "Not taken over: 1 ends without a begin",
                "Not taken over: 1 events earlier than the one before on their thread, moved to its time",
                "Not taken over: 1 events on rows that belong to no thread",
                "Not taken over: 1 events whose names were lost",
                "Not taken over: 1 instants",
                "Not taken over: 1 packets of other kinds",
            ],
            sink.Summary.Remarks);
    }

    [Fact]
    public void ASequencesClockThatNobodyExplainedGivesNoTimes()
    {
        TracePacket Timed(uint clock, ulong time, Event e) => new() { TrustedPacketSequenceId = 3, Timestamp = time, TimestampClockId = clock, TrackEvent = e };
        var sink = Read(
            Row(2, 50, 51, "t"),
            Timed(64, 5, new Event { Type = Begin, TrackUuid = 2, Name = "Nobody knows when" }),
            Timed(127, 6, new Event { Type = End, TrackUuid = 2 }),
            // Built-in clocks are near enough to each other to be shown as they are.
            Timed(5, 1000, new Event { Type = Begin, TrackUuid = 2, Name = "F" }),
            Timed(5, 1001, new Event { Type = End, TrackUuid = 2 }),
            new TracePacket { TrustedPacketSequenceId = 3, ClockSnapshot = Clocks((64, 10), (3, 2010)) },
            Timed(64, 20, new Event { Type = Begin, TrackUuid = 2, Name = "G" }),
            Timed(64, 30, new Event { Type = End, TrackUuid = 2 }));
        Assert.Equal(["+1000 F", "-1001 F", "+2020 G", "-2030 G"], sink.Lines(51));
        Assert.Equal(["Not taken over: 2 events in a clock that was not explained"], sink.Summary!.Remarks);
    }

    [Fact]
    public void ANumberUsedAgainIsASecondThread()
    {
        var sink = Read(
            Row(2, 50, 51, "first"),
            Row(3, 50, 51, "second"),
            Row(2, 50, 51, "first, renamed"),
            At(1, new Event { Type = Begin, TrackUuid = 2, Name = "A" }),
            At(2, new Event { Type = Begin, TrackUuid = 3, Name = "B" }),
            At(3, new Event { Type = End, TrackUuid = 2 }),
            At(3, new Event { Type = End, TrackUuid = 3 }));
        Assert.Equal(["first, renamed", "second"], sink.Threads.Values.Select(t => t.ShownName));
        Assert.Equal([2, 2], sink.Edges.Values.Select(e => e.Count));
    }

    private static RecordingSink Read(params TracePacket[] packets) => RecordingSink.Of(new Trace { Packet = { packets } }.ToByteArray());

    private static TracePacket At(ulong time, Event e) => new() { Timestamp = time, TrackEvent = e };

    private static TracePacket In(uint sequence, ulong time, Event e) => new() { TrustedPacketSequenceId = sequence, Timestamp = time, SequenceFlags = 2, TrackEvent = e };

    private static TracePacket Row(ulong uuid, int pid, long tid, string name) =>
        new() { TrackDescriptor = new TrackDescriptor { Uuid = uuid, Thread = new ThreadDescriptor { Pid = pid, Tid = tid, ThreadName = name } } };

    private static ClockSnapshot Clocks(params (uint Id, ulong Time)[] clocks)
    {
        var snapshot = new ClockSnapshot();
        foreach (var (id, time) in clocks) snapshot.Clocks.Add(new ClockSnapshot.Types.Clock { ClockId = id, Timestamp = time });
        return snapshot;
    }
}
