using System.Buffers.Binary;

namespace VizTrace.Perfetto.Writing;

/// <summary>A thread's packet sequence: what has been interned on it and where its clock stands.</summary>
internal sealed class Sequence
{
    private ulong[] _names = [];
    private ulong[] _categories = [];

    /// <summary>Creates a sequence.</summary>
    /// <param name="id">trusted_packet_sequence_id; not 0.</param>
    /// <param name="trackUuid">The thread's row.</param>
    public Sequence(uint id, ulong trackUuid)
    {
        Id = id;
        TrackUuid = trackUuid;
        Span<byte> head = stackalloc byte[16];
        head[0] = (byte)WireFormat.Tag(1, WireFormat.LengthDelimited);
        head[2] = (byte)WireFormat.Tag(10, WireFormat.Varint);
        HeadLength = WireFormat.PutVarint(head, 3, id);
        head[1] = (byte)(HeadLength - 2);
        Head = BinaryPrimitives.ReadUInt64LittleEndian(head);
    }

    /// <summary>trusted_packet_sequence_id.</summary>
    public uint Id { get; }

    /// <summary>The thread's row.</summary>
    public ulong TrackUuid { get; }

    /// <summary>
    /// First bytes of every event packet: tag and length of the packet, tag and value of the sequence id. The length (second byte) covers
    /// what is here; the rest of the packet is added to it.
    /// </summary>
    public ulong Head { get; }

    /// <summary>Bytes of <see cref="Head"/>, at most 8.</summary>
    public int HeadLength { get; }

    /// <summary>Where its clock stands: the time of the last event or of the clock's snapshot.</summary>
    public long LastTimeNs { get; set; }

    /// <summary>Whether short time stamps are stretched to two bytes: pays when many are that long anyway, for then all packets of a function are equal.</summary>
    public bool TwoByteTimes { get; set; }

    /// <summary>Chunk, counted from 1, in which its clock was last told; 0: nothing of it has been written.</summary>
    public long ToldInChunk { get; set; }

    /// <summary>Notes that a function is interned; false when it was already.</summary>
    public bool InternFunction(int id) => Set(ref _names, id);

    /// <summary>Notes that a category is interned; false when it was already.</summary>
    public bool InternCategory(int id) => Set(ref _categories, id);

    private static bool Set(ref ulong[] bits, int index)
    {
        var word = index >> 6;
        if (word >= bits.Length) Array.Resize(ref bits, Math.Max(word + 1, bits.Length * 2));
        var mask = 1UL << (index & 63);
        if ((bits[word] & mask) != 0) return false;
        bits[word] |= mask;
        return true;
    }
}
