using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>
/// Makes one <see cref="ThreadLife"/> of every OS thread of a process. The profiler's entries are keyed by the runtime's Thread, whose
/// address is used again; the recorder's by TID and start. A TID that was used again is a second life, never the same one.
/// </summary>
internal sealed class ThreadTable
{
    /// <summary>A start in /proc counts 10 ms steps, rounded down, and is read on another clock: nearer than this is the same moment.</summary>
    private const long StartToleranceNs = 20_000_000;

    /// <summary>USER_HZ is 100 on every Linux that .NET runs on.</summary>
    private const long NsPerClockTick = 10_000_000;

    private readonly ClockMap _clock;
    private readonly long _boottimeOffsetNs;
    private readonly Dictionary<ulong, ThreadLife> _byKey = [];
    private readonly Dictionary<uint, (ThreadLife? Life, ThreadEntry Entry, long? EndNs, string? EndName)> _slots = [];
    private readonly List<uint> _slotOrder = [];
    private readonly List<ThreadLife> _lives = [];

    private ThreadTable(ClockMap clock, long boottimeOffsetNs)
    {
        _clock = clock;
        _boottimeOffsetNs = boottimeOffsetNs;
    }

    /// <summary>
    /// All lives in the order of their beginning. <paramref name="usedSlots"/> are the slots that have records: those of which a torn journal
    /// does not tell get a life of their own, with TID 0.
    /// </summary>
    public static List<ThreadLife> Build(Journal journal, Ledger ledger, ClockMap clock, long boottimeOffsetNs, IEnumerable<uint> usedSlots)
    {
        var table = new ThreadTable(clock, boottimeOffsetNs);
        foreach (ThreadEntry entry in journal.Threads)
            table.Take(entry);
        table.PlaceSlotsWithoutKey(ledger.Threads.ToLookup(t => t.Tid));
        table._lives.RemoveAll(l => l.Tid == 0);
        table.JoinOsThreads(ledger);
        foreach (uint slot in usedSlots.Where(s => !table._slots.ContainsKey(s)))
        {
            var life = new ThreadLife();
            life.AddSlot(slot, long.MaxValue);
            table._lives.Add(life);
        }

        // Slots are given out in order of time.
        table._lives.ForEach(l => l.Slots.Sort());
        return [.. table._lives.OrderBy(l => l.BeginNs)];
    }

    /// <summary>CLOCK_MONOTONIC ns of a start in /proc, as far as its 10 ms steps tell; null when the recorder did not see the thread.</summary>
    public static long? StartNs(OsThread? os, long boottimeOffsetNs) => os is null || os.StartClockTicks == 0
        ? null
        : Math.Min(((long)os.StartClockTicks * NsPerClockTick) - boottimeOffsetNs, os.SeenNs);

    private void Take(in ThreadEntry entry)
    {
        long ns = _clock.ToNs(entry.Ticks);
        switch (entry.Kind)
        {
            case JournalKind.ThreadCreated:
                TakeCreated(entry);
                break;
            case JournalKind.ThreadAssigned:
                {
                    ThreadLife life = LifeAt(entry.Key, entry.Ticks, entry.Tid);
                    life.Tid = entry.Tid;
                    life.AssignedNs ??= ns;
                    Identify(life, entry);
                    break;
                }

            case JournalKind.ThreadNamed:
                {
                    ThreadLife life = LifeAt(entry.Key, entry.Ticks, 0);
                    life.NameManaged(ns, entry.Name ?? "");
                    Identify(life, entry);
                    break;
                }

            case JournalKind.ThreadDestroyed:
                {
                    ThreadLife life = LifeAt(entry.Key, entry.Ticks, 0);
                    life.IsDestroyed = true;
                    life.EndAt(ns);
                    Identify(life, entry);
                    break;
                }

            case JournalKind.ThreadSlot:
                TakeSlot(entry, ns);
                break;
            case JournalKind.ThreadSlotEnded:
                if (!_slots.TryGetValue(entry.Slot, out var known))
                    break;
                _slots[entry.Slot] = known with { EndNs = ns, EndName = entry.Name };
                known.Life?.EndAt(ns);
                known.Life?.NameOs(ns, entry.Name);
                break;
        }
    }

    private void TakeCreated(in ThreadEntry entry)
    {
        // The runtime tells of a Thread when it starts to run; it may have been named before. A life that has run is another, unless its
        // first entry is only misplaced in the file: the entries of one Thread come from two threads.
        if (!_byKey.TryGetValue(entry.Key, out ThreadLife? life)
            || life.CreatedTicks is not null
            || life.IsDestroyed
            || (life.Tid != 0 && life.FirstTicks < entry.Ticks)
            || (life.ManagedId != 0 && entry.ManagedId != 0 && life.ManagedId != entry.ManagedId))
        {
            life = NewLife(entry.Key, entry.Ticks);
        }

        life.CreatedTicks = entry.Ticks;
        Identify(life, entry);
    }

    private void TakeSlot(in ThreadEntry entry, long ns)
    {
        // A slot is told once. Told again, its records would be read twice.
        if (_slots.ContainsKey(entry.Slot))
            return;
        ThreadLife? life = null;
        if (entry.Key != 0)
        {
            life = LifeAt(entry.Key, entry.Ticks, entry.Tid);
            life.Tid = entry.Tid;
            life.AddSlot(entry.Slot, ns);
            life.NameOs(ns, entry.Name);
            Identify(life, entry);
        }

        _slots[entry.Slot] = (life, entry, null, null);
        _slotOrder.Add(entry.Slot);
    }

    private static void Identify(ThreadLife life, in ThreadEntry entry)
    {
        life.IsManaged = true;
        if (entry.ManagedId != 0)
            life.ManagedId = entry.ManagedId;
    }

    /// <summary>
    /// The life that a key stood for at a time. A destroyed one goes on only for an entry from before its end, or of its own OS thread (0:
    /// the entry does not tell): a Thread object that is used again is made again first.
    /// </summary>
    private ThreadLife LifeAt(ulong key, ulong ticks, long tid)
    {
        if (!_byKey.TryGetValue(key, out ThreadLife? life))
            return NewLife(key, ticks);
        while (life.CreatedTicks > ticks && life.FirstTicks > ticks && life.Previous is not null)
            life = life.Previous;
        bool otherThread = tid != 0 && life.Tid != 0 && tid != life.Tid;
        bool over = life.IsDestroyed && tid == 0 && _clock.ToNs(ticks) > life.EndNs;
        return otherThread || over ? NewLife(key, ticks) : life;
    }

    private ThreadLife NewLife(ulong key, ulong ticks)
    {
        var life = new ThreadLife { Previous = _byKey.GetValueOrDefault(key), FirstTicks = ticks };
        _byKey[key] = life;
        _lives.Add(life);
        return life;
    }

    /// <summary>
    /// A thread may record before the runtime knows it, or once more after it let go of it: such a slot belongs to the life of its TID at that
    /// time, else to the one that the recorder knows to have been the same OS thread.
    /// </summary>
    private void PlaceSlotsWithoutKey(ILookup<long, OsThread> osThreads)
    {
        Dictionary<long, List<ThreadLife>> byTid = _lives.GroupBy(l => l.Tid).ToDictionary(g => g.Key, g => g.ToList());
        foreach (uint slot in _slotOrder)
        {
            (ThreadLife? placed, ThreadEntry entry, long? endNs, string? endName) = _slots[slot];
            if (placed is not null)
                continue;
            long beginNs = _clock.ToNs(entry.Ticks);
            if (!byTid.TryGetValue(entry.Tid, out List<ThreadLife>? lives))
                byTid.Add(entry.Tid, lives = []);
            ThreadLife? life = lives.Where(l => l.BeginNs <= (endNs ?? long.MaxValue) && (l.EndNs ?? long.MaxValue) >= beginNs).MinBy(l => l.BeginNs)
                ?? lives.Find(l => OsThreadAt(osThreads, entry.Tid, beginNs) is { } os && os == OsThreadAt(osThreads, entry.Tid, l.BeginNs));
            if (life is null)
            {
                life = new ThreadLife { Tid = entry.Tid, ManagedId = entry.ManagedId, IsManaged = entry.ManagedId != 0 };
                _lives.Add(life);
                lives.Add(life);
            }

            life.AddSlot(slot, beginNs);
            life.NameOs(beginNs, entry.Name);
            if (endNs is { } ns)
            {
                life.EndAt(ns);
                life.NameOs(ns, endName);
            }
        }
    }

    /// <summary>
    /// Finds for each life the last OS thread of its TID that began before it. Each is used once: where the profiler tells of two lives, one
    /// ended before the other, and the recorder, who only looks now and then, missed the second.
    /// </summary>
    private void JoinOsThreads(Ledger ledger)
    {
        ILookup<long, OsThread> byTid = ledger.Threads.ToLookup(t => t.Tid);
        var used = new HashSet<OsThread>();
        foreach (ThreadLife life in _lives.OrderBy(l => l.BeginNs))
        {
            if (OsThreadAt(byTid, life.Tid, life.BeginNs) is { } os && used.Add(os))
                life.Join(os);
        }

        foreach (OsThread os in ledger.Threads.Where(t => !used.Contains(t)))
        {
            var life = new ThreadLife();
            life.Join(os);
            _lives.Add(life);
        }
    }

    /// <summary>The last OS thread of a TID that began before <paramref name="ns"/>, if it was not gone by then.</summary>
    private OsThread? OsThreadAt(ILookup<long, OsThread> byTid, long tid, long ns) => byTid[tid]
        .Where(t => (StartNs(t, _boottimeOffsetNs) ?? t.SeenNs) <= ns + StartToleranceNs && (t.GoneNs ?? long.MaxValue) >= ns)
        .MaxBy(t => t.StartClockTicks);
}
