using VizTrace.Perfetto.Deflate;

namespace VizTrace.Perfetto.Writing;

/// <summary>Packets that are compressed and written together: their bytes, and the LZ77 steps that yield those bytes.</summary>
internal sealed class Chunk
{
    /// <summary>Bytes behind the last event that may be overwritten: events are stored in whole vectors.</summary>
    public const int Slack = 64;

    // No event without flags is longer.
    private const int LongestEvent = 48;

    /// <summary>Creates an empty chunk for about <paramref name="rawCapacity"/> bytes and <paramref name="opCapacity"/> steps.</summary>
    public Chunk(int rawCapacity, int opCapacity)
    {
        Raw = new byte[rawCapacity + Slack];
        Ops = new ulong[opCapacity];
    }

    /// <summary>The packets, each with its tag and length.</summary>
    public byte[] Raw { get; private set; }

    /// <summary>Bytes of <see cref="Raw"/> in use.</summary>
    public int RawLength { get; set; }

    /// <summary>Steps; see <see cref="LzOp"/>.</summary>
    public ulong[] Ops { get; private set; }

    /// <summary>Steps of <see cref="Ops"/> in use.</summary>
    public int OpCount { get; set; }

    /// <summary>Bytes of packets other than events.</summary>
    public int OtherBytes { get; set; }

    /// <summary>Place of the chunk in the file, counted from 0.</summary>
    public long Ticket { get; set; }

    /// <summary>How many events of one or two steps each surely fit.</summary>
    public int RoomForEvents => Math.Max(0, Math.Min((Raw.Length - Slack - RawLength) / LongestEvent, (Ops.Length - OpCount) / 2));

    /// <summary>Whether <paramref name="bytes"/> more fit, in as many steps.</summary>
    public bool HasRoom(int bytes) => Raw.Length - Slack - RawLength >= bytes && Ops.Length - OpCount >= bytes;

    /// <summary>Makes room for a packet larger than a chunk should be.</summary>
    public void Grow(int bytes)
    {
        var (raw, ops) = (Raw, Ops);
        Array.Resize(ref raw, RawLength + bytes + Slack);
        Array.Resize(ref ops, OpCount + bytes);
        (Raw, Ops) = (raw, ops);
    }

    /// <summary>Empties it for reuse.</summary>
    public void Clear() => RawLength = OpCount = OtherBytes = 0;
}
