using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Events;
using VizTrace.Perfetto.Proto;
using VizTrace.Perfetto.Tests.Events;
using VizTrace.Tests;

namespace VizTrace.Perfetto.Tests.Editing;

/// <summary>What stays and what goes when a trace is written anew.</summary>
public sealed class RewriteTests
{
    private const ulong A = 100, B = 200, Work = 300;
    private const uint Cleared = 1, Needs = 2;

    private static readonly ClockSnapshot s_clock = new()
    {
        Clocks = { new ClockSnapshot.Types.Clock { ClockId = 64, Timestamp = 1000, IsIncremental = true }, new ClockSnapshot.Types.Clock { ClockId = 6, Timestamp = 1000 } },
    };

    [Fact]
    public void KeepingAllCopiesEachByte()
    {
        foreach (var trace in new[] { Two(), Everything(), Own(true), Own(false), Wire.Trace(Wire.Zlib(Row(A, 1, 2, "x")), Row(B, 1, 3, "y")) })
            Assert.Equal(trace, Rewrite(trace, new TestJudge { On = (scoped in TraceEvent _, EventEdit _) => Verdict.Keep }));
        Assert.Equal(Everything(), Rewrite(Everything(), new TestJudge()));
    }

    [Fact]
    public void ADroppedEventLeavesItsNamesItsDefaultsTheClearedStateAndItsTime()
    {
        var output = Wire.Packets(Rewrite(Two(), ByName("first")));
        var input = Wire.Packets(Two());
        var reduced = input[3].Clone();
        reduced.ClearData();
        // 20 ns of the begin are told with it; the 5 of its end, a packet that is gone, by the next one.
        Assert.Equal(new[] { input[0], input[1], input[2], reduced, Stamp(input[5], 5 + 7), input[6] }, output);
        Assert.Equal(
            ["1032 Thread:11 Begin second/cat", "1042 Thread:11 End"],
            Lines.Of(Rewrite(Two(), ByName("first"))));
        TheSameInTheReferee(Two(), Rewrite(Two(), ByName("first")), "first");
    }

    [Fact]
    public void ABlockThatDoesNotChangeStaysAsItIsAndAChangedOneIsPackedAgain()
    {
        var packets = Wire.Packets(Two()).Cast<object>().ToArray();
        var untouched = Wire.Zlib(Row(B, 10, 12, "other"));
        var trace = Wire.Trace(untouched, Wire.Zlib(packets), Wire.Zlib(Row(999, 10, 13, "third")));
        var output = Rewrite(trace, ByName("first"));
        var blocks = Wire.Packets(output);
        Assert.Equal(3, blocks.Count);
        Assert.All(blocks, b => Assert.True(b.HasCompressedPackets));
        Assert.Equal(Wire.Packets(trace)[0], blocks[0]);
        Assert.Equal(Wire.Packets(trace)[2], blocks[2]);
        Assert.Equal(["1032 Thread:11 Begin second/cat", "1042 Thread:11 End"], Lines.Of(output));
        var plain = Rewrite(trace, ByName("first"), new RewriteOptions { Compress = false });
        Assert.Equal(8, Wire.Packets(plain).Count);
        Assert.All(Wire.Packets(Rewrite(Two(), ByName("first"), new RewriteOptions { Compress = true })), b => Assert.True(b.HasCompressedPackets));
    }

    [Fact]
    public void ADroppedThreadTakesItsDescriptorsItsRowsAndItsEntriesInTheProcessTree()
    {
        var trace = Everything();
        var source = Open(trace);
        var row = Find(source, 11);
        var output = Rewrite(trace, new TestJudge { Row = r => r != row });
        var packets = Wire.Packets(output);
        Assert.DoesNotContain(packets, p => p.TrackDescriptor is { Thread.Tid: 11 });
        Assert.DoesNotContain(packets, p => p.TrackDescriptor is { Uuid: Work });
        Assert.Equal(
            Lines.Of(trace).Where(l => !l.Contains(":11 ", StringComparison.Ordinal) && !l.Contains("Counter:work", StringComparison.Ordinal)),
            Lines.Of(output));
        Assert.DoesNotContain(Names(output), n => n is "worker" or "eleven");
        Assert.Contains("twelve", Names(output));
        Assert.Equal(
            Referee.ImportErrorsOf(trace), Referee.ImportErrorsOf(output));
    }

    [Fact]
    public void ASwitchKeepsTheSideOfTheThreadThatStays()
    {
        var trace = Wire.Trace(Bundle());
        var source = Open(trace);
        var row = Find(source, 11);
        var output = Rewrite(trace, new TestJudge { Row = r => r != row });
        Assert.Equal(
            ["100 Thread:12 Scheduling", "120 Thread:12 Scheduling", "130 Thread:12 Scheduling", "140 Thread:13 Scheduling", "150 Thread:13 Scheduling", "350 Thread:13 Scheduling"],
            Lines.Of(output).Where(l => !l.Contains("Other", StringComparison.Ordinal)));
        var sql = "select ts, dur, tid, end_state from sched join thread using (utid) order by ts";
        Assert.Equal(
            TraceFiles.InFile(trace, p => Referee.Query(p, sql)).Where(r => r[2] is "12" or "13").Select(r => r[0] + " " + r[2]),
            TraceFiles.InFile(output, p => Referee.Query(p, sql)).Where(r => r[2] is "12" or "13").Select(r => r[0] + " " + r[2]));
        Assert.Empty(TraceFiles.InFile(output, p => Referee.Query(p, "select tid from thread where tid = 11")));
    }

    [Fact]
    public void ADroppedDifferenceOfACounterIsToldByTheNextValue()
    {
        var trace = Everything();
        var n = 0;
        var output = Rewrite(trace, new TestJudge { On = (scoped in TraceEvent e, EventEdit _) => e.Kind == EventKind.Counter && n++ == 0 ? Verdict.Drop : Verdict.Keep });
        var dropped = Lines.Of(trace).First(l => l.Contains("Counter", StringComparison.Ordinal));
        Assert.Equal(Lines.Of(trace).Where(l => l != dropped), Lines.Of(output));
    }

    [Fact]
    public void AnExtraCounterValueStaysWithoutItsEventAndGoesWithoutIt()
    {
        var trace = Everything();
        var without = Rewrite(trace, new TestJudge { On = (scoped in TraceEvent e, EventEdit _) => e.Kind == EventKind.Begin ? Verdict.Drop : Verdict.Keep });
        Assert.Equal(Lines.Of(trace).Where(l => !l.Contains("Begin", StringComparison.Ordinal)), Lines.Of(without));
        var source = Open(trace);
        var counter = Enumerable.Range(0, source.Tracks.Count).Single(r => source.Tracks[r].SourceId == Work);
        var bare = Rewrite(trace, new TestJudge { Row = r => r != counter });
        Assert.Equal(Lines.Of(trace).Where(l => !l.Contains("Counter:work", StringComparison.Ordinal)), Lines.Of(bare));
    }

    [Fact]
    public void AChangedEventHasItsNewTimeNameFlowsAndArguments()
    {
        var trace = Everything();
        var output = Rewrite(trace, new TestJudge
        {
            On = (scoped in TraceEvent e, EventEdit edit) =>
            {
                if (e.Kind != EventKind.Begin) return Verdict.Keep;
                edit.TimeNs = e.TimeNs + 3;
                edit.Name = "new";
                edit.DropsFlow = id => id == 5;
                edit.DropsArgument = name => name.SequenceEqual("size"u8);
                edit.Added.Add(new("clipped", true));
                edit.Added.Add(new("count", 7L));
                return Verdict.Change;
            },
        });
        var begin = Lines.Of(trace).Single(l => l.Contains("Begin", StringComparison.Ordinal));
        Assert.Equal("1050 Thread:11 Begin job/cat >5 >6 size:3 text:t", begin);
        // Its extra counter values go where it goes.
        Assert.Equal(
            Lines.Of(trace).Select(l => l == begin ? "1053 Thread:11 Begin new/cat >6 text:t clipped:True count:7" : l.Replace("1050", "1053", StringComparison.Ordinal)),
            Lines.Of(output));
        Assert.Equal(
            [["new", "1053"]],
            TraceFiles.InFile(output, p => Referee.Query(p, "select name, ts from slice where name in ('job', 'new')")));
    }

    [Fact]
    public void OldEventsKeepTheirTimesAndTheirThreadWhenOthersOfTheirSequenceGo()
    {
        var trace = Old();
        Assert.Equal(
            ["1010000 Thread:11 Begin a", "1015000 Thread:11 Complete x +4000", "1020000 Thread:11 End", "1026000 Thread:12 Instant i", "1030000 Async:async Begin async", "1040000 Async:async End async"],
            Lines.Of(trace));
        var output = Rewrite(trace, ByName("x"));
        Assert.Equal(Lines.Of(trace).Where(l => !l.Contains(" x ", StringComparison.Ordinal)), Lines.Of(output));
        // Without the thread: the others need its descriptor for their time, but not its name.
        var source = Open(trace);
        var row = Find(source, 11);
        output = Rewrite(trace, new TestJudge { Row = r => r != row });
        Assert.Equal(Lines.Of(trace).Where(l => !l.Contains(":11 ", StringComparison.Ordinal)), Lines.Of(output));
        Assert.DoesNotContain("old name", Names(output));
        Assert.Equal(Referee.ImportErrorsOf(trace), Referee.ImportErrorsOf(output));
    }

    [Fact]
    public void TheLedgerIsReadAgain()
    {
        var ledger = new Ledger("filter --drop-thread W*", [new LedgerEntry("--drop-thread W*", 10, 20, 300) { Changed = 4, Flows = 5 }, new LedgerEntry("--drop-args", 0, 0, 9)]) { StartNs = 1050, EndNs = 2000, KeptSlices = 77 };
        foreach (var trace in new[] { Everything(), Own(true) })
        {
            var output = Rewrite(trace, new TestJudge(), ledger: ledger);
            var again = Assert.Single(Open(output).Facts.Ledgers);
            Assert.Equal(ledger.Entries, again.Entries);
            Assert.Equal((ledger.Command, 1050L, 2000L, 77L), (again.Command, again.StartNs, again.EndNs, again.KeptSlices));
            Assert.Equal(Referee.ImportErrorsOf(trace), Referee.ImportErrorsOf(output));
            Assert.Equal(
                [["VizTrace", "10"]],
                TraceFiles.InFile(output, p => Referee.Query(p, "select t.name, extract_arg(s.arg_set_id, 'debug.entries[0].slices') from slice s join track t on s.track_id = t.id where s.name = 'filtered'")));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AThreadOfOursVanishesWithWhatIsToldOfIt(bool compress)
    {
        var trace = Own(compress);
        var source = Open(trace);
        var row = source.Tracks[Find(source, 12)];
        Assert.Equal((7, "Busy"), (row.ManagedId, row.Name));
        var output = Rewrite(trace, new TestJudge { Row = r => r != row.Id });
        Assert.Equal(Lines.Of(trace).Where(l => !l.Contains("Thread:12 ", StringComparison.Ordinal)), Lines.Of(output));
        var sink = new RecordingSink();
        PerfettoReader.Read(new MemoryStream(output), sink);
        Assert.Equal(Referee.ImportErrorsOf(trace), Referee.ImportErrorsOf(output));
        Assert.Equal(
            [["11", "1"]],
            TraceFiles.InFile(output, p => Referee.Query(p, "select tid, count(*) from thread_slice group by tid")));
    }

    [Fact]
    public void WhatOurTraceTellsOfItselfStaysWhenItsFirstProcessGoes()
    {
        var trace = TraceFiles.Write(w =>
        {
            w.Start(new TraceMetadata { StartNs = TraceFiles.Start, Producer = "viztrace" });
            w.Function(new FunctionInfo(0, "F"));
            for (var p = 0; p < 2; p++)
            {
                w.Process(new ProcessInfo(p, 50 + p, "P" + p));
                w.Thread(new ThreadInfo(p, p, 60 + p) { ManagedId = 5 + p, ManagedName = "T" + p });
                w.Slices(p, [new(TraceFiles.Start + 1, 0, EdgeKind.Begin), new(TraceFiles.Start + 2, 0, EdgeKind.End)]);
            }
            w.Finish(new TraceSummary());
        });
        var source = Open(trace);
        var first = Enumerable.Range(0, source.Tracks.Count).First(r => source.Tracks[r] is { Kind: TrackKind.Process, Pid: 50 });
        var output = Rewrite(trace, new TestJudge { Row = r => r != first });
        var again = Open(output);
        Assert.Equal(("viztrace", 6, "T1"), (again.Facts.Producer, again.Tracks[Find(again, 61)].ManagedId, again.Tracks[Find(again, 61)].Name));
        Assert.DoesNotContain(Enumerable.Range(0, again.Tracks.Count), r => again.Tracks[r].Pid == 50);
        Assert.Empty(Referee.ImportErrorsOf(output));
    }

    [Fact]
    public void ACutFileGivesAllUpToTheCut()
    {
        var trace = Everything();
        for (var length = 60; length < trace.Length; length++)
        {
            var cut = trace[..length];
            var source = new PerfettoTrace(() => new MemoryStream(cut));
            source.Read(new Lines(source), EventParts.All);
            var output = new MemoryStream();
            source.Rewrite(output, new TestJudge(), Ledger.Empty, new RewriteOptions());
            var end = (int)output.Length;
            Assert.Equal(trace[..end], output.ToArray());
            Assert.Equal(end != length, source.Facts.IsTruncated);
            Assert.Equal(end == length ? null : end, source.Facts.DamageOffset);
        }
    }

    internal static PerfettoTrace Open(byte[] trace)
    {
        var source = new PerfettoTrace(() => new MemoryStream(trace));
        source.Read(new Lines(source), EventParts.None);
        return source;
    }

    internal static byte[] Rewrite(byte[] trace, IEventJudge judge, RewriteOptions? options = null, Ledger? ledger = null)
    {
        var source = Open(trace);
        if (judge is NameJudge named) named.Source = source;
        var output = new MemoryStream();
        source.Rewrite(output, judge, ledger ?? Ledger.Empty, options ?? new RewriteOptions());
        return output.ToArray();
    }

    private static NameJudge ByName(string name) => new(name);

    private static int Find(PerfettoTrace source, long tid) =>
        Enumerable.Range(0, source.Tracks.Count).First(r => source.Tracks[r].Kind == TrackKind.Thread && source.Tracks[r].Tid == tid);

    private static IEnumerable<string?> Names(byte[] trace) =>
        TraceFiles.InFile(trace, p => Referee.Query(p, "select name from thread where name is not null")).Select(r => r[0]);

    private static void TheSameInTheReferee(byte[] input, byte[] output, string dropped)
    {
        var sql = "select name, ts, dur, depth from slice order by ts";
        Assert.Equal(
            TraceFiles.InFile(input, p => Referee.Query(p, sql)).Where(r => r[0] != dropped).Select(r => string.Join(' ', r)),
            TraceFiles.InFile(output, p => Referee.Query(p, sql)).Select(r => string.Join(' ', r)));
    }

    private static TracePacket Stamp(TracePacket packet, ulong stamp)
    {
        packet = packet.Clone();
        packet.Timestamp = stamp;
        return packet;
    }

    private static TracePacket Row(ulong uuid, int pid, int tid, string name) => new()
    {
        TrackDescriptor = new TrackDescriptor { Uuid = uuid, Thread = new ThreadDescriptor { Pid = pid, Tid = tid, ThreadName = name } },
    };

    // Two slices one after the other; the first one's begin carries all that the second needs.
    internal static byte[] Two()
    {
        TracePacket Event(ulong delta, TrackEvent e) => new() { TrustedPacketSequenceId = 5, Timestamp = delta, SequenceFlags = Needs, TrackEvent = e };
        var begin = Event(20, new TrackEvent { Type = TrackEvent.Types.Type.SliceBegin, NameIid = 1, CategoryIids = { 1 } });
        begin.InternedData = new InternedData { EventNames = { new EventName { Iid = 1, Name = "first" }, new EventName { Iid = 2, Name = "second" } }, EventCategories = { new EventCategory { Iid = 1, Name = "cat" } } };
        return Wire.Trace(
            Row(A, 10, 11, "worker"),
            new TracePacket { TrustedPacketSequenceId = 5, SequenceFlags = Cleared, TracePacketDefaults = new TracePacketDefaults { TimestampClockId = 64, TrackEventDefaults = new TrackEventDefaults { TrackUuid = A } } },
            new TracePacket { TrustedPacketSequenceId = 5, ClockSnapshot = s_clock },
            begin,
            Event(5, new TrackEvent { Type = TrackEvent.Types.Type.SliceEnd }),
            Event(7, new TrackEvent { Type = TrackEvent.Types.Type.SliceBegin, NameIid = 2, CategoryIids = { 1 } }),
            Event(10, new TrackEvent { Type = TrackEvent.Types.Type.SliceEnd }));
    }

    // Rows, counters with differences, extra values, flows, arguments, samples, a process tree and the kernel's events.
    internal static byte[] Everything()
    {
        Wire Counter(ulong uuid, string name, ulong parent) => new Wire().Add(60, new Wire().Add(1, (long)uuid).Add(5, (long)parent).Add(2, name).Add(8, new Wire().Add(5, 1).Add(4, 2)));
        Wire Packet(long delta, Wire e) => new Wire().Add(8, delta).Add(10, 5).Add(11, e).Add(79, 4);
        return Wire.Trace(
            Row(A, 10, 11, "worker"),
            Row(B, 10, 12, "twelve"),
            new Wire().Add(2, new Wire().Add(1, new Wire().Add(1, 10).Add(3, "proc").Add(3, "-x")).Add(2, new Wire().Add(1, 11).Add(3, 10).Add(2, "eleven")).Add(2, new Wire().Add(1, 13).Add(3, 10).Add(2, "thirteen"))),
            Counter(Work, "work", A).Add(10, 5),
            Counter(400, "total", B).Add(10, 5),
            new Wire().Add(10, 5).Add(13, 1).Add(59, new Wire().Add(58, 64).Add(11, new Wire().Add(11, (long)A).Add(31, 400).Add(31, (long)Work)))
                .Add(12, new Wire().Add(2, new Wire().Add(1, 9).Add(2, "job")).Add(3, new Wire().Add(1, 4).Add(2, "size"))
                    .Add(5, new Wire().Add(1, 1).Add(2, "main")).Add(5, new Wire().Add(1, 2).Add(2, "leaf"))
                    .Add(6, new Wire().Add(1, 1).Add(2, 1)).Add(6, new Wire().Add(1, 2).Add(2, 2)).Add(7, new Wire().Add(1, 1).Add(2, 1).Add(2, 2))),
            new TracePacket { TrustedPacketSequenceId = 5, ClockSnapshot = s_clock },
            Packet(10, new Wire().Add(9, 4).Add(11, 400).Add(30, 3)),
            Packet(10, new Wire().Add(9, 4).Add(11, 400).Add(30, 4)),
            Packet(30, new Wire().Add(9, 1).Add(10, 9).Add(22, "cat").Fixed(47, 5).Fixed(47, 6).Add(4, new Wire().Add(1, 4).Add(4, 3)).Add(4, new Wire().Add(10, "text").Add(6, "t")).Add(12, 10).Add(12, 20)),
            Packet(5, new Wire().Add(9, 3).Add(23, "mark").Add(11, (long)B).Add(56, 1)),
            Packet(5, new Wire().Add(9, 2).Add(12, 1).Add(12, 2)),
            new Wire().Add(8, 1).Add(10, 5).Add(66, new Wire().Add(2, 10).Add(3, 11).Add(4, 1)),
            new Wire().Add(8, 1).Add(10, 5).Add(66, new Wire().Add(2, 10).Add(3, 12).Add(4, 1)),
            new Wire().Add(8, 2).Add(10, 5).Add(777, "unknown").Add(778, 5),
            Packet(2, new Wire().Add(9, 3).Add(23, "last").Add(11, (long)B)),
            Bundle());
    }

    internal static Wire Bundle()
    {
        Wire Switch(long ts, long from, long to) => new Wire().Add(1, ts).Add(2, from).Add(4, new Wire().Add(1, "n" + from).Add(2, from).Add(3, 120).Add(4, 1).Add(5, "n" + to).Add(6, to).Add(7, 120));
        Wire Waking(long ts, long by, long who) => new Wire().Add(1, ts).Add(2, by).Add(20, new Wire().Add(1, "n" + who).Add(2, who).Add(3, 120).Add(4, 1).Add(5, 0));
        return new Wire().Add(10, 77).Add(1, new Wire().Add(1, 0)
            .Add(2, Switch(100, 0, 12)).Add(2, Waking(110, 12, 11)).Add(2, Waking(120, 11, 12)).Add(2, Switch(130, 12, 11)).Add(2, Switch(140, 11, 13)).Add(2, Switch(150, 13, 0)).Add(2, Switch(160, 0, 11)).Add(2, Switch(170, 11, 0))
            .Add(4, new Wire().Add(5, "n11").Add(5, "n13").Packed(1, 300, 20, 30, 10).Packed(2, 1, 1, 1, 1).Packed(3, 11, 0, 13, 11).Packed(4, 1, 1, 1, 1).Packed(6, 0, 0, 1, 0)
                .Packed(7, 310).Packed(8, 11).Packed(9, 0).Packed(10, 1).Packed(11, 0)));
    }

    // The oldest form: a thread descriptor for the sequence, microseconds from event to event.
    internal static byte[] Old()
    {
        TracePacket Event(TrackEvent e) => new() { TrustedPacketSequenceId = 3, TrackEvent = e };
        TrackEvent Phase(char phase, long delta, string name) => new() { TimestampDeltaUs = delta, Name = name, LegacyEvent = new TrackEvent.Types.LegacyEvent { Phase = phase } };
        var x = Phase('X', 5, "x");
        x.LegacyEvent.DurationUs = 4;
        var i = Phase('I', 6, "i");
        i.LegacyEvent.TidOverride = 12;
        var end = Phase('E', 5, "");
        end.ClearName();
        return Wire.Trace(
            new TracePacket { ClockSnapshot = new ClockSnapshot { Clocks = { new ClockSnapshot.Types.Clock { ClockId = 3, Timestamp = 5 }, new ClockSnapshot.Types.Clock { ClockId = 6, Timestamp = 5 } } } },
            new TracePacket { TrustedPacketSequenceId = 3, IncrementalStateCleared = true, ThreadDescriptor = new ThreadDescriptor { Pid = 10, Tid = 11, ThreadName = "old name", ReferenceTimestampUs = 1000 } },
            Event(Phase('B', 10, "a")),
            Event(x),
            Event(end),
            Event(i),
            Event(Async('b', 4)),
            Event(Async('e', 10)));

        TrackEvent Async(char phase, long delta)
        {
            var e = Phase(phase, delta, "async");
            var bytes = new Wire().Add(2, phase).Add(6, 42).Bytes;
            e.LegacyEvent = TrackEvent.Types.LegacyEvent.Parser.ParseFrom(bytes);
            return e;
        }
    }

    internal static byte[] Own(bool compress) => TraceFiles.WriteIn(
        w =>
        {
            w.Function(new FunctionInfo(0, "F") { Module = "M.dll" });
            w.Thread(new ThreadInfo(0, 0, 11) { ManagedName = "Idle" });
            w.Thread(new ThreadInfo(1, 0, 12) { ManagedName = "Busy", ManagedId = 7, Role = ThreadRole.Pool });
            w.Slices(1, [new(TraceFiles.Start + 5, 0, EdgeKind.Begin), new(TraceFiles.Start + 9, 0, EdgeKind.End)]);
            w.Slices(0, [new(TraceFiles.Start + 15, 0, EdgeKind.Begin), new(TraceFiles.Start + 19, 0, EdgeKind.End)]);
        },
        new PerfettoWriterOptions { Compress = compress });

    // Drops the slices with a name: begins, and ends by a stack.
    private sealed class NameJudge(string name) : IEventJudge
    {
        private readonly Dictionary<int, Stack<bool>> _open = [];

        public PerfettoTrace? Source { get; set; }

        public EventParts Parts => EventParts.All;

        public bool DecidesByTrack => false;

        public bool KeepsTrack(int track) => true;

        public bool KeepsEventsOf(int track) => true;

        public Verdict Judge(scoped in TraceEvent e, EventEdit edit)
        {
            var goes = Source!.Texts.Get(e.Name) == name;
            if (!_open.TryGetValue(e.Track, out var open)) _open.Add(e.Track, open = new Stack<bool>());
            if (e.Kind == EventKind.Begin) open.Push(goes);
            else if (e.Kind == EventKind.End && open.Count > 0) goes = open.Pop();
            return goes ? Verdict.Drop : Verdict.Keep;
        }
    }
}
