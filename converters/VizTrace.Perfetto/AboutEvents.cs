namespace VizTrace.Perfetto;

/// <summary>Names of the events by which a trace tells of itself, and of their arguments. See FORMAT.md.</summary>
internal static class AboutEvents
{
    /// <summary>Category of all of them.</summary>
    public const string Category = "viztrace";

    /// <summary>Name of their row.</summary>
    public const string TrackName = "VizTrace";

    /// <summary>Name of a thread's row of losses.</summary>
    public const string LostTrackName = "lost records";

    public const string Metadata = "metadata";
    public const string Process = "process";
    public const string Thread = "thread";
    public const string Lost = "lost";
    public const string NotRecorded = "not recorded";
    public const string Coverage = "module";
    public const string CoverageMethods = "methods";
    public const string Summary = "summary";

    // metadata
    public const string Producer = "producer";
    public const string Command = "command";
    public const string StartNs = "start_ns";
    public const string ProbeClock = "probe_clock";
    public const string ClockErrorNs = "clock_error_ns";
    public const string Extra = "extra";
    public const string Key = "key";
    public const string Value = "value";

    // process, thread
    public const string Id = "id";
    public const string ProcessId = "process";
    public const string Pid = "pid";
    public const string Tid = "tid";
    public const string Name = "name";
    public const string CommandLine = "command_line";
    public const string Runtime = "runtime";
    public const string ExitCode = "exit_code";
    public const string Signal = "signal";
    public const string ManagedId = "managed_id";
    public const string ManagedName = "managed_name";
    public const string OsName = "os_name";
    public const string Role = "role";
    public const string EarlierNames = "earlier_names";
    public const string TimeNs = "time_ns";
    public const string EndNs = "end_ns";
    public const string Calls = "calls";
    public const string LostRecords = "lost_records";

    // lost
    public const string Records = "records";
    public const string Reason = "reason";
    public const string DurationNs = "duration_ns";

    // not recorded
    public const string Module = "module";

    // module, methods
    public const string Unlisted = "unlisted";
    public const string Recorded = "recorded";
    public const string Refused = "refused";
    public const string State = "state";
    public const string Names = "names";

    // summary
    public const string DroppedPieces = "dropped_pieces";
    public const string Unfinished = "unfinished";
    public const string BlindFromNs = "blind_from_ns";
    public const string BlindReason = "blind_reason";
    public const string Remarks = "remarks";
}
