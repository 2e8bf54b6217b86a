namespace VizTrace.Model;

/// <summary>What a trace says of itself before its first event. All of it is optional: a trace of another tool has little.</summary>
public sealed record TraceMetadata
{
    /// <summary>Program that recorded the trace: <c>VizTrace 0.1.0</c>.</summary>
    public string Producer { get; init; } = "";

    /// <summary>The command that was recorded, arguments parted by blanks.</summary>
    public string Command { get; init; } = "";

    /// <summary>CLOCK_BOOTTIME minus CLOCK_MONOTONIC, ns, at the start.</summary>
    public long BoottimeOffsetNs { get; init; }

    /// <summary>CLOCK_REALTIME minus CLOCK_MONOTONIC, ns, at the start; 0: not known.</summary>
    public long RealtimeOffsetNs { get; init; }

    /// <summary>CLOCK_MONOTONIC ns at which recording began.</summary>
    public long StartNs { get; init; }

    /// <summary>Clock that the probes read: <c>tsc</c> or <c>monotonic</c>; empty when not known.</summary>
    public string ProbeClock { get; init; } = "";

    /// <summary>Largest error of the conversion from the probe clock to CLOCK_MONOTONIC that was seen, ns.</summary>
    public long ClockErrorNs { get; init; }

    /// <summary>More, in the order to show: settings, runtime, host.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Extra { get; init; } = [];
}

/// <summary>A recorded process.</summary>
/// <param name="Id">Number of the process within the trace.</param>
/// <param name="Pid">OS process id.</param>
/// <param name="Name">Shown name: the entry assembly's, else the executable's.</param>
public sealed record ProcessInfo(int Id, long Pid, string Name)
{
    /// <summary>Command line, arguments parted by blanks; empty when not known.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>Runtime and its version: <c>.NET 10.0.12</c>; empty when not known.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>Exit code; null when not known or ended by a signal.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Signal that ended it; null when none.</summary>
    public int? Signal { get; init; }
}

/// <summary>What a thread is for.</summary>
public enum ThreadRole
{
    /// <summary>Not known.</summary>
    Unknown,

    /// <summary>The process's first thread.</summary>
    Main,

    /// <summary>Made by the program.</summary>
    User,

    /// <summary>Thread-pool worker.</summary>
    Pool,

    /// <summary>Thread-pool gate: watches starvation.</summary>
    PoolGate,

    /// <summary>I/O completion or poller.</summary>
    Io,

    /// <summary>Runs finalizers.</summary>
    Finalizer,

    /// <summary>Server or background garbage collection.</summary>
    Gc,

    /// <summary>Timer queue.</summary>
    Timer,

    /// <summary>Compiles hot methods again.</summary>
    Tiering,

    /// <summary>Handles signals.</summary>
    Signal,

    /// <summary>Debugger, diagnostics server, event pipe.</summary>
    Diagnostics,

    /// <summary>A native thread of the program or a library.</summary>
    Native,
}

/// <summary>
/// One thread's stable row. An OS TID that was used again belongs to a second row. The shown name is the managed name, else the OS name,
/// else the role, else <c>Thread [tid]</c>.
/// </summary>
/// <param name="Id">Number of the thread within the trace; stable.</param>
/// <param name="ProcessId">Its process (<see cref="ProcessInfo.Id"/>).</param>
/// <param name="OsTid">OS thread id, 64 bits.</param>
public sealed record ThreadInfo(int Id, int ProcessId, long OsTid)
{
    /// <summary>Thread.ManagedThreadId; null for a native thread or when not known.</summary>
    public int? ManagedId { get; init; }

    /// <summary>The last Thread.Name; null when none was given.</summary>
    public string? ManagedName { get; init; }

    /// <summary>Names it had before <see cref="ManagedName"/>, oldest first, with the time (CLOCK_MONOTONIC ns) at which each was given.</summary>
    public IReadOnlyList<(long TimeNs, string Name)> EarlierNames { get; init; } = [];

    /// <summary>The OS's name (comm, at most 15 bytes); null when not known.</summary>
    public string? OsName { get; init; }

    /// <summary>What it is for.</summary>
    public ThreadRole Role { get; init; }

    /// <summary>Start, CLOCK_MONOTONIC ns; null when it was there before the recording or is not known.</summary>
    public long? StartNs { get; init; }

    /// <summary>End; null when it outlived the recording or is not known.</summary>
    public long? EndNs { get; init; }

    /// <summary>Recorded calls (begins); 0 until known.</summary>
    public long Calls { get; init; }

    /// <summary>Records lost; 0 until known.</summary>
    public long LostRecords { get; init; }

    /// <summary>The name to show.</summary>
    public string ShownName =>
        !string.IsNullOrEmpty(ManagedName) ? ManagedName
        : !string.IsNullOrEmpty(OsName) ? OsName
        : Role != ThreadRole.Unknown ? Role.ToString()
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Thread {OsTid}");
}

/// <summary>A function as people should read it.</summary>
/// <param name="Id">Number of the function within the trace, from 0, dense.</param>
/// <param name="Name"><c>Namespace.Type.Method</c> as the programmer wrote it.</param>
public sealed record FunctionInfo(int Id, string Name)
{
    /// <summary>File name of its module: <c>Shop.dll</c>; null when not known.</summary>
    public string? Module { get; init; }

    /// <summary>Source file, as the symbols name it; null when not known.</summary>
    public string? SourceFile { get; init; }

    /// <summary>First line of its body in <see cref="SourceFile"/>; 0 when not known.</summary>
    public int SourceLine { get; init; }
}

/// <summary>A method that has no slices, and why.</summary>
/// <param name="Module">File name of its module.</param>
/// <param name="Name">Readable name.</param>
/// <param name="Reason">Short and stable: <c>undecodable body</c>, <c>dynamic</c>, …</param>
public sealed record NotRecordedMethod(string Module, string Name, string Reason);

/// <summary>What is known only when all has been read.</summary>
public sealed record TraceSummary
{
    /// <summary>Calls (slices) in all.</summary>
    public long Calls { get; init; }

    /// <summary>Records lost in all.</summary>
    public long LostRecords { get; init; }

    /// <summary>Torn or damaged pieces that were dropped: blocks, records, journal entries.</summary>
    public long DroppedPieces { get; init; }

    /// <summary>Calls closed because the recording ended.</summary>
    public long Unfinished { get; init; }

    /// <summary>CLOCK_MONOTONIC ns from which on nothing was recorded although the program ran; null when it was recorded to its end.</summary>
    public long? BlindFromNs { get; init; }

    /// <summary>Why; null when it was recorded to its end.</summary>
    public string? BlindReason { get; init; }

    /// <summary>Methods asked for and not recorded, of those that the runtime compiled.</summary>
    public IReadOnlyList<NotRecordedMethod> NotRecorded { get; init; } = [];

    /// <summary>What became of every method of the included modules; empty when the trace does not say.</summary>
    public IReadOnlyList<ModuleCoverage> Coverage { get; init; } = [];

    /// <summary>Lines for people about anything odd (no runtime was seen, the capture was cut short, …).</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}
