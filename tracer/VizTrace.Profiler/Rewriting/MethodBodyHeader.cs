using System.Buffers.Binary;

namespace VizTrace.Profiler.Rewriting;

/// <summary>The head of a method body (ECMA-335 II.25.4), tiny or fat, and where its parts lie.</summary>
internal readonly struct MethodBodyHeader
{
    /// <summary>Length of a fat header.</summary>
    public const int FatBytes = 12;

    private const int TinyFormat = 2, FatFormat = 3, FormatMask = 3;

    /// <summary>More sections follow the code.</summary>
    public const int MoreSections = 0x08;

    /// <summary>Locals are zeroed.</summary>
    public const int InitLocals = 0x10;

    /// <summary>Length of the header in bytes.</summary>
    public int HeaderBytes { get; private init; }

    /// <summary>Length of the code in bytes.</summary>
    public int CodeBytes { get; private init; }

    /// <summary>Deepest evaluation stack.</summary>
    public int MaxStack { get; private init; }

    /// <summary>StandAloneSig token of the locals; 0: none.</summary>
    public uint LocalsToken { get; private init; }

    /// <summary><see cref="MoreSections"/> and <see cref="InitLocals"/>.</summary>
    public int Flags { get; private init; }

    /// <summary>Reads the header at the start of <paramref name="body"/>; false when it is none or the body ends before its code does.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out MethodBodyHeader header)
    {
        header = default;
        if (body.IsEmpty)
            return false;
        if ((body[0] & FormatMask) == TinyFormat)
        {
            header = new MethodBodyHeader { HeaderBytes = 1, CodeBytes = body[0] >> 2, MaxStack = 8 };
        }
        else if ((body[0] & FormatMask) == FatFormat && body.Length >= FatBytes)
        {
            int flags = BinaryPrimitives.ReadUInt16LittleEndian(body);
            uint code = BinaryPrimitives.ReadUInt32LittleEndian(body[4..]);
            if (code > int.MaxValue)
                return false;
            header = new MethodBodyHeader
            {
                HeaderBytes = (flags >> 12) * 4,
                CodeBytes = (int)code,
                MaxStack = BinaryPrimitives.ReadUInt16LittleEndian(body[2..]),
                LocalsToken = BinaryPrimitives.ReadUInt32LittleEndian(body[8..]),
                Flags = flags & (MoreSections | InitLocals),
            };
        }

        return header.HeaderBytes is 1 or FatBytes && header.CodeBytes > 0 && header.CodeBytes <= body.Length - header.HeaderBytes;
    }

    /// <summary>Writes a fat header.</summary>
    public static void Write(Span<byte> body, int flags, int maxStack, int codeBytes, uint localsToken)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(body, (ushort)(((FatBytes / 4) << 12) | flags | FatFormat));
        BinaryPrimitives.WriteUInt16LittleEndian(body[2..], (ushort)maxStack);
        BinaryPrimitives.WriteInt32LittleEndian(body[4..], codeBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], localsToken);
    }
}
