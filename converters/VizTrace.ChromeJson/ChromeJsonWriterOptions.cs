namespace VizTrace.ChromeJson;

/// <summary>How to write Chrome JSON.</summary>
public sealed record ChromeJsonWriterOptions
{
    /// <summary>Whether to gzip the output (<c>.json.gz</c>, which ui.perfetto.dev opens as it is). Default: no.</summary>
    public bool Compress { get; init; }

    /// <summary>Whether the stream stays open when the writer is disposed. Default: no.</summary>
    public bool LeaveOpen { get; init; }
}
