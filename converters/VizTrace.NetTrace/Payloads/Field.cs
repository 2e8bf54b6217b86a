using VizTrace.NetTrace.Wire;

namespace VizTrace.NetTrace.Payloads;

/// <summary>How a field of a payload is encoded; numbers as in the file, those from 100 are this reader's own.</summary>
internal enum FieldCode : byte
{
    Object = 1,
    Boolean = 3,
    Utf16Unit = 4,
    SByte = 5,
    Byte = 6,
    Int16 = 7,
    UInt16 = 8,
    Int32 = 9,
    UInt32 = 10,
    Int64 = 11,
    UInt64 = 12,
    Single = 13,
    Double = 14,
    DateTime = 16,
    Guid = 17,
    Text = 18,
    Array = 19,
    VarInt = 20,
    VarUInt = 21,
    FixedArray = 22,
    Utf8Unit = 23,
    RelativeArray = 24,
    DataArray = 25,

    /// <summary>An address of the traced program.</summary>
    Pointer = 100,

    /// <summary>A date as 100 ns since 1601 (versions 4 and 5).</summary>
    FileTime = 101,

}

/// <summary>One field of a payload.</summary>
/// <param name="Name">Its name, UTF-8.</param>
/// <param name="Code">How it is encoded.</param>
internal sealed record Field(byte[] Name, FieldCode Code)
{
    /// <summary>Fields of an object.</summary>
    public Field[] Fields { get; init; } = [];

    /// <summary>Elements of an array.</summary>
    public Field? Element { get; init; }

    /// <summary>Number of elements of a <see cref="FieldCode.FixedArray"/>.</summary>
    public int Count { get; init; }

    /// <summary>Texts for the values from 0, UTF-8; null: it is a number.</summary>
    public byte[][]? Values { get; init; }
}

/// <summary>One kind of event: a row of the metadata table.</summary>
internal sealed class EventType(string provider, int id, string name, Field[] fields, int pointerSize)
{
    /// <summary>Who wrote it.</summary>
    public string Provider { get; } = provider;

    /// <summary>Its number within the provider.</summary>
    public int Id { get; } = id;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>The fields of its payload.</summary>
    public Field[] Fields { get; } = fields;

    /// <summary>1: it begins something, 2: it ends something.</summary>
    public byte Opcode { get; init; }

    /// <summary>Decodes its payload; null: it has no fields that are known.</summary>
    public PayloadReader? Reader { get; } = fields.Length == 0 ? null : new PayloadReader(fields, pointerSize);

    /// <summary>What the translation noted down for it.</summary>
    public Translation.Handling? Handling { get; set; }
}

/// <summary>Reads field definitions of metadata rows. Damage shows in the cursor.</summary>
internal static class FieldReader
{
    private const int MostFields = 1000;
    private const int Deepest = 16;

    /// <summary>Fields as versions 4 and 5 tell them; <paramref name="isSecond"/>: in the later form that knows arrays.</summary>
    public static Field[] Read4(ref SpanCursor cursor, bool isSecond, int depth = 0)
    {
        int count = cursor.Number<int>();
        if (count is < 0 or > MostFields || depth > Deepest)
        {
            cursor.Bytes(-1);
            return [];
        }

        var fields = new List<Field>();
        for (int i = 0; i < count && !cursor.Failed; i++)
        {
            if (isSecond)
            {
                int size = cursor.Number<int>();
                int end = cursor.Position - 4 + size;
                byte[] name = Utf16Text.ToUtf8(cursor.Utf16());
                fields.Add(Type4(ref cursor, name, isSecond: true, depth));
                cursor.Bytes(end - cursor.Position);
            }
            else
            {
                Field type = Type4(ref cursor, [], isSecond: false, depth);
                fields.Add(type with { Name = Utf16Text.ToUtf8(cursor.Utf16()) });
            }
        }

        return [.. fields];
    }

    /// <summary>Fields as version 6 tells them.</summary>
    public static Field[] Read6(ref SpanCursor cursor, int depth = 0)
    {
        int count = cursor.Number<ushort>();
        if (depth > Deepest)
            cursor.Bytes(-1);
        var fields = new List<Field>();
        for (int i = 0; i < count && !cursor.Failed; i++)
        {
            int size = cursor.Number<ushort>();
            int end = cursor.Position + size;
            byte[] name = cursor.Utf8().ToArray();
            fields.Add(Type6(ref cursor, name, depth));
            cursor.Bytes(end - cursor.Position);
        }

        return [.. fields];
    }

    private static Field Type4(ref SpanCursor cursor, byte[] name, bool isSecond, int depth)
    {
        int code = cursor.Number<int>();
        switch (code)
        {
            case (int)FieldCode.Object:
                return new Field(name, FieldCode.Object) { Fields = Read4(ref cursor, isSecond, depth + 1) };
            case (int)FieldCode.Array when isSecond && depth < Deepest:
                return new Field(name, FieldCode.Array) { Element = Type4(ref cursor, [], isSecond, depth + 1) };
            case (int)FieldCode.DateTime:
                return new Field(name, FieldCode.FileTime);
            case >= (int)FieldCode.Boolean and <= (int)FieldCode.Text and not 15:
                return new Field(name, (FieldCode)code);
            default:
                cursor.Bytes(-1);
                return new Field(name, FieldCode.Byte);
        }
    }

    private static Field Type6(ref SpanCursor cursor, byte[] name, int depth)
    {
        var code = (FieldCode)cursor.Number<byte>();
        switch (code)
        {
            case FieldCode.Object:
                return new Field(name, code) { Fields = Read6(ref cursor, depth + 1) };
            case FieldCode.Array or FieldCode.FixedArray or FieldCode.RelativeArray or FieldCode.DataArray when depth < Deepest:
                Field element = Type6(ref cursor, [], depth + 1);
                return new Field(name, code) { Element = element, Count = code == FieldCode.FixedArray ? cursor.Number<ushort>() : 0 };
            case (>= FieldCode.Boolean and <= FieldCode.Text and not (FieldCode)15) or FieldCode.VarInt or FieldCode.VarUInt or FieldCode.Utf8Unit:
                return new Field(name, code);
            default:
                cursor.Bytes(-1);
                return new Field(name, FieldCode.Byte);
        }
    }
}
