namespace VizTrace.Records;

/// <summary>
/// Names and limits of a capture on disk. <c>FORMAT.md</c> beside this file describes the whole; every type in this folder is
/// compiled into the profiler, the recorder and the capture reader, so that the three cannot disagree.
/// </summary>
internal static class CaptureLayout
{
    /// <summary>Version of everything in this folder; a capture of another version is refused with one clear line.</summary>
    public const int Version = 1;

    /// <summary>Oldest major version of .NET whose programs are recorded: the oldest that is supported and tested.</summary>
    public const int OldestRuntime = 8;

    /// <summary>Written by the recorder before the program starts: options as <c>key=value</c> lines (see <see cref="CaptureSettings"/>).</summary>
    public const string SettingsFile = "settings";

    /// <summary>
    /// In a process directory: the shared mapping in which the program's threads record. Usually a symbolic link to a file in /dev/shm,
    /// which must be deleted together with the capture.
    /// </summary>
    public const string PoolFile = "pool";

    /// <summary>In a process directory: append-only, written by the profiler: modules, functions, threads (<see cref="JournalKind"/>).</summary>
    public const string JournalFile = "journal";

    /// <summary>In a process directory: append-only, written by the recorder: drained chunks (<see cref="BlockHeader"/>).</summary>
    public const string BlocksFile = "blocks";

    /// <summary>In a process directory: append-only, written by the recorder: what it saw in /proc, and how the process ended.</summary>
    public const string LedgerFile = "ledger";

    /// <summary>A recorded process has the directory <c>p[pid]-[start]</c>; start is field 22 of /proc/pid/stat, in clock ticks since boot.</summary>
    public const string ProcessDirectoryPrefix = "p";

    /// <summary>Tells the profiler where the capture directory is. Removed from the environment of a recorded program at its start.</summary>
    public const string CaptureVariable = "VIZTRACE_CAPTURE";

    /// <summary>
    /// Set by the profiler in an SDK command that it passes through: the tools that the command starts are passed through as well. Removed
    /// from the environment of a recorded program.
    /// </summary>
    public const string BelowSdkVariable = "VIZTRACE_BELOW_SDK";

    /// <summary><c>portable</c> forces the portable probe.</summary>
    public const string ProbeVariable = "VIZTRACE_PROBE";

    /// <summary><c>monotonic</c> forces CLOCK_MONOTONIC where the TSC would be used.</summary>
    public const string ClockVariable = "VIZTRACE_CLOCK";

    /// <summary>
    /// For tests: after so many records (a power of two, fewer than a chunk holds) a thread hands its chunk over, so that the slow path is taken every
    /// few microseconds. The format has room for it: a chunk ends before its first zero.
    /// </summary>
    public const string ChunkRecordsVariable = "VIZTRACE_CHUNK_RECORDS";

    /// <summary>CLSID by which the runtime asks our library for its class factory.</summary>
    public const string ProfilerClassId = "{5A0F0D52-6C1B-4B56-9C2E-7D1A3E5B8F10}";
}
