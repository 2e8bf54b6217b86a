using VizTrace.Profiler.Interop;
using VizTrace.Profiler.Probe;
using VizTrace.Profiler.Session;
using VizTrace.Records;

namespace VizTrace.Profiler.Threads;

/// <summary>
/// Tells the journal of threads: what the runtime says of its Thread objects, and which slot a thread records under. Keeps nothing itself:
/// the capture reader makes rows of it. All methods may be called from any thread and take no lock.
/// </summary>
internal static unsafe class ThreadTable
{
    private static ProfilerInfo s_info;

    /// <summary>Remembers whom to ask for the current thread.</summary>
    public static void Start(ProfilerInfo info) => s_info = info;

    /// <summary>Gives the current thread a slot, at its first record; null when there are no more slots.</summary>
    public static ThreadRecord* AddCurrentThread()
    {
        // Tested before it is counted up: a process that has had a million threads goes on making them, and a number that wraps is another's.
        if (Volatile.Read(ref ChunkPool.Header->NextSlot) >= ThreadRecords.Most)
            return null;
        uint slot = Interlocked.Increment(ref ChunkPool.Header->NextSlot) - 1;
        ThreadRecord* state = ThreadRecords.At(slot);
        if (state == null)
            return null;
        state->Slot = slot;
        ThreadBlock.State = state;
        nuint key = 0;
        if (s_info.GetCurrentThreadId(&key) < 0)
            key = 0;
        Span<byte> room = stackalloc byte[256];
        var entry = new EntryWriter(room, (uint)JournalKind.ThreadSlot);
        entry.U32(slot);
        entry.U64((ulong)Libc.gettid());
        entry.U64(ProbeClock.Now());
        entry.U64(key);
        entry.U32(ManagedThreadId.Of(key));
        PutOsName(ref entry);
        Journal.Append(entry.Finish());
        state->Key = key;
        return state;
    }

    /// <summary>
    /// The current thread ends. Called from its pthread-key destructor, when our own runtime does not know the thread any more: nothing here
    /// allocates, throws or makes a transition.
    /// </summary>
    public static void EndCurrentThread(ThreadRecord* state)
    {
        Span<byte> room = stackalloc byte[256];
        var entry = new EntryWriter(room, (uint)JournalKind.ThreadSlotEnded);
        entry.U32(state->Slot);
        entry.U64(ProbeClock.Now());
        PutOsName(ref entry);
        entry.U64(state->Lost);
        entry.U64(state->GapStartTicks);
        Journal.Append(entry.Finish());
    }

    /// <summary>Nothing more of the current thread is recorded.</summary>
    public static void Ignored(ThreadRecord* state, ThreadIgnoredReason reason)
    {
        Span<byte> room = stackalloc byte[64];
        var entry = new EntryWriter(room, (uint)JournalKind.ThreadIgnored);
        entry.U32(state->Slot);
        entry.U64(ProbeClock.Now());
        entry.U32((uint)reason);
        Journal.Append(entry.Finish());
    }

    /// <summary>The runtime made a Thread object.</summary>
    public static void Created(nuint key) => Append(JournalKind.ThreadCreated, key, ManagedThreadId.Of(key));

    /// <summary>It destroyed one; the object is not read any more.</summary>
    public static void Destroyed(nuint key)
    {
        ThreadChoice.Forget(key);
        Append(JournalKind.ThreadDestroyed, key, 0);
    }

    /// <summary>A Thread object runs on an OS thread from now on.</summary>
    public static void Assigned(nuint key, uint osTid)
    {
        Span<byte> room = stackalloc byte[256];
        var entry = new EntryWriter(room, (uint)JournalKind.ThreadAssigned);
        entry.U64(key);
        entry.U64(osTid);
        entry.U64(ProbeClock.Now());
        entry.U32(ManagedThreadId.Of(key));
        Journal.Append(entry.Finish());
    }

    /// <summary>Thread.Name was set (to nothing: <paramref name="name"/> is empty).</summary>
    public static void Named(nuint key, ReadOnlySpan<char> name)
    {
        Span<byte> room = stackalloc byte[4096];
        var entry = new EntryWriter(room, (uint)JournalKind.ThreadNamed);
        entry.U64(key);
        entry.U64(ProbeClock.Now());
        entry.U32(ManagedThreadId.Of(key));
        entry.Text(name);
        Journal.Append(entry.Finish());
        nuint current = 0;
        ThreadRecord* state = ThreadBlock.State;
        if (ThreadChoice.Named(key, name) && state != null && s_info.GetCurrentThreadId(&current) >= 0 && current == key)
            Ignoring.IgnoreThread(state, ThreadIgnoredReason.Pattern);
    }

    private static void Append(JournalKind kind, nuint key, uint managedId)
    {
        Span<byte> room = stackalloc byte[256];
        var entry = new EntryWriter(room, (uint)kind);
        entry.U64(key);
        entry.U64(ProbeClock.Now());
        entry.U32(managedId);
        Journal.Append(entry.Finish());
    }

    private static void PutOsName(ref EntryWriter entry)
    {
        byte* name = stackalloc byte[17];
        name[0] = name[16] = 0;
        DirectLibc.ThreadName(name);
        entry.Utf8(new ReadOnlySpan<byte>(name, new ReadOnlySpan<byte>(name, 17).IndexOf((byte)0)));
    }
}
