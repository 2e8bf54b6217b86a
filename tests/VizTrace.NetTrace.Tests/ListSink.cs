using System.Globalization;
using System.Text;
using VizTrace.Model.Events;

namespace VizTrace.NetTrace.Tests;

/// <summary>An event as the tests see it.</summary>
internal sealed record Seen(long Ordinal, EventKind Kind, int Track, long TimeNs, string Name, string Category, double Value, int Stack, string Arguments);

/// <summary>Keeps every event.</summary>
internal sealed class ListSink(ITraceSource source) : IEventSink
{
    public List<Seen> Events { get; } = [];

    public static List<Seen> Read(ITraceSource source)
    {
        var sink = new ListSink(source);
        source.Read(sink, EventParts.All);
        return sink.Events;
    }

    public void Event(scoped in TraceEvent e)
    {
        var arguments = new ArgumentText();
        e.ReadArguments(arguments);
        Events.Add(new Seen(e.Ordinal, e.Kind, e.Track, e.TimeNs, source.Texts.Get(e.Name), source.Texts.Get(e.Category), e.Value, e.Stack, arguments.ToString()));
    }
}

/// <summary>Arguments as text: <c>a=1 b='x' c={d=2}</c>.</summary>
internal sealed class ArgumentText : IArgumentSink
{
    private readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Add(name, $"'{Encoding.UTF8.GetString(value)}'");

    public void Integer(ReadOnlySpan<byte> name, long value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    public void Unsigned(ReadOnlySpan<byte> name, ulong value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    public void Pointer(ReadOnlySpan<byte> name, ulong value) => Add(name, $"0x{value:x}");

    public void Real(ReadOnlySpan<byte> name, double value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    public void Boolean(ReadOnlySpan<byte> name, bool value) => Add(name, value ? "true" : "false");

    public void Null(ReadOnlySpan<byte> name) => Add(name, "null");

    public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json) => Add(name, Encoding.UTF8.GetString(json));

    public void BeginDictionary(ReadOnlySpan<byte> name) => Add(name, "{");

    public void BeginArray(ReadOnlySpan<byte> name) => Add(name, "[");

    public void EndGroup() => _text.Append(" ;");

    private void Add(ReadOnlySpan<byte> name, string value)
    {
        if (_text.Length > 0)
            _text.Append(' ');
        if (name.Length > 0)
            _text.Append(Encoding.UTF8.GetString(name)).Append('=');
        _text.Append(value);
    }
}
