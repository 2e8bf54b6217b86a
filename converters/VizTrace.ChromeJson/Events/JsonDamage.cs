namespace VizTrace.ChromeJson.Events;

/// <summary>Ends a reading at a byte: damage, or the end of the file where it must not be. Never leaves <see cref="TraceScan.Run"/>.</summary>
internal sealed class JsonDamage(string what, long offset, bool isCut) : Exception(what)
{
    /// <summary>Byte of the (uncompressed) file.</summary>
    public long Offset { get; } = offset;

    /// <summary>Whether the file is cut short there, and not damaged.</summary>
    public bool IsCut { get; } = isCut;
}
