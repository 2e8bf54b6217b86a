namespace VizTrace.Profiler.Rewriting;

/// <summary>
/// Walks the blobs of ECMA-335 II.23.2 as far as the rewriter needs: where the return type of a method begins and ends, and the count in
/// a LocalVarSig. Damaged blobs make it fail, never throw.
/// </summary>
internal ref struct SignatureReader
{
    private const int DeepestNesting = 64;

    private readonly ReadOnlySpan<byte> _blob;
    private int _position;
    private bool _failed;

    private SignatureReader(ReadOnlySpan<byte> blob) => _blob = blob;

    /// <summary>Whether the method has a <c>this</c> that is not among its declared parameters.</summary>
    public static bool HasImplicitThis(ReadOnlySpan<byte> methodSignature) =>
        methodSignature.Length > 0 && (methodSignature[0] & (HasThis | ExplicitThis)) == HasThis;

    /// <summary>
    /// Finds the return type of a MethodDefSig, without the custom modifiers that stand before it (<c>init</c> accessors and
    /// <c>ref readonly</c> have them; a local needs none). <paramref name="type"/> is empty for void. False when the blob is damaged.
    /// </summary>
    public static bool TryReturnType(ReadOnlySpan<byte> methodSignature, out ReadOnlySpan<byte> type)
    {
        type = default;
        var reader = new SignatureReader(methodSignature);
        if ((reader.Byte() & Generic) != 0)
            reader.Compressed();
        reader.Compressed();
        reader.SkipModifiers();
        if (reader._failed)
            return false;
        if (reader.Peek() == Void)
            return true;
        int start = reader._position;
        reader.SkipType(0);
        if (reader._failed)
            return false;
        type = methodSignature[start..reader._position];
        return true;
    }

    /// <summary>Number of locals in a LocalVarSig and the bytes of their types. False when the blob is none.</summary>
    public static bool TryLocals(ReadOnlySpan<byte> localsSignature, out int count, out ReadOnlySpan<byte> types)
    {
        var reader = new SignatureReader(localsSignature);
        bool isLocals = reader.Byte() == LocalSignature;
        count = reader.Compressed();
        types = reader._failed ? default : localsSignature[reader._position..];
        return isLocals && !reader._failed;
    }

    /// <summary>
    /// Index of the first of <paramref name="count"/> locals whose type is <paramref name="type"/>, byte for byte; -1 when there is none. A
    /// pinned one is another type: what it holds is not to be moved, and not to be kept from moving either.
    /// </summary>
    public static int FindLocal(ReadOnlySpan<byte> types, int count, ReadOnlySpan<byte> type)
    {
        var reader = new SignatureReader(types);
        for (int i = 0; i < count; i++)
        {
            int start = reader._position;
            bool pinned = reader.SkipConstraints();
            reader.SkipType(0);
            if (reader._failed)
                return -1;
            if (!pinned && types[start..reader._position].SequenceEqual(type))
                return i;
        }

        return -1;
    }

    /// <summary>Writes a compressed number below 2^29; returns its length.</summary>
    public static int WriteCompressed(Span<byte> to, int value)
    {
        if (value < 0x80)
        {
            to[0] = (byte)value;
            return 1;
        }

        if (value < 0x4000)
        {
            to[0] = (byte)(0x80 | (value >> 8));
            to[1] = (byte)value;
            return 2;
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(to, 0xC0000000 | (uint)value);
        return 4;
    }

    /// <summary>First byte of a LocalVarSig.</summary>
    public const byte LocalSignature = 0x07;

    private const byte HasThis = 0x20, ExplicitThis = 0x40, Generic = 0x10, Void = 0x01, Sentinel = 0x41, Pinned = 0x45;

    private void SkipType(int depth)
    {
        if (depth > DeepestNesting)
        {
            _failed = true;
            return;
        }

        switch (Byte())
        {
            case >= 0x01 and <= 0x0E: // void .. string
            case 0x16: // typedbyref
            case 0x18: // native int
            case 0x19: // native uint
            case 0x1C: // object
                break;
            case 0x0F: // pointer
            case 0x10: // byref
            case 0x1D: // vector
                SkipModifiers();
                SkipType(depth + 1);
                break;
            case 0x11: // value type
            case 0x12: // class
            case 0x13: // type parameter of the type
            case 0x1E: // type parameter of the method
                Compressed();
                break;
            case 0x14:
                SkipArray(depth);
                break;
            case 0x15:
                SkipInstantiation(depth);
                break;
            case 0x1B:
                SkipMethod(depth);
                break;
            case 0x1F: // modifiers may stand inside a type too
            case 0x20:
                Compressed();
                SkipType(depth + 1);
                break;
            default:
                _failed = true;
                break;
        }
    }

    private void SkipArray(int depth)
    {
        SkipType(depth + 1);
        Compressed();
        for (int part = 0; part < 2; part++)
        {
            // Sizes, then lower bounds; those are signed, but of the same length.
            for (int left = Compressed(); left > 0 && !_failed; left--)
                Compressed();
        }
    }

    private void SkipInstantiation(int depth)
    {
        Byte();
        Compressed();
        for (int left = Compressed(); left > 0 && !_failed; left--)
            SkipType(depth + 1);
    }

    private void SkipMethod(int depth)
    {
        if ((Byte() & Generic) != 0)
            Compressed();
        int parameters = Compressed();
        for (int left = parameters + 1; left > 0 && !_failed; left--)
        {
            if (Peek() == Sentinel)
                Byte();
            SkipModifiers();
            SkipType(depth + 1);
        }
    }

    /// <summary>Custom modifiers and <c>pinned</c>, in any order; whether it was among them.</summary>
    private bool SkipConstraints()
    {
        bool pinned = false;
        while (Peek() is 0x1F or 0x20 or Pinned)
        {
            if (Byte() == Pinned)
                pinned = true;
            else
                Compressed();
        }

        return pinned;
    }

    private void SkipModifiers()
    {
        while (Peek() is 0x1F or 0x20)
        {
            Byte();
            Compressed();
        }
    }

    private readonly int Peek() => _position < _blob.Length ? _blob[_position] : -1;

    private int Byte()
    {
        if (_position < _blob.Length)
            return _blob[_position++];
        _failed = true;
        return 0;
    }

    private int Compressed()
    {
        int first = Byte();
        if ((first & 0x80) == 0)
            return first;
        if ((first & 0x40) == 0)
            return ((first & 0x3F) << 8) | Byte();
        if ((first & 0x20) != 0)
            _failed = true;
        return ((first & 0x1F) << 24) | (Byte() << 16) | (Byte() << 8) | Byte();
    }
}
