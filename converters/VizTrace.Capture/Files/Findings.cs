namespace VizTrace.Capture;

/// <summary>What went wrong or is odd, gathered while a capture is read; becomes the summary. Not thread-safe.</summary>
internal sealed class Findings
{
    private readonly List<string> _remarks = [];

    /// <summary>Torn or damaged pieces that were dropped.</summary>
    public long DroppedPieces { get; private set; }

    /// <summary>Lines for people.</summary>
    public IReadOnlyList<string> Remarks => _remarks;

    /// <summary>Adds a line.</summary>
    public void Remark(string text) => _remarks.Add(text);

    /// <summary>Counts <paramref name="count"/> dropped pieces and says which.</summary>
    public void Dropped(long count, string text)
    {
        DroppedPieces += count;
        _remarks.Add(text);
    }
}
