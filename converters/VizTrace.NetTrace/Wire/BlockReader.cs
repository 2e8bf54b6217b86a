using System.Buffers.Binary;
using VizTrace.Model;

namespace VizTrace.NetTrace.Wire;

/// <summary>
/// Takes a .nettrace file apart into its blocks, one at a time in one buffer: version 6, and versions 4 and 5 that wrap each block in an
/// object of FastSerialization (FORMAT.md).
/// </summary>
internal sealed class BlockReader(Stream stream, string name)
{
    /// <summary>Blocks are about 100 KB, 16 MB at most in version 6: a length beyond this lies.</summary>
    private const int LargestBlock = 1 << 26;

    private const byte NullReference = 1;
    private const byte BeginObject = 5;
    private const byte EndObject = 6;

    private byte[] _block = new byte[1 << 17];

    /// <summary>Whether the file is version 6.</summary>
    public bool IsVersion6 { get; private set; }

    /// <summary>Bytes read of the file.</summary>
    public long Offset { get; private set; }

    /// <summary>Where the block begins that was read last.</summary>
    public long BlockOffset { get; private set; }

    /// <summary>What ended the reading before the file's proper end; null: nothing.</summary>
    public string? Damage { get; private set; }

    /// <summary>Whether <see cref="Damage"/> is that the file ends in the middle.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Whether these are the first bytes of a .nettrace file.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> start) => start.StartsWith("Nettrace"u8);

    /// <summary>Reads the file's first bytes.</summary>
    /// <exception cref="TraceException"><see cref="ErrorId.BadInput"/>: not this format, or a version that is not known.</exception>
    public void Begin()
    {
        Span<byte> start = stackalloc byte[32];
        int length = Fill(start[..20]);
        if (!Recognizes(start[..length]))
            throw new TraceException(ErrorId.BadInput, $"{name}: no .nettrace file: byte 0 is not the start of 'Nettrace'");
        if (length < 20)
        {
            Cut();
            return;
        }

        uint reserved = BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (reserved == 0)
        {
            uint major = BinaryPrimitives.ReadUInt32LittleEndian(start[12..]);
            if (major != 6)
                throw new TraceException(ErrorId.BadInput, $"{name}: version {major} of .nettrace at byte 12 is not known; versions 4, 5 and 6 are");
            IsVersion6 = true;
            return;
        }

        length = 20 + Fill(start[20..]);
        if (!start[12..length].SequenceEqual("!FastSerialization.1"u8[..Math.Max(0, length - 12)]))
            throw new TraceException(ErrorId.BadInput, $"{name}: byte 12 is neither a version nor '!FastSerialization.1'");
        if (length < start.Length)
            Cut();
    }

    /// <summary>The next block; <paramref name="payload"/> is valid until the next call. False: the file is at its end, or cut or damaged (<see cref="Damage"/>).</summary>
    public bool Next(out BlockKind kind, out ReadOnlySpan<byte> payload)
    {
        payload = [];
        kind = BlockKind.End;
        BlockOffset = Offset;
        return Damage is null && (IsVersion6 ? Next6(ref kind, ref payload) : NextObject(ref kind, ref payload));
    }

    private bool Next6(ref BlockKind kind, ref ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[4];
        if (Fill(head) < 4)
            return Cut();
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(head);
        kind = word >> 24 <= (uint)BlockKind.LabelList ? (BlockKind)(word >> 24) : BlockKind.Unknown;
        return kind != BlockKind.End && Payload((int)(word & 0xFF_FFFF), ref payload);
    }

    private bool NextObject(ref BlockKind kind, ref ReadOnlySpan<byte> payload)
    {
        // Begin, begin of its type, null (the type's type), version, least reader's version, length of the name.
        Span<byte> head = stackalloc byte[15];
        if (Fill(head[..1]) < 1)
            return Cut();
        if (head[0] == NullReference)
            return false;
        if (Fill(head[1..]) < 14)
            return Cut();
        int nameLength = BinaryPrimitives.ReadInt32LittleEndian(head[11..]);
        if (head[0] != BeginObject || head[1] != BeginObject || head[2] != NullReference || nameLength is < 1 or > 64)
            return Spoil("no block begins here");
        int leastReader = BinaryPrimitives.ReadInt32LittleEndian(head[7..]);
        Span<byte> typeName = stackalloc byte[65];
        if (Fill(typeName[..(nameLength + 1)]) < nameLength + 1)
            return Cut();
        if (typeName[nameLength] != EndObject)
            return Spoil("a block's type has no end");
        kind = Kind(typeName[..nameLength]);
        if (kind == BlockKind.Trace && leastReader > 5)
            throw new TraceException(ErrorId.BadInput, $"{name}: the trace at byte {BlockOffset} wants a reader of version {leastReader}");

        int size = 48;
        if (kind != BlockKind.Trace)
        {
            if (Fill(head[..4]) < 4)
                return Cut();
            size = BinaryPrimitives.ReadInt32LittleEndian(head);
            int padding = (int)(-Offset & 3);
            if (Fill(head[..padding]) < padding)
                return Cut();
        }

        if (!Payload(size, ref payload))
            return false;
        if (Fill(head[..1]) < 1)
        {
            // The block itself is whole: the cut is told at the next one.
            return true;
        }

        return head[0] == EndObject || Spoil("a block is longer than it says");
    }

    private static BlockKind Kind(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("EventBlock"u8) ? BlockKind.Event
        : type.SequenceEqual("MetadataBlock"u8) ? BlockKind.Metadata
        : type.SequenceEqual("StackBlock"u8) ? BlockKind.Stack
        : type.SequenceEqual("SPBlock"u8) ? BlockKind.SequencePoint
        : type.SequenceEqual("Trace"u8) ? BlockKind.Trace
        : BlockKind.Unknown;

    private bool Payload(int size, ref ReadOnlySpan<byte> payload)
    {
        if (size is < 0 or > LargestBlock)
            return Spoil($"a block says that it has {size} bytes");
        for (int length = 0; length < size;)
        {
            // What is not there is not made room for.
            if (length == _block.Length)
                Array.Resize(ref _block, Math.Min(LargestBlock, _block.Length * 2));
            int part = Math.Min(size, _block.Length) - length;
            int got = Fill(_block.AsSpan(length, part));
            length += got;
            if (got < part)
            {
                // Events of a block that is cut are whole up to the cut.
                payload = _block.AsSpan(0, length);
                Cut();
                return true;
            }
        }

        payload = _block.AsSpan(0, size);
        return true;
    }

    private int Fill(Span<byte> into)
    {
        int length;
        try
        {
            length = stream.ReadAtLeast(into, into.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            // A compressed stream that is damaged: what it gave before is read.
            Damage = $"{name}: the compressed data is damaged behind byte {Offset}: {e.Message}";
            length = 0;
        }

        Offset += length;
        return length;
    }

    private bool Cut()
    {
        Damage ??= $"{name}: the file ends at byte {Offset} in the middle of the block at byte {BlockOffset}";
        IsTruncated = true;
        return false;
    }

    private bool Spoil(string what)
    {
        Damage = $"{name}: damaged at byte {BlockOffset}: {what}; nothing behind it was read";
        return false;
    }
}
