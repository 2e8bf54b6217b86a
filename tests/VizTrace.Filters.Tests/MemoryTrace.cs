using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using VizTrace.Filters.Applying;
using VizTrace.Model.Events;

namespace VizTrace.Filters.Tests;

/// <summary>An event as the tests make and compare it.</summary>
internal sealed record Item(EventKind Kind, int Track, long TimeNs, long DurationNs = -1, string Name = "", string Category = "")
{
    public ulong FlowId { get; init; }

    public bool BindsEnclosing { get; init; } = true;

    public ulong[] Flows { get; init; } = [];

    public ulong[] EndingFlows { get; init; } = [];

    public int Bytes { get; init; } = 10;

    public List<(string Name, object Value)> Arguments { get; init; } = [];

    /// <summary>All of it in one line.</summary>
    public string Line
    {
        get
        {
            var line = new StringBuilder();
            line.Append(CultureInfo.InvariantCulture, $"{Kind} {Track} {TimeNs}");
            if (Kind == EventKind.Complete)
                line.Append(CultureInfo.InvariantCulture, $"+{DurationNs}");
            line.Append(Name.Length > 0 ? " " + Name : "").Append(Category.Length > 0 ? " [" + Category + "]" : "");
            line.Append(FlowId != 0 ? string.Create(CultureInfo.InvariantCulture, $" flow {FlowId}") : "");
            line.Append(Flows.Length > 0 ? " flows " + string.Join(',', Flows) : "").Append(EndingFlows.Length > 0 ? " ends " + string.Join(',', EndingFlows) : "");
            foreach ((string name, object value) in Arguments)
                line.Append(CultureInfo.InvariantCulture, $" {name}={value}");
            return line.ToString();
        }
    }
}

/// <summary>A trace in memory. Raw arguments are the item's index.</summary>
internal sealed class MemoryTrace : ITraceSource, IArgumentReader
{
    public List<Item> Items { get; } = [];

    public TrackTable Tracks { get; private init; } = new();

    public TextTable Texts { get; } = new();

    public StackTable Stacks { get; } = new();

    public TraceFacts Facts { get; } = new() { Format = "memory" };

    public int Readings { get; private set; }

    public IEnumerable<string> Lines => Items.Select(i => i.Line);

    public int Process(long pid, string? name = null)
    {
        TrackRow row = Tracks.Add(TrackKind.Process, -1);
        row.Pid = pid;
        row.Name = name;
        return row.Id;
    }

    public int Row(TrackKind kind, int parent, string? name = null, long tid = 0)
    {
        TrackRow row = Tracks.Add(kind, parent);
        row.Tid = tid;
        row.Name = name;
        return row.Id;
    }

    public MemoryTrace Add(params Item[] items)
    {
        Items.AddRange(items);
        return this;
    }

    public void Read(IEventSink sink, EventParts parts, Action<double>? progress = null)
    {
        Readings++;
        Facts.Events = Items.Count;
        foreach (Item item in Items)
        {
            Facts.FirstNs = Math.Min(Facts.FirstNs, item.TimeNs);
            Facts.HasFlows |= item.FlowId != 0 || item.Flows.Length + item.EndingFlows.Length > 0;
        }

        if (parts == EventParts.None)
            return;
        byte[] raw = new byte[4];
        for (int i = 0; i < Items.Count; i++)
        {
            Item item = Items[i];
            BinaryPrimitives.WriteInt32LittleEndian(raw, i);
            var e = new TraceEvent
            {
                Ordinal = i,
                Kind = item.Kind,
                Track = item.Track,
                TimeNs = item.TimeNs,
                DurationNs = item.DurationNs,
                Bytes = item.Bytes,
                FlowId = item.FlowId,
                BindsEnclosing = item.BindsEnclosing,
            };
            if ((parts & EventParts.Names) != 0)
                (e.Name, e.Category) = (Texts.Add(item.Name), Texts.Add(item.Category));
            if ((parts & EventParts.Flows) != 0)
            {
                e.Flows = item.Flows;
                e.EndingFlows = item.EndingFlows;
            }

            if ((parts & EventParts.Arguments) != 0 && item.Arguments.Count > 0)
            {
                e.RawArguments = raw;
                e.Arguments = this;
            }

            sink.Event(e);
        }
    }

    public void Read(ReadOnlySpan<byte> raw, IArgumentSink sink)
    {
        foreach ((string name, object value) in Items[BinaryPrimitives.ReadInt32LittleEndian(raw)].Arguments)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(name);
            switch (value)
            {
                case long number:
                    sink.Integer(utf8, number);
                    break;
                case double real:
                    sink.Real(utf8, real);
                    break;
                case bool truth:
                    sink.Boolean(utf8, truth);
                    break;
                default:
                    sink.Text(utf8, Encoding.UTF8.GetBytes((string)value));
                    break;
            }
        }
    }

    /// <summary>What a source holds, as if it had been written and read again.</summary>
    public static MemoryTrace Of(ITraceSource source)
    {
        var copy = new MemoryTrace { Tracks = source.Tracks };
        source.Read(new Copying(copy, source), EventParts.All);
        return copy;
    }

    /// <summary>What filters leave of it.</summary>
    public MemoryTrace After(FilterPlan plan) => Of(new FilteredSource(this, plan));

    private sealed class Copying(MemoryTrace into, ITraceSource from) : IEventSink
    {
        public void Event(scoped in TraceEvent e)
        {
            var arguments = new ArgumentList();
            e.ReadArguments(arguments);
            into.Items.Add(new Item(e.Kind, e.Track, e.TimeNs, e.DurationNs, from.Texts.Get(e.Name), from.Texts.Get(e.Category))
            {
                FlowId = e.FlowId,
                BindsEnclosing = e.BindsEnclosing,
                Flows = [.. e.Flows],
                EndingFlows = [.. e.EndingFlows],
                Bytes = e.Bytes,
                Arguments = arguments.All,
            });
        }
    }

    private sealed class ArgumentList : IArgumentSink
    {
        public List<(string, object)> All { get; } = [];

        public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Add(name, Encoding.UTF8.GetString(value));

        public void Integer(ReadOnlySpan<byte> name, long value) => Add(name, value);

        public void Unsigned(ReadOnlySpan<byte> name, ulong value) => Add(name, value);

        public void Pointer(ReadOnlySpan<byte> name, ulong value) => Add(name, value);

        public void Real(ReadOnlySpan<byte> name, double value) => Add(name, value);

        public void Boolean(ReadOnlySpan<byte> name, bool value) => Add(name, value);

        public void Null(ReadOnlySpan<byte> name) => Add(name, "null");

        public void Json(ReadOnlySpan<byte> name, ReadOnlySpan<byte> json) => Add(name, Encoding.UTF8.GetString(json));

        public void BeginDictionary(ReadOnlySpan<byte> name) => Add(name, "{");

        public void BeginArray(ReadOnlySpan<byte> name) => Add(name, "[");

        public void EndGroup() => Add([], "]");

        private void Add(ReadOnlySpan<byte> name, object value) => All.Add((Encoding.UTF8.GetString(name), value));
    }
}
