using System.IO.Compression;
using VizTrace.ChromeJson.Editing;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson;

/// <summary>Writing the trace anew.</summary>
public sealed partial class ChromeJsonTrace
{
    /// <inheritdoc />
    public void Rewrite(Stream output, IEventJudge judge, Ledger ledger, RewriteOptions options, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(options);
        if (!_wasRead)
            throw new InvalidOperationException("a trace is written anew that was not read before");
        using Stream text = OpenText(progress);
        using Stream? packed = options.Compress ?? IsCompressed ? new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true) : null;
        var buffered = new JsonOutput(packed ?? output);
        new RewriteScan(text, this, buffered, judge, ledger).Run();
        buffered.Flush();
    }
}
