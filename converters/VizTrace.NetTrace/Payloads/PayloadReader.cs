using System.Buffers.Text;
using System.Globalization;
using System.Text;
using VizTrace.Model.Events;
using VizTrace.NetTrace.Wire;

namespace VizTrace.NetTrace.Payloads;

/// <summary>Hands the fields of a payload on as arguments. Allocates nothing for texts and numbers.</summary>
internal sealed class PayloadReader(Field[] fields, int pointerSize) : IArgumentReader
{
    /// <summary>Groups are handed on to this depth (the contract's limit is 64); types of fields are no deeper than 16.</summary>
    private const int LargestArray = 1 << 16;

    private readonly Utf16Text _text = new();

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<byte> raw, IArgumentSink sink)
    {
        var cursor = new SpanCursor(raw);
        foreach (Field field in fields)
        {
            if (!Value(ref cursor, field, field.Name, sink, raw))
                return;
        }
    }

    /// <summary>Hands one value on; false: the payload is at its end.</summary>
    private bool Value(ref SpanCursor cursor, Field field, ReadOnlySpan<byte> name, IArgumentSink sink, ReadOnlySpan<byte> all)
    {
        switch (field.Code)
        {
            case FieldCode.Object:
                sink.BeginDictionary(name);
                bool isWhole = true;
                foreach (Field inner in field.Fields)
                    isWhole = isWhole && Value(ref cursor, inner, inner.Name, sink, all);
                sink.EndGroup();
                return isWhole;
            case FieldCode.Array:
                return Elements(ref cursor, field, cursor.Number<ushort>(), name, sink, all);
            case FieldCode.FixedArray:
                return Elements(ref cursor, field, field.Count, name, sink, all);
            case FieldCode.RelativeArray:
            case FieldCode.DataArray:
                return Located(ref cursor, field, name, sink, all);
            case FieldCode.Text:
                ReadOnlySpan<byte> text = cursor.Utf16();
                if (!cursor.Failed)
                    sink.Text(name, _text.Convert(text));
                return !cursor.Failed;
            case FieldCode.Utf16Unit:
                ReadOnlySpan<byte> unit = cursor.Bytes(2);
                if (!cursor.Failed)
                    sink.Text(name, _text.Convert(unit));
                return !cursor.Failed;
            default:
                return Number(ref cursor, field, name, sink);
        }
    }

    private bool Number(ref SpanCursor cursor, Field field, ReadOnlySpan<byte> name, IArgumentSink sink)
    {
        switch (field.Code)
        {
            case FieldCode.Boolean:
                int truth = cursor.Number<int>();
                if (!cursor.Failed)
                    sink.Boolean(name, truth != 0);
                break;
            case FieldCode.Single:
                float single = cursor.Number<float>();
                if (!cursor.Failed)
                    sink.Real(name, single);
                break;
            case FieldCode.Double:
                double real = cursor.Number<double>();
                if (!cursor.Failed)
                    sink.Real(name, real);
                break;
            case FieldCode.UInt64:
            case FieldCode.VarUInt:
                ulong unsigned = field.Code == FieldCode.VarUInt ? cursor.VarUInt() : cursor.Number<ulong>();
                if (!cursor.Failed)
                    sink.Unsigned(name, unsigned);
                break;
            case FieldCode.Pointer:
                ulong pointer = pointerSize == 4 ? cursor.Number<uint>() : cursor.Number<ulong>();
                if (!cursor.Failed)
                    sink.Pointer(name, pointer);
                break;
            case FieldCode.Guid:
                Guid guid = cursor.Number<Guid>();
                Span<byte> guidText = stackalloc byte[36];
                if (!cursor.Failed && Utf8Formatter.TryFormat(guid, guidText, out _))
                    sink.Text(name, guidText);
                break;
            case FieldCode.FileTime:
                Date(cursor.Number<long>(), cursor.Failed, name, sink);
                break;
            case FieldCode.DateTime:
                SystemTime(ref cursor, name, sink);
                break;
            default:
                long value = Integer(ref cursor, field.Code);
                if (cursor.Failed)
                    break;
                if (field.Values is { } values && value >= 0 && value < values.Length)
                    sink.Text(name, values[value]);
                else
                    sink.Integer(name, value);
                break;
        }

        return !cursor.Failed;
    }

    private static long Integer(ref SpanCursor cursor, FieldCode code) => code switch
    {
        FieldCode.SByte => cursor.Number<sbyte>(),
        FieldCode.Byte or FieldCode.Utf8Unit => cursor.Number<byte>(),
        FieldCode.Int16 => cursor.Number<short>(),
        FieldCode.UInt16 => cursor.Number<ushort>(),
        FieldCode.Int32 => cursor.Number<int>(),
        FieldCode.UInt32 => cursor.Number<uint>(),
        FieldCode.VarInt => cursor.VarInt(),
        _ => cursor.Number<long>(),
    };

    private bool Elements(ref SpanCursor cursor, Field field, int count, ReadOnlySpan<byte> name, IArgumentSink sink, ReadOnlySpan<byte> all)
    {
        if (cursor.Failed)
            return false;
        if (field.Element!.Code is FieldCode.Utf16Unit or FieldCode.Utf8Unit)
        {
            // An array of code units is a text.
            bool isWide = field.Element.Code == FieldCode.Utf16Unit;
            ReadOnlySpan<byte> units = cursor.Bytes(isWide ? count * 2L : count);
            if (!cursor.Failed)
                sink.Text(name, isWide ? _text.Convert(units) : units);
            return !cursor.Failed;
        }

        sink.BeginArray(name);
        bool isWhole = true;
        for (int i = 0; i < count && isWhole; i++)
        {
            // Elements without bytes would repeat as often as a damaged count says.
            int before = cursor.Position;
            isWhole = Value(ref cursor, field.Element, [], sink, all) && cursor.Position > before;
        }

        sink.EndGroup();
        return isWhole;
    }

    /// <summary>An array elsewhere in the payload: size in bytes and place are in 4 bytes.</summary>
    private bool Located(ref SpanCursor cursor, Field field, ReadOnlySpan<byte> name, IArgumentSink sink, ReadOnlySpan<byte> all)
    {
        uint word = cursor.Number<uint>();
        int start = (int)(word & 0xFFFF) + (field.Code == FieldCode.RelativeArray ? cursor.Position : 0);
        int size = (int)(word >> 16);
        if (cursor.Failed || start + size > all.Length)
            return false;
        ReadOnlySpan<byte> elements = all.Slice(start, size);
        if (field.Element!.Code is FieldCode.Utf16Unit or FieldCode.Utf8Unit)
        {
            sink.Text(name, field.Element.Code == FieldCode.Utf16Unit ? _text.Convert(elements) : elements);
            return true;
        }

        var inner = new SpanCursor(elements);
        sink.BeginArray(name);
        for (int i = 0; inner.Left > 0 && i < LargestArray; i++)
        {
            int before = inner.Position;
            if (!Value(ref inner, field.Element, [], sink, elements) || inner.Position == before)
                break;
        }

        sink.EndGroup();
        return true;
    }

    private static void Date(long fileTime, bool hasFailed, ReadOnlySpan<byte> name, IArgumentSink sink)
    {
        if (hasFailed)
            return;
        if (fileTime < 0 || fileTime > DateTime.MaxValue.ToFileTimeUtc())
            sink.Integer(name, fileTime);
        else
            sink.Text(name, Encoding.UTF8.GetBytes(DateTime.FromFileTimeUtc(fileTime).ToString("O", CultureInfo.InvariantCulture)));
    }

    private static void SystemTime(ref SpanCursor cursor, ReadOnlySpan<byte> name, IArgumentSink sink)
    {
        Span<short> t = stackalloc short[8];
        foreach (ref short part in t)
            part = cursor.Number<short>();
        if (!cursor.Failed)
            sink.Text(name, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{t[0]:D4}-{t[1]:D2}-{t[3]:D2}T{t[4]:D2}:{t[5]:D2}:{t[6]:D2}.{t[7]:D3}")));
    }
}
