using VizTrace.Records;

namespace VizTrace.Capture;

/// <summary>Bytes of a journal or ledger that are no whole entry: torn, damaged, or zeros that a crash of the machine left.</summary>
/// <param name="At">Offset of the first.</param>
/// <param name="Bytes">How many.</param>
/// <param name="IsEnd">Whether nothing sound follows.</param>
internal readonly record struct Hole(int At, int Bytes, bool IsEnd)
{
    /// <summary>What is told of it.</summary>
    public override string ToString() => IsEnd ? $"torn at byte {At}, the rest was dropped" : $"damaged at byte {At}: {Bytes} bytes were passed over";
}

/// <summary>
/// The whole entries of a journal or ledger, one after another. Behind what is torn or damaged it goes on at the next entry that fits, and
/// adds the hole to the list given.
/// </summary>
internal ref struct EntryScanner(ReadOnlySpan<byte> bytes, List<Hole> holes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _next;

    /// <summary>Next entry, and the offset at which it begins; false at the end.</summary>
    public bool TryNext(out uint kind, out ReadOnlySpan<byte> payload, out int offset)
    {
        offset = _next;
        if (!Entry.TryRead(_bytes[_next..], out kind, out payload, out int length) || kind == 0)
        {
            offset = Entry.FindNext(_bytes, _next);
            int end = offset < 0 ? _bytes.Length : offset;
            if (end > _next)
                holes.Add(new Hole(_next, end - _next, IsEnd: offset < 0));
            _next = end;
            if (offset < 0)
                return false;
            _ = Entry.TryRead(_bytes[_next..], out kind, out payload, out length);
        }

        _next += length;
        return true;
    }
}
