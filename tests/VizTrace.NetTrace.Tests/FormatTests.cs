using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Tests;

/// <summary>Rules of the format by hand-made files, each in version 4 and in version 6.</summary>
public sealed class FormatTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EventsOfAllThreadsComeInOrderOfTimeWithTheirFields(bool isVersion6)
    {
        NetTraceTrace trace = Trace(new FileMaker(isVersion6).Start().Metadata(1, "Said").Unknown("Later", 200, [1, 2, 3])
            .Event(1, 1, 1, 1010, "ä", -1).Event(1, 1, 2, 1030, "c", 3).Event(1, 2, 1, 1040, "d", 4).EndBlock()
            .Event(1, 3, 1, 1020, "b", 2).EndBlock().End());

        List<Seen> events = ListSink.Read(trace);

        Assert.Equal(["what='ä' n=-1", "what='b' n=2", "what='c' n=3", "what='d' n=4"], events.Select(e => e.Arguments));
        Assert.Equal([10_000L, 20_000, 30_000, 40_000], events.Select(e => e.TimeNs));
        Assert.Equal([101L, 103, 101, 102], events.Select(e => trace.Tracks[e.Track].Tid));
        Assert.All(events, e => Assert.Equal(("Said", "P", EventKind.Instant, 77L), (e.Name, e.Category, e.Kind, trace.Tracks[e.Track].Pid)));
        Assert.Equal(isVersion6 ? "Thr1" : null, trace.Tracks[events[0].Track].Name);
        Assert.Empty(trace.Facts.Remarks);
        Assert.Equal(new DateTime(2026, 11, 24, 10, 0, 0, 500, DateTimeKind.Utc), DateTime.UnixEpoch.AddTicks(trace.Facts.RealtimeOffsetNs!.Value / 100));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PairsThatNestAreSlicesOfTheirThread(bool isVersion6)
    {
        NetTraceTrace trace = Trace(new FileMaker(isVersion6).Start().Metadata(1, "WorkStart").Metadata(2, "WorkStop")
            .Event(1, 1, 1, 1010, "outer", 1).Event(1, 1, 2, 1020, "inner", 2).Event(2, 1, 3, 1030, "inner", 2).Event(2, 1, 4, 1040, "outer", 1)
            .Event(2, 1, 5, 1050, "never began", 0).EndBlock().End());

        List<Seen> events = ListSink.Read(trace);

        Assert.Equal([EventKind.Begin, EventKind.Begin, EventKind.End, EventKind.End, EventKind.Instant], events.Select(e => e.Kind));
        Assert.Equal(["Work", "Work", "", "", "Work"], events.Select(e => e.Name));
        Assert.All(events, e => Assert.Equal(TrackKind.Thread, trace.Tracks[e.Track].Kind));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PairsThatEndOnAnotherThreadHaveRowsOfTheirOwn(bool isVersion6)
    {
        Guid one = new("11111111-0000-0000-0000-000000000000");
        Guid two = new("22222222-0000-0000-0000-000000000000");
        NetTraceTrace trace = Trace(new FileMaker(isVersion6).Start().Metadata(1, "RequestStart").Metadata(2, "RequestStop").Metadata(3, "WorkStart").Metadata(4, "WorkStop")
            .Event(1, 1, 1, 1010, "first", 1, one).Event(1, 2, 1, 1020, "second", 2, two).Event(3, 3, 1, 1022, "w", 0).Event(4, 3, 2, 1024, "w", 0)
            .Event(2, 1, 2, 1030, "second", 2, isVersion6 ? default : two).Event(2, 2, 2, 1040, "first", 1, isVersion6 ? default : one).EndBlock()
            .Event(1, 1, 3, 1050, "third", 3).EndBlock().Event(2, 3, 3, 1060, "third", 3).EndBlock().End());

        List<Seen> events = ListSink.Read(trace);

        Seen[] requests = [.. events.Where(e => trace.Tracks[e.Track].Kind == TrackKind.Async)];
        Assert.All(requests, e => Assert.Equal("Request", trace.Tracks[e.Track].Name));
        Assert.Equal(2, requests.Select(e => e.Track).Distinct().Count());
        Assert.Equal([EventKind.Begin, EventKind.Begin, EventKind.End, EventKind.End, EventKind.Begin, EventKind.End], requests.Select(e => e.Kind));
        if (!isVersion6)
        {
            // The activity says which one ended.
            Assert.Equal(requests[0].Track, requests[3].Track);
            Assert.Equal(requests[1].Track, requests[2].Track);
        }

        Assert.Equal(["Work", ""], events.Where(e => trace.Tracks[e.Track].Kind == TrackKind.Thread).Select(e => e.Name));
        Assert.Equal(events, ListSink.Read(trace));
        Assert.Equal(8, trace.Facts.Events);
    }

    [Fact]
    public void StartsThatNeverStopAreInstantsAndLeaveThePairsAroundThemAlone()
    {
        FileMaker maker = new FileMaker(false).Start().Metadata(1, "WorkStart").Metadata(2, "WorkStop").Metadata(3, "NoticeStart");
        for (uint i = 0; i < 3_000; i++)
            maker.Event(1, 1, i * 3 + 1, 1010 + i * 3, "w", 0).Event(3, 1, i * 3 + 2, 1011 + i * 3, "n", 0).Event(2, 1, i * 3 + 3, 1012 + i * 3, "w", 0);
        NetTraceTrace trace = Trace(maker.EndBlock().End());

        List<Seen> events = ListSink.Read(trace);

        Assert.All(events.Chunk(3), e => Assert.Equal(["Begin Work", "Instant Notice", "End "], e.Select(x => $"{x.Kind} {x.Name}")));
        Assert.All(events, e => Assert.Equal(TrackKind.Thread, trace.Tracks[e.Track].Kind));
    }

    [Fact]
    public void ManyStartsWithoutAStopTakeNeitherTimeNorRows()
    {
        FileMaker maker = new FileMaker(false).Start().Metadata(1, "WorkStart").Metadata(2, "WorkStop");
        for (uint i = 0; i < 20_000; i++)
            maker.Event(1, 1, i + 1, 1010 + i, "w", 0);
        NetTraceTrace trace = Trace(maker.Event(2, 2, 1, 50_000, "w", 0).EndBlock().End());

        Assert.All(ListSink.Read(trace), e => Assert.Equal((EventKind.Instant, "Work"), (e.Kind, e.Name)));
        Assert.Equal(3, trace.Tracks.Count);
    }

    [Fact]
    public void PairsThatCrossOnOneThreadHaveRowsOfTheirOwn()
    {
        NetTraceTrace trace = Trace(new FileMaker(false).Start().Metadata(1, "AStart").Metadata(2, "AStop").Metadata(3, "BStart").Metadata(4, "BStop")
            .Event(1, 1, 1, 1010, "", 0).Event(3, 1, 2, 1020, "", 0).Event(2, 1, 3, 1030, "", 0).Event(4, 1, 4, 1040, "", 0).EndBlock().End());

        List<Seen> events = ListSink.Read(trace);

        Assert.Equal(["Begin A Thread", "Begin B Async", "End  Thread", "End  Async"], events.Select(e => $"{e.Kind} {e.Name} {trace.Tracks[e.Track].Kind}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LostEventsAreCountedAndSaid(bool isVersion6)
    {
        NetTraceTrace trace = Trace(new FileMaker(isVersion6).Start().Metadata(1, "Said")
            .Event(1, 1, 1, 1010, "a", 1).Event(1, 1, 5, 1020, "b", 2).EndBlock().SequencePoint(1030, 1, 9).Event(1, 1, 10, 1040, "c", 3).EndBlock().End());

        List<Seen> events = ListSink.Read(trace);

        Assert.Equal(["Said what='a' n=1", "Events lost count=3", "Said what='b' n=2", "Events lost count=4", "Said what='c' n=3"], events.Select(e => $"{e.Name} {e.Arguments}"));
        Assert.All(events, e => Assert.Equal(101, trace.Tracks[e.Track].Tid));
        Assert.Equal(["hand-made: 7 events were lost while it was recorded: the buffer was full"], trace.Facts.Remarks);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFileCutAtAnyByteGivesWhatIsWholeBefore(bool isVersion6)
    {
        byte[] file = new FileMaker(isVersion6).Start().Metadata(1, "Said").Event(1, 1, 1, 1010, "a", 1).Event(1, 1, 2, 1020, "b", 2).EndBlock()
            .Event(1, 1, 3, 1030, "c", 3).EndBlock().End().File();
        int most = 0;
        for (int length = 8; length < file.Length; length++)
        {
            var trace = new NetTraceTrace(() => new MemoryStream(file, 0, length), "cut");
            List<Seen> events;
            try
            {
                events = ListSink.Read(trace);
            }
            catch (TraceException e)
            {
                Assert.Equal(ErrorId.BadInput, e.Id);
                Assert.Equal(0, most);
                continue;
            }

            Assert.True(trace.Facts.IsTruncated, $"{length}");
            Assert.Equal(length, trace.Facts.DamageOffset);
            Assert.Contains($"byte {length} ", Assert.Single(trace.Facts.Remarks, r => r.Contains("ends at", StringComparison.Ordinal)), StringComparison.Ordinal);
            Assert.True(events.Count >= most, $"{length}");
            most = events.Count;
        }

        Assert.Equal(3, most);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFileWithAnyByteChangedNeitherCrashesNorHangs(bool isVersion6)
    {
        byte[] file = new FileMaker(isVersion6).Start().Metadata(1, "WorkStart").Metadata(2, "WorkStop").Event(1, 1, 1, 1010, "a", 1).Event(2, 1, 2, 1020, "b", 2).EndBlock()
            .SequencePoint(1025, 1, 2).Event(1, 1, 3, 1030, "c", 3).EndBlock().End().File();
        for (int at = 0; at < file.Length; at++)
        {
            foreach (byte value in new byte[] { 0, 1, 0x7F, 0x80, 0xFF, (byte)(file[at] ^ 1) })
            {
                byte[] changed = (byte[])file.Clone();
                changed[at] = value;
                var trace = new NetTraceTrace(() => new MemoryStream(changed), "changed");
                try
                {
                    Assert.Equal(ListSink.Read(trace).Count, trace.Facts.Events);
                }
                catch (TraceException e)
                {
                    Assert.Equal(ErrorId.BadInput, e.Id);
                    Assert.Contains("byte", e.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void AnotherFormatIsRefused()
    {
        TraceException e = Assert.Throws<TraceException>(() => ListSink.Read(new NetTraceTrace(() => new MemoryStream("{\"traceEvents\":[]}"u8.ToArray()), "x.nettrace")));

        Assert.Equal((ErrorId.BadInput, "x.nettrace: no .nettrace file: byte 0 is not the start of 'Nettrace'"), (e.Id, e.Message));
        Assert.False(NetTraceTrace.Recognizes("{\"traceE"u8));
        Assert.True(NetTraceTrace.Recognizes("Nettrace"u8));
    }

    [Fact]
    public void AVersionThatIsNotKnownIsRefused()
    {
        byte[] file = new FileMaker(true).Start().End().File();
        file[12] = 7;

        TraceException e = Assert.Throws<TraceException>(() => ListSink.Read(new NetTraceTrace(() => new MemoryStream(file), "x")));

        Assert.Equal("x: version 7 of .nettrace at byte 12 is not known; versions 4, 5 and 6 are", e.Message);
    }

    [Fact]
    public void ALengthThatLiesEndsTheReadingWithItsPlace()
    {
        byte[] file = new FileMaker(false).Start().Metadata(1, "Said").Event(1, 1, 1, 1010, "a", 1).EndBlock().End().File();
        int at = file.AsSpan().IndexOf("EventBlock"u8) + 11;
        BitConverter.GetBytes(int.MaxValue).CopyTo(file, at);
        var trace = new NetTraceTrace(() => new MemoryStream(file), "x");

        Assert.Empty(ListSink.Read(trace));
        Assert.Equal(at - 26, trace.Facts.DamageOffset);
        Assert.Equal([$"x: damaged at byte {at - 26}: a block says that it has 2147483647 bytes; nothing behind it was read"], trace.Facts.Remarks);
        Assert.False(trace.Facts.IsTruncated);
    }

    private static NetTraceTrace Trace(FileMaker maker)
    {
        byte[] file = maker.File();
        return new NetTraceTrace(() => new MemoryStream(file), "hand-made");
    }
}
