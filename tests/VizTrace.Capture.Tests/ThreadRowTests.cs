using VizTrace.Model;
using static VizTrace.Capture.Tests.Call;

namespace VizTrace.Capture.Tests;

public sealed class ThreadRowTests : IDisposable
{
    private const uint Slot = 5, SlotEnded = 6, Created = 7, Assigned = 8, Named = 9, Destroyed = 10;
    private const uint OsThread = 32, OsRenamed = 33, OsGone = 34, Calibration = 35;
    private const ulong Key = 0x7F00_0000, OtherKey = 0x7F00_1000;
    private const ulong Second = 1_000_000_000;

    private readonly TestCapture _capture = new();
    private readonly TestProcess _process;

    public ThreadRowTests() => _process = _capture.AddProcess().Usual("App.Main", "App.Work");

    public void Dispose() => _capture.Dispose();

    private Trace Read()
    {
        _process.Save();
        return _capture.Read();
    }

    /// <summary>CLOCK_BOOTTIME is 5 s ahead of CLOCK_MONOTONIC.</summary>
    private TestProcess BoottimeAhead() => _process.Ledger(Calibration, Second, Second, 10u, 6 * Second, 1_000 * Second);

    /// <summary>A slot with one call at a time.</summary>
    private void Recorded(uint slot, ulong ticks) => _process.Block(new TestChunk(slot) { StartTicks = ticks, StartNs = ticks }, [In(ticks, 1), Out(ticks + 10, 1)]);

    [Fact]
    public void ARowCarriesWhatBothSidesSaw()
    {
        BoottimeAhead();
        _process.Journal(Created, Key, 2 * Second, 0u);
        _process.Journal(Named, Key, (2 * Second) + 1, 7u, "worker of shop");
        _process.Journal(Assigned, Key, 101ul, (2 * Second) + 5_000, 7u);
        _process.Journal(Slot, 1u, 101ul, (2 * Second) + 9_000, Key, 7u, "dotnet");
        _process.Ledger(OsThread, 101ul, 700ul, 3 * Second, "dotnet");
        _process.Ledger(OsRenamed, 101ul, 700ul, 4 * Second, "worker of shop");
        _process.Journal(SlotEnded, 1u, (8 * Second) + 2, "worker of shop");
        _process.Journal(Destroyed, Key, 8 * Second, 7u);
        Recorded(1, (2 * Second) + 9_000);
        ThreadInfo row = Assert.Single(Read().Threads.Values);
        Assert.Equal(101, row.OsTid);
        Assert.Equal(7, row.ManagedId);
        Assert.Equal("worker of shop", row.ManagedName);
        Assert.Equal("worker of shop", row.OsName);
        Assert.Equal(ThreadRole.User, row.Role);
        Assert.Equal(2_000_005_000, row.StartNs);
        Assert.Equal(8_000_000_002, row.EndNs);
        Assert.Equal(1, row.Calls);
        Assert.Empty(row.EarlierNames);
    }

    [Fact]
    public void AThreadThatOnlyTheRecorderSawIsARow()
    {
        BoottimeAhead();
        _process.Ledger(OsThread, 102ul, 750ul, 3 * Second, ".NET SynchManag");
        _process.Ledger(OsGone, 102ul, 750ul, 9 * Second);
        ThreadInfo row = Assert.Single(Read().Threads.Values);
        Assert.Equal((102L, ".NET SynchManag", ThreadRole.Native), (row.OsTid, row.OsName, row.Role));
        // 7.5 s after boot is 2.5 s on CLOCK_MONOTONIC.
        Assert.Equal(2_500_000_000, row.StartNs);
        Assert.Equal(9_000_000_000, row.EndNs);
        Assert.Null(row.ManagedId);
        Assert.Equal(0, row.Calls);
    }

    [Fact]
    public void AManagedThreadThatRecordedNothingIsARow()
    {
        _process.Journal(Created, Key, 2 * Second, 0u).Journal(Assigned, Key, 103ul, 3 * Second, 4u);
        ThreadInfo row = Assert.Single(Read().Threads.Values);
        Assert.Equal((103L, (int?)4, ThreadRole.User, (long?)3_000_000_000), (row.OsTid, row.ManagedId, row.Role, row.StartNs));
        Assert.Null(row.EndNs);
    }

    [Fact]
    public void AThreadObjectThatNeverRanIsNoRow()
    {
        _process.Journal(Created, Key, 2 * Second, 0u).Journal(Named, Key, 2 * Second, 0u, "idle").Journal(Destroyed, Key, 3 * Second, 0u);
        Assert.Empty(Read().Threads);
    }

    [Fact]
    public void AThreadIdThatIsUsedAgainIsASecondRow()
    {
        foreach ((ulong key, ulong at, uint slot) in new[] { (Key, 2 * Second, 1u), (OtherKey, 5 * Second, 2u) })
        {
            _process.Journal(Created, key, at, 0u).Journal(Assigned, key, 101ul, at + 10, 10 + slot);
            _process.Journal(Slot, slot, 101ul, at + 20, key, 10 + slot, "dotnet").Journal(SlotEnded, slot, at + 100, "dotnet");
            _process.Journal(Destroyed, key, at + 90, 10 + slot);
            Recorded(slot, at + 20);
        }

        // The recorder looked between the two, and saw only the first.
        BoottimeAhead().Ledger(OsThread, 101ul, 700ul, 2 * Second, "dotnet");
        Trace trace = Read();
        Assert.Equal([(101L, (int?)11), (101L, 12)], trace.Threads.Values.Select(t => (t.OsTid, t.ManagedId)));
        Assert.Equal([2_000_000_010L, 5_000_000_010], trace.Threads.Values.Select(t => t.StartNs!.Value));
        Assert.Equal([2_000_000_100L, 5_000_000_100], trace.Threads.Values.Select(t => t.EndNs!.Value));
        Assert.Equal(["+ App.Main 2000000020", "- App.Main 2000000030"], trace.Edges(1));
        Assert.Equal(["+ App.Main 5000000020", "- App.Main 5000000030"], trace.Edges(2));
    }

    [Fact]
    public void TheRecorderTellsTwoNativeThreadsOfOneIdApartByTheirStart()
    {
        BoottimeAhead();
        _process.Ledger(OsThread, 101ul, 700ul, 2 * Second, "first").Ledger(OsGone, 101ul, 700ul, 3 * Second);
        _process.Ledger(OsThread, 101ul, 900ul, 4 * Second, "second");
        Assert.Equal(["first", "second"], Read().Threads.Values.Select(t => t.OsName));
    }

    [Fact]
    public void AKeyThatIsUsedAgainIsASecondRow()
    {
        _process.Journal(Created, Key, 2 * Second, 0u).Journal(Assigned, Key, 101ul, 2 * Second, 4u).Journal(Named, Key, 2 * Second, 4u, "one");
        _process.Journal(Slot, 1u, 101ul, 2 * Second, Key, 4u, "one").Journal(Destroyed, Key, 3 * Second, 4u);
        _process.Journal(Created, Key, 4 * Second, 0u).Journal(Assigned, Key, 108ul, 4 * Second, 5u);
        _process.Journal(Slot, 2u, 108ul, 4 * Second, Key, 5u, "dotnet").Journal(Named, Key, 5 * Second, 5u, "two");
        Recorded(1, 2 * Second);
        Recorded(2, 4 * Second);
        Trace trace = Read();
        Assert.Equal(
            [(101L, (int?)4, "one", (long?)3_000_000_000), (108L, 5, "two", null)],
            trace.Threads.Values.Select(t => (t.OsTid, t.ManagedId, t.ManagedName!, t.EndNs)));
        Assert.Equal(["+ App.Main 4000000000", "- App.Main 4000000010"], trace.Edges(2));
    }

    [Fact]
    public void AKeyThatIsUsedAgainWithoutADestroyIsASecondRow()
    {
        _process.Journal(Assigned, Key, 101ul, 2 * Second, 4u).Journal(Created, Key, 4 * Second, 0u).Journal(Assigned, Key, 108ul, 4 * Second, 5u);
        Assert.Equal([(101L, (int?)4), (108L, 5)], Read().Threads.Values.Select(t => (t.OsTid, t.ManagedId)));
    }

    [Fact]
    public void EntriesOfOneThreadOutOfOrderAreOneRow()
    {
        // The maker's entry comes late, and so does a rename from another thread after the end.
        _process.Journal(Assigned, Key, 101ul, (2 * Second) + 5, 4u).Journal(Created, Key, 2 * Second, 0u);
        _process.Journal(Destroyed, Key, 4 * Second, 4u).Journal(Named, Key, 3 * Second, 4u, "late");
        ThreadInfo row = Assert.Single(Read().Threads.Values);
        Assert.Equal(("late", (long?)4_000_000_000), (row.ManagedName, row.EndNs));
    }

    [Fact]
    public void TwoSlotsOfOneThreadAreOneRow()
    {
        _process.Journal(Created, Key, 2 * Second, 0u).Journal(Assigned, Key, 101ul, 2 * Second, 4u);
        _process.Journal(Slot, 1u, 101ul, 2 * Second, Key, 4u, "dotnet").Journal(SlotEnded, 1u, 3 * Second, "dotnet");
        // Its key destructor has run, and one more destructor calls into managed code.
        _process.Journal(Slot, 2u, 101ul, (3 * Second) + 10, Key, 4u, "dotnet").Journal(SlotEnded, 2u, (3 * Second) + 50, "dotnet");
        Recorded(2, (3 * Second) + 10);
        Recorded(1, 2 * Second);
        Trace trace = Read();
        Assert.Equal(
            ["+ App.Main 2000000000", "- App.Main 2000000010", "+ App.Main 3000000010", "- App.Main 3000000020"], trace.Edges());
        ThreadInfo row = Assert.Single(trace.Threads.Values);
        Assert.Equal((3_000_000_050L, 2L), (row.EndNs!.Value, row.Calls));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(Key)]
    public void ASlotThatIsToldTwiceIsReadOnceInTheRowThatToldItFirst(ulong key)
    {
        _process.Journal(Slot, 1u, 101ul, 2 * Second, key, 0u, "dotnet").Journal(Slot, 1u, 102ul, 3 * Second, OtherKey, 0u, "dotnet");
        Recorded(1, 2 * Second);
        Trace trace = Read();
        Assert.Equal((101L, 1L), trace.Threads.Values.Select(t => (t.OsTid, t.Calls)).Single());
        Assert.Equal(1, trace.Summary.Calls);
    }

    [Fact]
    public void ASlotBeforeTheRuntimeKnowsTheThreadIsOfTheSameRow()
    {
        _process.Journal(Slot, 1u, 101ul, 2 * Second, 0ul, 0u, "dotnet");
        _process.Journal(Created, Key, 3 * Second, 0u).Journal(Assigned, Key, 101ul, 3 * Second, 4u);
        Recorded(1, 2 * Second);
        ThreadInfo row = Assert.Single(Read().Threads.Values);
        Assert.Equal(((int?)4, 1L), (row.ManagedId, row.Calls));
    }

    [Fact]
    public void ALaterSlotWithoutKeyIsOfTheRowThatTheRecorderKnowsToLiveOn()
    {
        BoottimeAhead();
        _process.Journal(Slot, 1u, 101ul, 2 * Second, 0ul, 0u, "lib").Journal(SlotEnded, 1u, 3 * Second, "lib");
        _process.Journal(Slot, 2u, 101ul, 4 * Second, 0ul, 0u, "lib");
        _process.Ledger(OsThread, 101ul, 700ul, 2 * Second, "lib");
        Recorded(1, 2 * Second);
        Recorded(2, 4 * Second);
        ThreadInfo row = Assert.Single(Read().Threads.Values);
        Assert.Equal((2L, ThreadRole.Native), (row.Calls, row.Role));
    }

    [Fact]
    public void RenamesAreKeptInOrder()
    {
        _process.Journal(Assigned, Key, 101ul, 2 * Second, 4u);
        _process.Journal(Named, Key, 3 * Second, 4u, "a").Journal(Named, Key, 4 * Second, 4u, "a").Journal(Named, Key, 5 * Second, 4u, "b");
        _process.Journal(Named, Key, 6 * Second, 4u, "").Journal(Named, Key, 7 * Second, 4u, "ü c");
        ThreadInfo row = Assert.Single(Read().Threads.Values);
        Assert.Equal("ü c", row.ManagedName);
        Assert.Equal([(3_000_000_000, "a"), (5_000_000_000, "b")], row.EarlierNames);
    }

    [Fact]
    public void AThreadThatIsNamedBeforeItStartsKeepsTheName()
    {
        // As .NET 10 does it; the key was another thread's before, and a third names itself when that is long gone.
        _process.Journal(Named, Key, 2 * Second, 4u, "first").Journal(Created, Key, (2 * Second) + 5, 4u).Journal(Assigned, Key, 101ul, (2 * Second) + 6, 4u);
        _process.Journal(Destroyed, Key, 3 * Second, 0u);
        _process.Journal(Named, Key, 4 * Second, 5u, "second").Journal(Created, Key, (4 * Second) + 5, 5u).Journal(Assigned, Key, 102ul, (4 * Second) + 6, 5u);
        _process.Journal(Destroyed, Key, 5 * Second, 0u).Journal(Named, Key, 6 * Second, 5u, "dead").Journal(Created, Key, 7 * Second, 6u);
        _process.Journal(Assigned, Key, 103ul, 7 * Second, 6u);
        Assert.Equal([(101L, "first"), (102L, "second"), (103L, null)], Read().Threads.Values.Select(t => (t.OsTid, t.ManagedName)));
    }

    [Fact]
    public void ANameThatIsTakenAwayIsAnEarlierName()
    {
        _process.Journal(Assigned, Key, 101ul, 2 * Second, 4u).Journal(Named, Key, 3 * Second, 4u, "a").Journal(Named, Key, 4 * Second, 4u, "");
        ThreadInfo row = Assert.Single(Read().Threads.Values);
        Assert.Null(row.ManagedName);
        Assert.Equal([(3_000_000_000, "a")], row.EarlierNames);
    }

    [Fact]
    public void TheMainThreadWasThereBefore()
    {
        _process.Journal(Assigned, Key, 100ul, 2 * Second, 1u).Journal(Slot, 1u, 100ul, 2 * Second, Key, 1u, "dotnet");
        ThreadInfo row = Assert.Single(Read().Threads.Values);
        Assert.Equal(ThreadRole.Main, row.Role);
        Assert.Null(row.StartNs);
    }

    [Fact]
    public void RecordsOfASlotThatTheJournalDoesNotNameAreARow()
    {
        Recorded(9, 2 * Second);
        Trace trace = Read();
        Assert.Equal((0L, 1L), (trace.Threads[1].OsTid, trace.Threads[1].Calls));
        Assert.Equal(["+ App.Main 2000000000", "- App.Main 2000000010"], trace.Edges(1));
    }

    [Fact]
    public void AnEndBeforeTheLastRecordIsMovedToIt()
    {
        _process.Journal(Assigned, Key, 101ul, 2 * Second, 4u).Journal(Slot, 1u, 101ul, 2 * Second, Key, 4u, "x");
        _process.Journal(Destroyed, Key, (2 * Second) + 5, 4u);
        Recorded(1, 2 * Second);
        Assert.Equal(2_000_000_010, Assert.Single(Read().Threads.Values).EndNs);
    }

    [Theory]
    [InlineData(".NET TP Worker", null, ThreadRole.User, ThreadRole.Pool)]
    [InlineData(".NET TP Worker", ".NET TP Worker", ThreadRole.Pool, ThreadRole.Pool)]
    [InlineData(".NET TP Gate", ".NET TP Gate", ThreadRole.PoolGate, ThreadRole.PoolGate)]
    [InlineData(".NET Finalizer", null, ThreadRole.Finalizer, ThreadRole.Finalizer)]
    [InlineData(".NET Tiered Com", ".NET Tiered Compilation Worker", ThreadRole.Tiering, ThreadRole.Tiering)]
    [InlineData(".NET SigHandler", null, ThreadRole.Signal, ThreadRole.Signal)]
    [InlineData(".NET SynchManag", null, ThreadRole.User, ThreadRole.Native)]
    [InlineData(".NET EventPipe", null, ThreadRole.Diagnostics, ThreadRole.Diagnostics)]
    [InlineData(".NET Server GC", null, ThreadRole.Gc, ThreadRole.Gc)]
    [InlineData(".NET BGC", null, ThreadRole.Gc, ThreadRole.Gc)]
    [InlineData(".NET Timer", ".NET Timer", ThreadRole.Timer, ThreadRole.Timer)]
    [InlineData(".NET Sockets", ".NET Sockets", ThreadRole.Io, ThreadRole.Io)]
    [InlineData("dotnet-diagnost", null, ThreadRole.Diagnostics, ThreadRole.Diagnostics)]
    [InlineData("dotnet", null, ThreadRole.User, ThreadRole.Native)]
    [InlineData("dotnet", "mine", ThreadRole.User, ThreadRole.Native)]
    public void RolesComeFromTheNamesOfTheRuntime(string osName, string? managedName, ThreadRole managed, ThreadRole native)
    {
        Assert.Equal(managed, ThreadRoles.Of(isMain: false, isManaged: true, managedName, osName));
        Assert.Equal(native, ThreadRoles.Of(isMain: false, isManaged: false, null, osName));
        Assert.Equal(ThreadRole.Main, ThreadRoles.Of(isMain: true, isManaged: true, managedName, osName));
    }
}
