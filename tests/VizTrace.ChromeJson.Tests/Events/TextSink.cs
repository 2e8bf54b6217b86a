using System.Globalization;
using System.IO.Compression;
using System.Text;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Tests.Events;

/// <summary>Events as lines of text: kind, row, time, and whatever else they have.</summary>
internal sealed class TextSink(ITraceSource source) : IEventSink, IArgumentSink
{
    private readonly StringBuilder _arguments = new();

    public List<string> Lines { get; } = [];

    /// <summary>Reads <paramref name="json"/> twice and returns the lines of the second reading; rows and facts in the trace.</summary>
    public static List<string> Read(string json, out ChromeJsonTrace trace) => Read(Encoding.UTF8.GetBytes(json), out trace);

    public static List<string> Read(byte[] json, out ChromeJsonTrace trace)
    {
        trace = new ChromeJsonTrace(() => new MemoryStream(json));
        trace.Read(new TextSink(trace), EventParts.None);
        var sink = new TextSink(trace);
        trace.Read(sink, EventParts.All);
        return sink.Lines;
    }

    public static List<string> Rows(ITraceSource source)
    {
        var rows = new List<string>();
        for (int i = 0; i < source.Tracks.Count; i++)
            rows.Add(RowOf(source, i));
        return rows;
    }

    public static byte[] Packed(byte[] text)
    {
        var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Fastest))
            gzip.Write(text);
        return to.ToArray();
    }

    public static string RowOf(ITraceSource source, int id)
    {
        TrackRow row = source.Tracks[id];
        return row.Kind switch
        {
            TrackKind.Global => "global",
            TrackKind.Process => $"process {row.Pid} {row.Name}".TrimEnd(),
            TrackKind.Thread => $"thread {row.Pid}/{row.Tid} {row.Name}".TrimEnd(),
            TrackKind.Counter => $"counter {row.Name} of {source.Tracks[row.Parent].Pid}",
            _ => $"async {row.SourceText ?? row.SourceId.ToString(CultureInfo.InvariantCulture)} {row.Name} of {source.Tracks[row.Parent].Pid}",
        };
    }

    public void Event(scoped in TraceEvent e)
    {
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{e.Ordinal} {e.Kind} {(char)e.Phase} [{RowOf(source, e.Track)}] {e.TimeNs}");
        if (e.Kind == EventKind.Complete)
            line.Append(CultureInfo.InvariantCulture, $"+{e.DurationNs}");
        if (e.Name != 0)
            line.Append(" '").Append(source.Texts.Get(e.Name)).Append('\'');
        if (e.Category != 0)
            line.Append(" (").Append(source.Texts.Get(e.Category)).Append(')');
        if (e.Kind is EventKind.FlowBegin or EventKind.FlowStep or EventKind.FlowEnd)
            line.Append(e.BindsEnclosing ? " enclosing" : " next");
        if (!e.Flows.IsEmpty)
            line.Append(" out");
        if (!e.EndingFlows.IsEmpty)
            line.Append(" in");
        for (int stack = e.Stack, first = 1; stack != 0; stack = source.Stacks[stack].Callers, first = 0)
            line.Append(first == 1 ? " at " : "<").Append(source.Texts.Get(source.Stacks[stack].Function));
        if (e.Weight != 1)
            line.Append(CultureInfo.InvariantCulture, $" x{e.Weight}");
        if (e.Arguments is not null)
        {
            _arguments.Clear();
            e.ReadArguments(this);
            line.Append(" {").Append(_arguments.ToString().TrimStart()).Append('}');
        }

        Lines.Add(line.ToString());
    }

    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Add(name, "'" + Encoding.UTF8.GetString(value) + "'");

    public void Integer(ReadOnlySpan<byte> name, long value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    public void Unsigned(ReadOnlySpan<byte> name, ulong value) => Add(name, value.ToString(CultureInfo.InvariantCulture) + "u");

    public void Pointer(ReadOnlySpan<byte> name, ulong value) => Add(name, "p" + value.ToString("x", CultureInfo.InvariantCulture));

    public void Real(ReadOnlySpan<byte> name, double value) => Add(name, value.ToString("0.0###", CultureInfo.InvariantCulture));

    public void Boolean(ReadOnlySpan<byte> name, bool value) => Add(name, value ? "true" : "false");

    public void Null(ReadOnlySpan<byte> name) => Add(name, "null");

    public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json) => Add(name, Encoding.UTF8.GetString(json));

    public void BeginDictionary(ReadOnlySpan<byte> name) => Add(name, "{");

    public void BeginArray(ReadOnlySpan<byte> name) => Add(name, "[");

    public void EndGroup() => _arguments.Append(" end");

    private void Add(ReadOnlySpan<byte> name, string value)
    {
        _arguments.Append(' ');
        if (!name.IsEmpty)
            _arguments.Append(Encoding.UTF8.GetString(name)).Append('=');
        _arguments.Append(value);
    }
}
