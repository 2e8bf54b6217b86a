using System.Text;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Tests.Editing;

/// <summary>A source of any other format: rows and events as a test wants them.</summary>
internal sealed class MadeSource : ITraceSource, IArgumentReader
{
    public delegate void Teller(MadeSource source, IEventSink sink);

    public TrackTable Tracks { get; } = new();

    public TextTable Texts { get; } = new();

    public StackTable Stacks { get; } = new();

    public TraceFacts Facts { get; } = new() { Producer = "Made", FirstNs = 0, LastNs = 1000 };

    public Action<IArgumentSink>? Arguments { get; set; }

    public int Process(long pid, string? name = null)
    {
        TrackRow row = Tracks.Add(TrackKind.Process, -1);
        (row.Pid, row.Name) = (pid, name);
        return row.Id;
    }

    public int Thread(int process, long tid, string? name = null)
    {
        TrackRow row = Tracks.Add(TrackKind.Thread, process);
        (row.Pid, row.Tid, row.Name) = (Tracks[process].Pid, tid, name);
        return row.Id;
    }

    public int Row(TrackKind kind, int parent, string? name = null)
    {
        TrackRow row = Tracks.Add(kind, parent);
        row.Name = name;
        return row.Id;
    }

    public TraceEvent Event(EventKind kind, int track, long timeNs, string name = "", string category = "") => new()
    {
        Kind = kind,
        Track = track,
        TimeNs = timeNs,
        DurationNs = -1,
        Name = Texts.Add(name),
        Category = Texts.Add(category),
        Weight = 1,
    };

    public void Read(IEventSink sink, EventParts parts, Action<double>? progress = null) => throw new NotSupportedException();

    public void Read(ReadOnlySpan<byte> raw, IArgumentSink sink) => Arguments!(sink);

    /// <summary>The file that the writer makes of what <paramref name="tell"/> tells.</summary>
    public string Write(Teller tell, out ChromeJsonEventWriter written, Func<int, bool>? keepsTrack = null, Ledger? ledger = null)
    {
        var output = new MemoryStream();
        using var writer = new ChromeJsonEventWriter(output);
        writer.Begin(this, keepsTrack);
        tell(this, writer);
        writer.Finish(ledger ?? Ledger.Empty);
        written = writer;
        return Encoding.UTF8.GetString(output.ToArray());
    }

    /// <summary>The events alone, metadata included, one a line.</summary>
    public string[] Lines(Teller tell) =>
        Write(tell, out _).Split('\n')[1..].TakeWhile(l => !l.StartsWith(']')).Select(l => l.TrimEnd(',')).ToArray();
}
