namespace VizTrace.Recorder;

/// <summary>What came of a recording. Immutable.</summary>
public sealed record RecordingResult
{
    /// <summary>Exit code of the command; 128 + signal when a signal ended it.</summary>
    public required int ExitCode { get; init; }

    /// <summary>Signal that ended the command; null when it exited.</summary>
    public required int? Signal { get; init; }

    /// <summary>
    /// Whether the profiler recorded in any process, so that the capture holds something, even if the recorder could not drain it.
    /// </summary>
    public required bool AnyProcessRecorded { get; init; }

    /// <summary>The recorded processes in the order in which they were found; those that the profiler passed through are not among them.</summary>
    public required IReadOnlyList<RecordedProcess> Processes { get; init; }

    /// <summary>One sentence without a full stop; null when something was recorded.</summary>
    public required string? WhyNothingRecorded { get; init; }

    /// <summary>Bytes of pools and blocks together.</summary>
    public required long BytesWritten { get; init; }

    /// <summary>What went wrong on our side without ending the recording, for people, one sentence each; mostly empty.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}

/// <summary>One recorded process.</summary>
/// <param name="Pid">Its process id.</param>
/// <param name="Directory">Its directory in the capture.</param>
/// <param name="ExitCode">Null when not known (only a child's is), or when a signal ended it.</param>
/// <param name="Signal">Signal that ended it; null when none, or not known.</param>
/// <param name="DrainedRecords">Records moved to the blocks file while it ran; the rest is in the pool.</param>
/// <param name="StoppedEarly">Why recording ended before the process did (<c>disk full</c>, …); null when it did not.</param>
public sealed record RecordedProcess(int Pid, string Directory, int? ExitCode, int? Signal, long DrainedRecords, string? StoppedEarly);
