using System.Buffers.Binary;

namespace VizTrace.Profiler.Rewriting;

/// <summary>One exception clause; offsets and lengths in bytes of IL.</summary>
internal struct ExceptionClause
{
    /// <summary>A filter clause: <see cref="ClassTokenOrFilter"/> is the filter's offset.</summary>
    public const uint Filter = 1;

    /// <summary>A finally clause.</summary>
    public const uint Finally = 2;

    /// <summary>0 catch, <see cref="Filter"/>, <see cref="Finally"/>, 4 fault.</summary>
    public uint Flags;

    /// <summary>Start of the protected region.</summary>
    public int TryOffset;

    /// <summary>Its length.</summary>
    public int TryLength;

    /// <summary>Start of the handler.</summary>
    public int HandlerOffset;

    /// <summary>Its length.</summary>
    public int HandlerLength;

    /// <summary>Type token of a catch, offset of a filter's code, else 0 or anything.</summary>
    public uint ClassTokenOrFilter;

    /// <summary>Whether the instruction at <paramref name="offset"/> lies in the try, the handler or the filter.</summary>
    public readonly bool Covers(int offset) =>
        (offset >= TryOffset && offset < TryOffset + TryLength)
        || (offset >= HandlerOffset && offset < HandlerOffset + HandlerLength)
        || (Flags == Filter && offset >= (int)ClassTokenOrFilter && offset < HandlerOffset);
}

/// <summary>Reads and writes the sections behind a method's code (ECMA-335 II.25.4.5). Sections of other kinds are left out.</summary>
internal static class ExceptionClauses
{
    private const int SmallClause = 12, FatClause = 24, SectionHeader = 4;
    private const int KindMask = 0x3F, KindExceptions = 1, FatFormat = 0x40, More = 0x80;
    private const int MostSmallClauses = (255 - SectionHeader) / SmallClause;

    /// <summary>
    /// Reads the sections, whose first begins at the next multiple of 4 from <paramref name="position"/>, into
    /// <paramref name="clauses"/> (grown when too short); returns their number, or -1 when a section is damaged.
    /// </summary>
    public static int Read(ReadOnlySpan<byte> body, int position, ref ExceptionClause[] clauses)
    {
        int count = 0;
        while (true)
        {
            position = (position + 3) & ~3;
            if (position > body.Length - SectionHeader)
                return -1;
            int kind = body[position];
            bool fat = (kind & FatFormat) != 0;
            int bytes = fat ? (int)(BinaryPrimitives.ReadUInt32LittleEndian(body[position..]) >> 8) : body[position + 1];
            if ((kind & KindMask) == KindExceptions)
            {
                // Some compilers leave the header out of the size: it is the number of whole clauses that counts, as in the runtime.
                int clauseBytes = fat ? FatClause : SmallClause;
                int here = bytes / clauseBytes;
                if (body.Length - position - SectionHeader < here * clauseBytes)
                    return -1;
                if (count + here >= clauses.Length)
                    Array.Resize(ref clauses, count + here + 8);
                ReadOnlySpan<byte> at = body[(position + SectionHeader)..];
                for (int i = 0; i < here; i++, at = at[clauseBytes..])
                    clauses[count++] = fat ? ReadFat(at) : ReadSmall(at);
                bytes = SectionHeader + (here * clauseBytes);
            }

            if ((kind & More) == 0)
                return count;
            if (bytes < SectionHeader || bytes > body.Length - position)
                return -1;
            position += bytes;
        }
    }

    /// <summary>Length of the one section that <see cref="Write"/> will write.</summary>
    public static int Length(ReadOnlySpan<ExceptionClause> clauses) =>
        SectionHeader + (clauses.Length * (FitSmall(clauses) ? SmallClause : FatClause));

    /// <summary>Writes all clauses as one section at the start of <paramref name="to"/>, in the small form when they fit.</summary>
    public static void Write(Span<byte> to, ReadOnlySpan<ExceptionClause> clauses)
    {
        bool small = FitSmall(clauses);
        BinaryPrimitives.WriteInt32LittleEndian(to, small ? KindExceptions : KindExceptions | FatFormat);
        int bytes = Length(clauses);
        if (small)
            to[1] = (byte)bytes;
        else
            BinaryPrimitives.WriteInt32LittleEndian(to, KindExceptions | FatFormat | (bytes << 8));
        to = to[SectionHeader..];
        foreach (ref readonly ExceptionClause clause in clauses)
        {
            if (small)
                WriteSmall(to, in clause);
            else
                WriteFat(to, in clause);
            to = to[(small ? SmallClause : FatClause)..];
        }
    }

    /// <summary>The most clauses a section can hold: its length has 24 bits.</summary>
    public const int MostClauses = ((1 << 24) - 1 - SectionHeader) / FatClause;

    private static bool FitSmall(ReadOnlySpan<ExceptionClause> clauses)
    {
        if (clauses.Length > MostSmallClauses)
            return false;
        foreach (ref readonly ExceptionClause clause in clauses)
        {
            if ((clause.TryOffset | clause.HandlerOffset) > ushort.MaxValue || (clause.TryLength | clause.HandlerLength) > byte.MaxValue)
                return false;
        }

        return true;
    }

    private static ExceptionClause ReadSmall(ReadOnlySpan<byte> at) => new()
    {
        Flags = BinaryPrimitives.ReadUInt16LittleEndian(at),
        TryOffset = BinaryPrimitives.ReadUInt16LittleEndian(at[2..]),
        TryLength = at[4],
        HandlerOffset = BinaryPrimitives.ReadUInt16LittleEndian(at[5..]),
        HandlerLength = at[7],
        ClassTokenOrFilter = BinaryPrimitives.ReadUInt32LittleEndian(at[8..]),
    };

    private static ExceptionClause ReadFat(ReadOnlySpan<byte> at) => new()
    {
        Flags = BinaryPrimitives.ReadUInt32LittleEndian(at),
        TryOffset = BinaryPrimitives.ReadInt32LittleEndian(at[4..]),
        TryLength = BinaryPrimitives.ReadInt32LittleEndian(at[8..]),
        HandlerOffset = BinaryPrimitives.ReadInt32LittleEndian(at[12..]),
        HandlerLength = BinaryPrimitives.ReadInt32LittleEndian(at[16..]),
        ClassTokenOrFilter = BinaryPrimitives.ReadUInt32LittleEndian(at[20..]),
    };

    private static void WriteSmall(Span<byte> to, in ExceptionClause clause)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)clause.Flags);
        BinaryPrimitives.WriteUInt16LittleEndian(to[2..], (ushort)clause.TryOffset);
        to[4] = (byte)clause.TryLength;
        BinaryPrimitives.WriteUInt16LittleEndian(to[5..], (ushort)clause.HandlerOffset);
        to[7] = (byte)clause.HandlerLength;
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], clause.ClassTokenOrFilter);
    }

    private static void WriteFat(Span<byte> to, in ExceptionClause clause)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, clause.Flags);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], clause.TryOffset);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], clause.TryLength);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], clause.HandlerOffset);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], clause.HandlerLength);
        BinaryPrimitives.WriteUInt32LittleEndian(to[20..], clause.ClassTokenOrFilter);
    }
}
