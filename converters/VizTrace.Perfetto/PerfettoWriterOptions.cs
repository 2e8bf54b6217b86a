namespace VizTrace.Perfetto;

/// <summary>How <see cref="PerfettoWriter"/> writes.</summary>
public sealed record PerfettoWriterOptions
{
    /// <summary>Pack the packets with zlib into <c>compressed_packets</c>. Default true: a tenth of the size, and viewers open it as it is.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>
    /// Threads that compress and write beside the caller's, 0 to 16; 0: all is done inside the calls. Default 1 when there is more than one
    /// core: then encoding and compressing take about the same time. The bytes written are the same for every number.
    /// </summary>
    public int CompressionThreads { get; init; } = Environment.ProcessorCount > 1 ? 1 : 0;
}
