using System.Globalization;
using System.Text;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Events;

namespace VizTrace.Perfetto.Tests.Events;

/// <summary>Decides by functions.</summary>
internal sealed class TestJudge : IEventJudge
{
    public delegate Verdict Decision(scoped in TraceEvent e, EventEdit edit);

    public Decision? On { get; init; }

    public Func<int, bool> Row { get; init; } = _ => true;

    public Func<int, bool>? EventsOf { get; init; }

    public EventParts Parts => EventParts.All;

    public bool DecidesByTrack => On == null;

    public bool KeepsTrack(int track) => Row(track);

    public bool KeepsEventsOf(int track) => (EventsOf ?? Row)(track);

    public Verdict Judge(scoped in TraceEvent e, EventEdit edit) => On!(in e, edit);
}

/// <summary>Writes events down as lines.</summary>
internal sealed class Lines(ITraceSource source) : IEventSink, IArgumentSink
{
    private readonly StringBuilder _arguments = new();

    public List<string> All { get; } = [];

    public static List<string> Of(byte[] trace, EventParts parts = EventParts.All) => Of(new PerfettoTrace(() => new MemoryStream(trace)), parts);

    public static List<string> Of(PerfettoTrace trace, EventParts parts = EventParts.All)
    {
        var lines = new Lines(trace);
        trace.Read(lines, parts);
        return lines.All;
    }

    public void Event(scoped in TraceEvent e)
    {
        var row = source.Tracks[e.Track];
        var line = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{e.TimeNs} {row.Kind}:{(row.Tid != 0 ? row.Tid.ToString(CultureInfo.InvariantCulture) : row.Pid != 0 ? row.Pid.ToString(CultureInfo.InvariantCulture) : row.Name)} {e.Kind}");
        if (e.Name != 0) line.Append(' ').Append(source.Texts.Get(e.Name));
        if (e.Category != 0) line.Append('/').Append(source.Texts.Get(e.Category));
        if (e.Kind == EventKind.Complete) line.Append(CultureInfo.InvariantCulture, $" +{e.DurationNs}");
        if (e.Kind == EventKind.Counter && e.Arguments == null) line.Append(CultureInfo.InvariantCulture, $" ={(e.IsInteger ? e.IntegerValue : e.Value)}");
        foreach (var f in e.Flows) line.Append(CultureInfo.InvariantCulture, $" >{f}");
        foreach (var f in e.EndingFlows) line.Append(CultureInfo.InvariantCulture, $" <{f}");
        for (var s = e.Stack; s != 0; s = source.Stacks[s].Callers) line.Append(" | ").Append(source.Texts.Get(source.Stacks[s].Function));
        _arguments.Clear();
        e.ReadArguments(this);
        All.Add(line.Append(_arguments).ToString());
    }

    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Add(name, Encoding.UTF8.GetString(value));

    public void Integer(ReadOnlySpan<byte> name, long value) => Add(name, value);

    public void Unsigned(ReadOnlySpan<byte> name, ulong value) => Add(name, value + "u");

    public void Pointer(ReadOnlySpan<byte> name, ulong value) => Add(name, "0x" + value.ToString("x", CultureInfo.InvariantCulture));

    public void Real(ReadOnlySpan<byte> name, double value) => Add(name, value);

    public void Boolean(ReadOnlySpan<byte> name, bool value) => Add(name, value);

    public void Null(ReadOnlySpan<byte> name) => Add(name, "null");

    public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json) => Add(name, "json" + Encoding.UTF8.GetString(json));

    public void BeginDictionary(ReadOnlySpan<byte> name) => Add(name, "{");

    public void BeginArray(ReadOnlySpan<byte> name) => Add(name, "[");

    public void EndGroup() => _arguments.Append(" end");

    private void Add(ReadOnlySpan<byte> name, object value) => _arguments.Append(CultureInfo.InvariantCulture, $" {Encoding.UTF8.GetString(name)}:{value}");
}
