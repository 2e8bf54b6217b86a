using System.Diagnostics.CodeAnalysis;

namespace VizTrace.NetTrace.Wire;

/// <summary>What stands before an event's payload, of any version.</summary>
internal struct EventHeader
{
    public uint MetadataId;
    public uint Sequence;
    public ulong CaptureThread;
    public ulong Thread;
    public uint StackId;
    public long Ticks;
    public Guid Activity;
    public Guid RelatedActivity;
    public uint LabelList;
    public uint PayloadLength;
    public bool IsSorted;

    private uint _processor;

    /// <summary>Reads the next header of a block, compressed: fields that are missing are as in the one before.</summary>
    public void ReadCompressed(ref SpanCursor cursor, bool isVersion6)
    {
        byte flags = cursor.Number<byte>();
        if ((flags & 1) != 0)
            MetadataId = (uint)cursor.VarUInt();
        if ((flags & 2) != 0)
        {
            Sequence += (uint)cursor.VarUInt();
            CaptureThread = cursor.VarUInt();
            _processor = (uint)cursor.VarUInt();
        }

        // Rows of a version 4 metadata block are headed like events and are not counted.
        if (isVersion6 || MetadataId != 0)
            Sequence++;
        if ((flags & 4) != 0)
            Thread = cursor.VarUInt();
        if ((flags & 8) != 0)
            StackId = (uint)cursor.VarUInt();
        Ticks = unchecked(Ticks + (long)cursor.VarUInt());
        if ((flags & 16) != 0)
        {
            if (isVersion6)
                LabelList = (uint)cursor.VarUInt();
            else
                Activity = cursor.Number<Guid>();
        }

        if ((flags & 32) != 0 && !isVersion6)
            RelatedActivity = cursor.Number<Guid>();
        IsSorted = (flags & 64) != 0;
        if ((flags & 128) != 0)
            PayloadLength = (uint)cursor.VarUInt();
    }

    /// <summary>Reads a header that is not compressed.</summary>
    public void ReadPlain(ref SpanCursor cursor, bool isVersion6)
    {
        cursor.Number<uint>();
        uint id = cursor.Number<uint>();
        MetadataId = id & 0x7FFF_FFFF;
        IsSorted = id >> 31 != 0;
        Sequence = cursor.Number<uint>();
        Thread = cursor.Number<ulong>();
        CaptureThread = cursor.Number<ulong>();
        _processor = cursor.Number<uint>();
        StackId = cursor.Number<uint>();
        Ticks = cursor.Number<long>();
        if (isVersion6)
        {
            LabelList = cursor.Number<uint>();
        }
        else
        {
            Activity = cursor.Number<Guid>();
            RelatedActivity = cursor.Number<Guid>();
        }

        PayloadLength = cursor.Number<uint>();
    }
}

/// <summary>Goes through the events of an event block, or the rows of a version 4 metadata block.</summary>
internal ref struct EventBlobs
{
    private readonly bool _isVersion6;
    private readonly bool _isCompressed;
    private SpanCursor _cursor;
    private EventHeader _header;

    /// <summary>Begins with a block's first event.</summary>
    public EventBlobs(ReadOnlySpan<byte> block, bool isVersion6)
    {
        _isVersion6 = isVersion6;
        _cursor = new SpanCursor(block);
        short headerSize = _cursor.Number<short>();
        _isCompressed = (_cursor.Number<short>() & 1) != 0;
        _cursor.Bytes(headerSize - 4);
    }

    /// <summary>The header of the event that was read last.</summary>
    [UnscopedRef]
    public readonly ref readonly EventHeader Header => ref _header;

    /// <summary>Bytes of header and payload of the event that was read last.</summary>
    public int Length { get; private set; }

    /// <summary>Where in the block it stopped; an event that is cut or lies about its length begins there.</summary>
    public int Position { get; private set; }

    /// <summary>Whether the block is damaged or cut at <see cref="Position"/>.</summary>
    public readonly bool Failed => _cursor.Failed;

    /// <summary>The next event; false: there is none, or it is damaged.</summary>
    public bool Next(out ReadOnlySpan<byte> payload)
    {
        payload = [];
        Position = _cursor.Position;
        if (_cursor.Left == 0)
            return false;
        if (_isCompressed)
            _header.ReadCompressed(ref _cursor, _isVersion6);
        else
            _header.ReadPlain(ref _cursor, _isVersion6);
        payload = _cursor.Bytes(_header.PayloadLength);
        if (!_isCompressed && !_isVersion6)
        {
            // Padding to 4 bytes of the file; blocks begin at such a place. The last one of a block may lack it.
            int padding = -_cursor.Position & 3;
            _cursor.Bytes(Math.Min(padding, _cursor.Left));
        }

        Length = _cursor.Position - Position;
        return !_cursor.Failed;
    }
}
