using VizTrace.Model.Events;
using VizTrace.Perfetto.Editing;
using VizTrace.Perfetto.Events;

namespace VizTrace.Perfetto.Writing;

// Arguments as debug annotations.
public sealed partial class PerfettoEventWriter
{
    /// <summary>
    /// Writes arguments as they come. A group's length is known at its end: four bytes are kept for it, a varint that may be longer than
    /// it need be.
    /// </summary>
    private sealed class AnnotationWriter(PerfettoEventWriter writer) : IArgumentSink
    {
        private const int LengthBytes = 4;
        private const int MostGroup = 1 << 28;

        private readonly ByteBuilder _scalar = new();
        private readonly List<(int Start, int NameLength, bool IsDictionary)> _groups = [];
        private ByteBuilder _to = new();
        private RowState? _row;
        private bool _isSeries;
        private TraceEventHead _head;

        /// <summary>Names of arguments: interned by their ids here.</summary>
        public TextTable Names { get; } = new();

        public void Write(RowState row, scoped in TraceEvent e, ByteBuilder to)
        {
            _row = row;
            _to = to;
            _isSeries = false;
            _groups.Clear();
            e.ReadArguments(this);
        }

        /// <summary>Values of a counter that has several.</summary>
        public void Series(RowState row, scoped in TraceEvent e)
        {
            _row = row;
            _isSeries = true;
            _groups.Clear();
            _head = new TraceEventHead(e.Track, e.TimeNs, e.Name);
            e.ReadArguments(this);
        }

        public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            if (_isSeries)
            {
                // Numbers as texts are numbers to the viewer's reader of JSON.
                if (System.Buffers.Text.Utf8Parser.TryParse(value, out double number, out var used) && used == value.Length) Real(name, number);
                else writer._counterTexts++;
                return;
            }
            Name(name);
            _scalar.Bytes(AnnotationFields.Text, value);
            Put();
        }

        public void Integer(ReadOnlySpan<byte> name, long value)
        {
            if (_isSeries)
            {
                SeriesValue(name, true, value, 0);
                return;
            }
            Name(name);
            _scalar.Number(AnnotationFields.Int, (ulong)value);
            Put();
        }

        public void Unsigned(ReadOnlySpan<byte> name, ulong value)
        {
            if (_isSeries)
            {
                SeriesValue(name, value <= long.MaxValue, (long)value, value);
                return;
            }
            Name(name);
            _scalar.Number(AnnotationFields.Uint, value);
            Put();
        }

        public void Pointer(ReadOnlySpan<byte> name, ulong value)
        {
            if (_isSeries)
            {
                Unsigned(name, value);
                return;
            }
            Name(name);
            _scalar.Number(AnnotationFields.Pointer, value);
            Put();
        }

        public void Real(ReadOnlySpan<byte> name, double value)
        {
            if (_isSeries)
            {
                SeriesValue(name, false, 0, value);
                return;
            }
            Name(name);
            _scalar.Fixed(AnnotationFields.Double, BitConverter.DoubleToUInt64Bits(value));
            Put();
        }

        public void Boolean(ReadOnlySpan<byte> name, bool value)
        {
            if (_isSeries)
            {
                SeriesValue(name, true, value ? 1 : 0, 0);
                return;
            }
            Name(name);
            _scalar.Number(AnnotationFields.Bool, value ? 1UL : 0);
            Put();
        }

        // A name without a value: the trace processor (v55) breaks down on the JSON text null.
        public void Null(ReadOnlySpan<byte> name)
        {
            if (_isSeries)
            {
                writer._counterTexts++;
                return;
            }
            Name(name);
            Put();
        }

        public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
        {
            if (_isSeries)
            {
                writer._counterTexts++;
                return;
            }
            if (json.Trim(" \t\r\n"u8).SequenceEqual("null"u8))
            {
                Null(name);
                return;
            }
            Name(name);
            _scalar.Bytes(AnnotationFields.Json, json);
            Put();
        }

        public void BeginDictionary(ReadOnlySpan<byte> name) => BeginGroup(name, true);

        public void BeginArray(ReadOnlySpan<byte> name) => BeginGroup(name, false);

        public void EndGroup()
        {
            var (start, nameLength, isDictionary) = _groups[^1];
            _groups.RemoveAt(_groups.Count - 1);
            if (_isSeries) return;
            // An empty group has no entries to tell what it is: the older form of groups says so.
            if (_to.Length == start + nameLength) _to.Bytes(AnnotationFields.Nested, [8, (byte)(isDictionary ? 1 : 2)]);
            var length = _to.Length - start;
            if (length >= MostGroup) throw new InvalidOperationException("A group of arguments of 256 MB cannot be written");
            var bytes = _to.Array.AsSpan(start - LengthBytes);
            for (var i = 0; i < LengthBytes; i++) bytes[i] = (byte)(((length >> (7 * i)) & 0x7F) | (i < LengthBytes - 1 ? 0x80 : 0));
        }

        private void BeginGroup(ReadOnlySpan<byte> name, bool isDictionary)
        {
            if (_isSeries)
            {
                if (_groups.Count == 0) writer._counterTexts++;
                _groups.Add((0, 0, isDictionary));
                return;
            }
            Name(name);
            _to.Varint(WireFormat.Tag(Field(), WireFormat.LengthDelimited));
            _to.Room(LengthBytes)[..LengthBytes].Clear();
            _to.Commit(LengthBytes);
            _groups.Add((_to.Length, _scalar.Length, isDictionary));
            _to.Append(_scalar.Span);
        }

        private int Field() => _groups.Count == 0 ? EventFields.Annotations : _groups[^1].IsDictionary ? AnnotationFields.Dictionary : AnnotationFields.Array;

        private void Name(ReadOnlySpan<byte> name)
        {
            _scalar.Clear();
            if (_groups.Count > 0 && !_groups[^1].IsDictionary) return;
            var id = Names.Add(name);
            if (id == 0 || id >= MostInterned)
            {
                _scalar.Bytes(AnnotationFields.Name, name);
                return;
            }
            if (_row!.NewArgumentName(id)) writer.InternText(InternedFields.AnnotationNames, id, Names);
            _scalar.Number(AnnotationFields.NameIid, (ulong)id);
        }

        private void Put() => _to.Bytes(Field(), _scalar.Span);

        private void SeriesValue(ReadOnlySpan<byte> name, bool isInteger, long integer, double real)
        {
            if (_groups.Count > 0) return;
            TraceEvent e = default;
            (e.Track, e.TimeNs, e.Name) = (_head.Track, _head.TimeNs, _head.Name);
            writer.SeriesValue(_row!, in e, Names.Add(name), isInteger, integer, real);
        }

        private readonly record struct TraceEventHead(int Track, long TimeNs, int Name);
    }
}
