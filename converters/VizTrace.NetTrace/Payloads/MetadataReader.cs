using System.Text;
using VizTrace.NetTrace.Wire;

namespace VizTrace.NetTrace.Payloads;

/// <summary>Reads rows of the metadata table: what kinds of events there are. The runtime's own events come without name and fields: <see cref="RuntimeEvents"/> knows them.</summary>
internal static class MetadataReader
{
    private const byte OpcodeTag = 1;
    private const byte SecondFieldsTag = 2;

    /// <summary>A row of versions 4 and 5; null: it is damaged.</summary>
    public static EventType? Read4(ReadOnlySpan<byte> row, int pointerSize, out uint metadataId)
    {
        var cursor = new SpanCursor(row);
        metadataId = cursor.Number<uint>();
        string provider = Text(cursor.Utf16());
        int id = cursor.Number<int>();
        string name = Text(cursor.Utf16());
        cursor.Number<long>();
        int version = cursor.Number<int>();
        cursor.Number<int>();
        if (cursor.Failed)
            return null;
        Field[] fields = FieldReader.Read4(ref cursor, isSecond: false);
        byte opcode = 0;
        while (cursor.Left >= 5)
        {
            int length = cursor.Number<int>();
            byte tag = cursor.Number<byte>();
            var inner = new SpanCursor(cursor.Bytes(length));
            if (tag == OpcodeTag)
                opcode = inner.Number<byte>();
            else if (tag == SecondFieldsTag)
                fields = FieldReader.Read4(ref inner, isSecond: true);
            if (inner.Failed)
                break;
        }

        return Make(provider, id, name, version, fields, opcode, pointerSize);
    }

    /// <summary>A row of version 6; null: it is damaged.</summary>
    public static EventType? Read6(ReadOnlySpan<byte> row, int pointerSize, out uint metadataId)
    {
        var cursor = new SpanCursor(row);
        metadataId = (uint)cursor.VarUInt();
        string provider = Encoding.UTF8.GetString(cursor.Utf8());
        int id = (int)cursor.VarUInt();
        string name = Encoding.UTF8.GetString(cursor.Utf8());
        Field[] fields = FieldReader.Read6(ref cursor);
        if (cursor.Failed)
            return null;
        byte opcode = 0;
        int version = 0;
        var optional = new SpanCursor(cursor.Bytes(cursor.Number<ushort>()));
        while (optional.Left > 0)
        {
            switch (optional.Number<byte>())
            {
                case 1:
                    opcode = optional.Number<byte>();
                    break;
                case 3:
                    optional.Bytes(8);
                    break;
                case 4 or 5:
                    optional.Utf8();
                    break;
                case 6:
                    optional.Utf8();
                    optional.Utf8();
                    break;
                case 7:
                    optional.Bytes(16);
                    break;
                case 8:
                    optional.Bytes(1);
                    break;
                case 9:
                    version = optional.Number<byte>();
                    break;
                default:
                    // A later version's: how long it is, is not known.
                    optional.Bytes(-1);
                    break;
            }
        }

        return Make(provider, id, name, version, fields, opcode, pointerSize);
    }

    private static EventType Make(string provider, int id, string name, int version, Field[] fields, byte opcode, int pointerSize)
    {
        if (fields.Length == 0 && RuntimeEvents.Find(provider, id) is { } known)
            return new EventType(provider, id, known.Name, known.Fields, pointerSize) { Opcode = opcode };
        if (name.Length == 0)
            name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{provider}/{id} v{version}");
        return new EventType(provider, id, name, fields, pointerSize) { Opcode = opcode };
    }

    private static string Text(ReadOnlySpan<byte> utf16) => Encoding.Unicode.GetString(utf16);
}
