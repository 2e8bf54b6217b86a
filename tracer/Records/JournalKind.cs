namespace VizTrace.Records;

/// <summary>
/// Entries of the journal (below 32, written by the profiler in the traced program) and the ledger (32 and up, written by the recorder).
/// The fields stand in the order given; "ticks" are the capture's clock (<see cref="ClockKind"/>), all 64 bits; "ns" is CLOCK_MONOTONIC.
/// A thread's "key" is the runtime's ThreadID (the address of its Thread object, which may be used again after the thread's end).
/// </summary>
internal enum JournalKind : uint
{
    /// <summary>First entry. u32 pid, u64 start ticks, u64 start ns, u32 clock, u32 probe, text runtime version, text command line (arguments parted by NUL), text entry (path of the managed entry assembly, or empty).</summary>
    Process = 1,

    /// <summary>u32 module index (from 0), u32 <see cref="ModuleFlags"/>, text path (empty for one loaded from memory), text name (<c>App.dll</c>), u64 + u64 MVID.</summary>
    Module = 2,

    /// <summary>u32 function id, u32 module index, u32 method token, u32 <see cref="ProbeStyle"/>, text type (CLR name: <c>Ns.Outer+Inner`1</c>), text method (CLR name), text type parameters (<c>T,U</c>), text method parameters.</summary>
    Function = 3,

    /// <summary>u32 module index (all ones: no module, a dynamic method), u32 method token, u32 <see cref="NotRecordedReason"/>, text type, text method, text type parameters, text method parameters.</summary>
    NotRecorded = 4,

    /// <summary>A thread recorded its first call. u32 slot, u64 OS TID, u64 ticks, u64 key (0: the runtime does not know it yet), u32 managed id (0: not known), text OS name (comm).</summary>
    ThreadSlot = 5,

    /// <summary>A thread with a slot ended. u32 slot, u64 ticks, text OS name (comm) at its end, u64 records that it lost after its last chunk, u64 ticks when that loss began (0: none).</summary>
    ThreadSlotEnded = 6,

    /// <summary>The runtime made a Thread. u64 key, u64 ticks, u32 managed id (0: not known yet).</summary>
    ThreadCreated = 7,

    /// <summary>It runs on an OS thread. u64 key, u64 OS TID, u64 ticks, u32 managed id.</summary>
    ThreadAssigned = 8,

    /// <summary>Thread.Name was set. u64 key, u64 ticks, u32 managed id, text name (empty: name taken away).</summary>
    ThreadNamed = 9,

    /// <summary>The runtime destroyed it. u64 key, u64 ticks, u32 managed id.</summary>
    ThreadDestroyed = 10,

    /// <summary>u32 module index, u64 ticks.</summary>
    ModuleUnloaded = 11,

    /// <summary>The runtime shuts down in good order. u64 ticks.</summary>
    Shutdown = 12,

    /// <summary>The profiler saw this process and left it alone (an SDK tool on the way to the program). text reason. The only entry then.</summary>
    PassedThrough = 13,

    /// <summary>The profiler's own code failed in a callback and recorded less for it. u64 ticks, text where, text what.</summary>
    Fault = 14,

    /// <summary>The process was to be recorded and cannot be. text reason. The only entry then.</summary>
    NotStarted = 15,

    /// <summary>A thread is recorded no more. u32 slot, u64 ticks, u32 <see cref="ThreadIgnoredReason"/>.</summary>
    ThreadIgnored = 16,

    /// <summary>A native thread or one seen in /proc/pid/task. u64 OS TID, u64 start (field 22 of its stat, clock ticks since boot), u64 ns when first seen, text comm.</summary>
    OsThread = 32,

    /// <summary>Its comm changed. u64 OS TID, u64 start, u64 ns, text comm.</summary>
    OsThreadRenamed = 33,

    /// <summary>It is gone. u64 OS TID, u64 start, u64 ns when its absence was seen.</summary>
    OsThreadGone = 34,

    /// <summary>Clocks read together. u64 ticks, u64 ns, u32 uncertainty in ticks, u64 CLOCK_BOOTTIME ns, u64 CLOCK_REALTIME ns.</summary>
    Calibration = 35,

    /// <summary>The process ended. u64 ns, u32 0 exited, 1 ended by a signal, 2 not known how; u32 exit code or signal number.</summary>
    Exit = 36,

    /// <summary>Recording stopped before the program. u32 <see cref="StopReason"/>, u64 ticks, u64 ns, text what happened.</summary>
    Blind = 37,

    /// <summary>
    /// Nobody drained for a while (stopped, or the machine was): u64 ticks and u64 ns of the last round before, u64 ticks and u64 ns of the
    /// first after it, u64 ticks when everything that stood in the pool then had been drained.
    /// </summary>
    Away = 38,
}

/// <summary>What is known of a module.</summary>
[Flags]
internal enum ModuleFlags : uint
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Methods of it are asked for.</summary>
    Included = 1,

    /// <summary>Of the shared framework.</summary>
    Framework = 2,

    /// <summary>Loaded from bytes in memory.</summary>
    InMemory = 4,

    /// <summary>Made at run time (Reflection.Emit): has no IL that could be rewritten before it is compiled.</summary>
    Dynamic = 8,

    /// <summary>Functions of it are marked [TraceOnly].</summary>
    HasTraceOnly = 32,
}

/// <summary>Why a thread is recorded no more.</summary>
internal enum ThreadIgnoredReason : uint
{
    /// <summary>It matches a pattern of threads to ignore: nothing of it is wanted.</summary>
    Pattern = 1,

    /// <summary>It matched no pattern of the threads that alone are wanted. Should it match one later, what it did behind this is missing.</summary>
    NotAmongOnly = 2,

    /// <summary>It said so itself (Tracer.IgnoreThisThread): nothing of it is wanted.</summary>
    Itself = 3,
}

/// <summary>How a method's leave is recorded; of the entry's number the lower half, the upper has <see cref="TraceOnly"/>.</summary>
internal enum ProbeStyle : uint
{
    /// <summary>try/finally round the body: exact on every way out.</summary>
    Finally = 0,

    /// <summary>Leave before each ret and tail call; exceptions through the runtime's unwind callbacks.</summary>
    TailCall = 1,

    /// <summary>A flag beside the style: marked [TraceOnly]; what is not below such a call is not wanted.</summary>
    TraceOnly = 0x10000,
}

/// <summary>Why a method has no slices.</summary>
internal enum NotRecordedReason : uint
{
    /// <summary>Unknown.</summary>
    None = 0,

    /// <summary>No IL body: extern, P/Invoke, abstract, runtime-implemented.</summary>
    NoBody = 1,

    /// <summary>The body could not be decoded.</summary>
    UndecodableBody = 2,

    /// <summary>The body would grow past what the format or the JIT takes.</summary>
    TooLarge = 3,

    /// <summary>The runtime itself suspends and resumes the method (MethodImplOptions.Async): it may leave on another thread than it entered on.</summary>
    RuntimeAsync = 4,

    /// <summary>Of the core library's dispatch of exceptions: it never returns.</summary>
    RuntimeCritical = 5,

    /// <summary>Made at run time: dynamic method or dynamic module.</summary>
    Dynamic = 6,

    /// <summary>The runtime refused the new body, or the module takes no new metadata.</summary>
    RuntimeRefused = 8,

    /// <summary>More functions than ids.</summary>
    TooManyFunctions = 9,

    /// <summary>Evaluation stack not empty where a try block would have to begin, or other control flow a finally cannot be put round.</summary>
    ControlFlow = 10,

    /// <summary>Left out on purpose: excluded or hidden, by option or attribute. What it calls is recorded.</summary>
    Hidden = 11,

    /// <summary>Ignored, with all it calls, by option or attribute.</summary>
    Ignored = 12,
}
