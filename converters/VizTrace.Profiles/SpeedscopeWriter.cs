using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Profiles;

/// <summary>
/// speedscope's own JSON (www.speedscope.app/file-format-schema.json): an <c>evented</c> profile for each row that has slices, in ns since the
/// first event, and a <c>sampled</c> one for each that has samples, each of weight 1. Frames are shared. Fed by a walk over the slices, rows
/// interleaved or not; <see cref="Finish"/> writes. Events wait in a temporary file. Not thread-safe; the stream is not closed.
/// </summary>
public sealed class SpeedscopeWriter : ISliceVisitor, IDisposable
{
    private readonly Stream _output;
    private readonly ITraceSource _source;
    private readonly Spool _spool = new();
    private readonly List<RowProfile?> _rows = [];
    private readonly Dictionary<(int Name, int Module), int> _frames = [];
    private readonly byte[] _digits = new byte[20];
    private readonly List<int> _path = [];

    /// <summary>Prepares a file of what <paramref name="source"/> has.</summary>
    public SpeedscopeWriter(Stream output, ITraceSource source) => (_output, _source) = (output, source);

    /// <inheritdoc/>
    public void Begin(scoped in SliceRow slice, int depth)
    {
        RowProfile row = Row(slice.Track);
        int frame = Frame(slice.Name, 0);
        row.Open.Push(frame);
        Edge(row, isOpening: true, frame, slice.TimeNs);
    }

    /// <inheritdoc/>
    public void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen)
    {
        RowProfile row = Row(slice.Track);
        Edge(row, isOpening: false, row.Open.Pop(), endNs);
    }

    /// <inheritdoc/>
    public void Other(scoped in SliceRow row, int depth)
    {
        if (row.Kind != EventKind.Sample)
            return;
        RowProfile profile = Row(row.Track);
        if (profile.Samples < 0)
            profile.Samples = _spool.Add();
        _path.Clear();
        for (int at = row.Extra; at != 0; at = _source.Stacks[at].Callers)
            _path.Add(Frame(_source.Stacks[at].Function, _source.Stacks[at].Module));
        _spool.Write(profile.Samples, profile.SampleCount++ == 0 ? "["u8 : ",\n["u8);
        // speedscope wants the outermost frame first.
        for (int i = _path.Count - 1; i >= 0; i--)
        {
            Number(profile.Samples, _path[i]);
            if (i > 0)
                _spool.Write(profile.Samples, ","u8);
        }

        _spool.Write(profile.Samples, "]"u8);
    }

    /// <summary>Writes the file.</summary>
    public void Finish()
    {
        // Not disposed: that would close the caller's stream.
        var output = new BufferedStream(_output, 1 << 16);
        output.Write("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"exporter\":\"viztrace\",\"profiles\":["u8);
        bool isFirst = true;
        foreach (RowProfile? row in _rows)
        {
            if (row is null)
                continue;
            if (row.Events >= 0)
            {
                Head(output, ref isFirst, "evented", RowNames.Of(_source.Tracks, row.Track), "nanoseconds", row.FirstNs, row.LastNs);
                output.Write(",\"events\":[\n"u8);
                _spool.CopyTo(row.Events, output);
                output.Write("]}"u8);
            }

            if (row.Samples >= 0)
            {
                Head(output, ref isFirst, "sampled", $"{RowNames.Of(_source.Tracks, row.Track)} (samples)", "none", 0, row.SampleCount);
                output.Write(",\"samples\":[\n"u8);
                _spool.CopyTo(row.Samples, output);
                output.Write("],\"weights\":["u8);
                for (long i = 0; i < row.SampleCount; i++)
                    output.Write(i == 0 ? "1"u8 : ",1"u8);
                output.Write("]}"u8);
            }
        }

        output.Write("],\"shared\":{\"frames\":["u8);
        isFirst = true;
        foreach ((int name, int module) in _frames.Keys)
        {
            output.Write(isFirst ? "\n{\"name\":\""u8 : ",\n{\"name\":\""u8);
            isFirst = false;
            output.Write(JsonEncodedText.Encode(_source.Texts.Get(name)).EncodedUtf8Bytes);
            if (module != 0)
            {
                output.Write("\",\"file\":\""u8);
                output.Write(JsonEncodedText.Encode(_source.Texts.Get(module)).EncodedUtf8Bytes);
            }

            output.Write("\"}"u8);
        }

        output.Write("]}}\n"u8);
        output.Flush();
    }

    /// <summary>Removes the temporary file.</summary>
    public void Dispose() => _spool.Dispose();

    private static void Head(Stream output, ref bool isFirst, string type, string name, string unit, long start, long end)
    {
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{(isFirst ? "\n" : ",\n")}{{\"type\":\"{type}\",\"name\":\"{JsonEncodedText.Encode(name)}\",\"unit\":\"{unit}\",\"startValue\":{start},\"endValue\":{end}");
        output.Write(Encoding.UTF8.GetBytes(text));
        isFirst = false;
    }

    private void Edge(RowProfile row, bool isOpening, int frame, long timeNs)
    {
        if (row.Events < 0)
            row.Events = _spool.Add();
        // Whole numbers of a double end at 2^53: ns since the first event, not since 1970. Never back: the viewer refuses that.
        long at = Math.Max(row.LastNs, timeNs - (_source.Facts.FirstNs == long.MaxValue ? 0 : _source.Facts.FirstNs));
        if (!row.HasEvents)
            row.FirstNs = at;
        bool isFirst = !row.HasEvents;
        row.HasEvents = true;
        row.LastNs = at;
        _spool.Write(row.Events, isFirst ? "{\"type\":\""u8 : ",\n{\"type\":\""u8);
        _spool.Write(row.Events, isOpening ? "O\",\"frame\":"u8 : "C\",\"frame\":"u8);
        Number(row.Events, frame);
        _spool.Write(row.Events, ",\"at\":"u8);
        Number(row.Events, at);
        _spool.Write(row.Events, "}"u8);
    }

    private void Number(int text, long value)
    {
        Utf8Formatter.TryFormat(value, _digits, out int length);
        _spool.Write(text, _digits.AsSpan(0, length));
    }

    private RowProfile Row(int track)
    {
        while (_rows.Count <= track)
            _rows.Add(null);
        return _rows[track] ??= new RowProfile(track);
    }

    private int Frame(int name, int module)
    {
        if (_frames.TryGetValue((name, module), out int frame))
            return frame;
        frame = _frames.Count;
        _frames.Add((name, module), frame);
        return frame;
    }

    private sealed class RowProfile(int track)
    {
        public int Events = -1;
        public int Samples = -1;
        public long SampleCount;
        public long FirstNs;
        public long LastNs;
        public bool HasEvents;

        public int Track { get; } = track;

        public Stack<int> Open { get; } = [];
    }
}
