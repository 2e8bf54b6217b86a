using VizTrace.Model.Events;
using VizTrace.Perfetto.Editing;

namespace VizTrace.Perfetto.Events;

public sealed partial class PerfettoTrace
{
    /// <inheritdoc/>
    public void Rewrite(Stream output, IEventJudge judge, Ledger ledger, RewriteOptions options, Action<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(options);
        if (!_isRead) throw new InvalidOperationException("The trace has not been read yet: its rows are not known");
        using var stream = _open();
        var target = new PacketOutput(output, options.Compress);
        var rewriter = new PacketRewriter(this, judge, target);
        var walker = new PacketWalker(stream, null, progress);
        walker.Walk(rewriter);
        rewriter.Append(ledger);
        target.Finish();
    }
}
