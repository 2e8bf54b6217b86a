namespace VizTrace.Model;

/// <summary>
/// Every expected failure has one; the number is what tests and users refer to. Append only, never renumber. The exit code that each leads
/// to is <see cref="TraceException.ExitCode"/> and stands in the README.
/// </summary>
public enum ErrorId
{
    /// <summary>The file or directory does not exist.</summary>
    NotFound = 1,

    /// <summary>No permission.</summary>
    NoPermission = 2,

    /// <summary>The output exists as a directory, its folder is missing, or it cannot be written.</summary>
    BadOutput = 3,

    /// <summary>The file's kind is none that can be read, or it is damaged beyond use.</summary>
    BadInput = 4,

    /// <summary>A capture of another version.</summary>
    WrongVersion = 5,

    /// <summary>The output's ending names no known format.</summary>
    UnknownFormat = 6,

    /// <summary>An option's value is malformed.</summary>
    BadOption = 7,

    /// <summary>The command could not be started.</summary>
    CannotStart = 8,

    /// <summary>The command ran and no .NET runtime loaded the profiler: nothing was recorded. The exit code is the command's own.</summary>
    NothingRecorded = 9,

    /// <summary>The disk is full while writing the output.</summary>
    DiskFull = 10,

    /// <summary>A file of ours is missing: the profiler library beside the command.</summary>
    BrokenInstallation = 11,
}

/// <summary>
/// An expected failure: bad file, no permission, dead process. The CLI turns it into one line (<c>error VZ0004: x.json: …</c>) and an exit
/// code; anything else that is thrown is a bug.
/// </summary>
public sealed class TraceException : Exception
{
    /// <summary>Creates one; <paramref name="message"/> is a sentence without a full stop that names file and byte offset where it can.</summary>
    public TraceException(ErrorId id, string message, Exception? inner = null)
        : base(message, inner) => Id = id;

    /// <summary>Which failure.</summary>
    public ErrorId Id { get; }

    /// <summary>Exit code of the command when this ends it; see the README's table.</summary>
    public int ExitCode => Id switch
    {
        ErrorId.BadOption or ErrorId.UnknownFormat => 64,
        ErrorId.BadInput or ErrorId.WrongVersion => 65,
        ErrorId.NotFound => 66,
        ErrorId.BrokenInstallation => 70,
        ErrorId.BadOutput or ErrorId.DiskFull => 73,
        ErrorId.NoPermission => 77,
        ErrorId.CannotStart => 127,
        _ => 70,
    };
}
