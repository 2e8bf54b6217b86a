using System.Globalization;
using System.Text;
using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Profiles;

/// <summary>
/// A table of slices as CSV (RFC 4180: CRLF, quotes doubled): <c>process,pid,thread,tid,name,category,start_ns,duration_ns,depth,open</c>, a line
/// for each slice in the order of their ends. A row that is no thread has its name under thread and no tid. A slice that has no end has
/// open 1 and lasts to the end of the trace. Memory does not grow with the number of slices. Not thread-safe; the stream is not closed.
/// </summary>
public sealed class SliceCsvWriter : ISliceVisitor, IDisposable
{
    private readonly ITraceSource _source;
    private readonly StreamWriter _output;
    private readonly List<Stack<SliceRow>?> _open = [];
    private readonly List<string?> _rows = [];

    /// <summary>Begins a file of what <paramref name="source"/> has.</summary>
    public SliceCsvWriter(Stream output, ITraceSource source)
    {
        _source = source;
        _output = new StreamWriter(output, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\r\n" };
        _output.WriteLine("process,pid,thread,tid,name,category,start_ns,duration_ns,depth,open");
    }

    /// <inheritdoc/>
    public void Begin(scoped in SliceRow slice, int depth)
    {
        while (_open.Count <= slice.Track)
            _open.Add(null);
        (_open[slice.Track] ??= []).Push(slice);
    }

    /// <inheritdoc/>
    public void End(scoped in SliceRow slice, long endNs, long endOrdinal, bool isOpen)
    {
        Stack<SliceRow> open = _open[slice.Track]!;
        int depth = open.Count;
        SliceRow begun = open.Pop();
        _output.Write(Row(slice.Track));
        Field(_source.Texts.Get(begun.Name));
        _output.Write(',');
        Field(_source.Texts.Get(begun.Category));
        Span<char> number = stackalloc char[96];
        if (number.TryWrite(CultureInfo.InvariantCulture, $",{begun.TimeNs},{Math.Max(0, endNs - begun.TimeNs)},{depth},{(isOpen ? 1 : 0)}", out int length))
            _output.Write(number[..length]);
        _output.WriteLine();
    }

    /// <inheritdoc/>
    public void Other(scoped in SliceRow row, int depth)
    {
        // The table is of slices.
    }

    /// <summary>Ends the file.</summary>
    public void Finish() => _output.Flush();

    /// <inheritdoc/>
    public void Dispose() => _output.Dispose();

    private string Row(int track)
    {
        while (_rows.Count <= track)
            _rows.Add(null);
        if (_rows[track] is { } known)
            return known;
        TrackRow row = _source.Tracks[track];
        TrackRow? process = _source.Tracks.ProcessOf(track);
        TrackRow? thread = _source.Tracks.ThreadOf(track);
        string tid = thread is { Tid: not 0 } ? thread.Tid.ToString(CultureInfo.InvariantCulture) : "";
        string pid = process is { Pid: not 0 } ? process.Pid.ToString(CultureInfo.InvariantCulture) : "";
        string text = $"{Quoted(process?.ShownName ?? "")},{pid},{Quoted(row.Kind == TrackKind.Process ? "" : row.ShownName)},{tid},";
        _rows[track] = text;
        return text;
    }

    private void Field(string text) => _output.Write(Quoted(text));

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
