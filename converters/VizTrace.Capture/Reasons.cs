using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>Short and stable texts for what the records say by number.</summary>
internal static class Reasons
{
    /// <summary>Why a method has no slices.</summary>
    public static string Of(NotRecordedReason reason) => reason switch
    {
        NotRecordedReason.NoBody => "no body",
        NotRecordedReason.UndecodableBody => "undecodable body",
        NotRecordedReason.TooLarge => "too large",
        NotRecordedReason.RuntimeAsync => "runtime async",
        NotRecordedReason.RuntimeCritical => "runtime critical",
        NotRecordedReason.Dynamic => "dynamic",
        NotRecordedReason.RuntimeRefused => "runtime refused",
        NotRecordedReason.TooManyFunctions => "too many functions",
        NotRecordedReason.ControlFlow => "control flow",
        NotRecordedReason.Hidden => "hidden",
        NotRecordedReason.Ignored => "ignored (with all it calls)",
        _ => "unknown",
    };

    /// <summary>Why recording stopped before the program did.</summary>
    public static string Of(StopReason reason) => reason switch
    {
        StopReason.SizeLimit => "size limit",
        StopReason.DiskFull => "disk full",
        StopReason.WriteFailed => "write failed",
        StopReason.RecorderLeft => "recorder left",
        StopReason.RecorderDied => "recorder died",
        _ => "unknown",
    };
}
