using VizTrace.Model.Events;
using VizTrace.Model.Slices;

namespace VizTrace.Profiles.Tests;

/// <summary>A source with rows and texts alone, and a walk by hand over its slices.</summary>
internal sealed class Scene : ITraceSource
{
    private readonly Dictionary<int, Stack<SliceRow>> _open = [];
    private long _ordinal;

    public TrackTable Tracks { get; } = new();

    public TextTable Texts { get; } = new();

    public StackTable Stacks { get; } = new();

    public TraceFacts Facts { get; } = new() { FirstNs = 1_000, RealtimeOffsetNs = 5_000_000 };

    /// <summary>Threads 11 (named Main) and 12 (no name) of process 7 (Shop, "A"): rows 1 and 2.</summary>
    public static Scene Usual()
    {
        var scene = new Scene();
        TrackRow process = scene.Tracks.Add(TrackKind.Process, -1);
        (process.Pid, process.Name) = (7, "Shop, \"A\"");
        TrackRow main = scene.Tracks.Add(TrackKind.Thread, 0);
        (main.Pid, main.Tid, main.Name) = (7, 11, "Main");
        TrackRow other = scene.Tracks.Add(TrackKind.Thread, 0);
        (other.Pid, other.Tid) = (7, 12);
        return scene;
    }

    /// <summary>
    /// Main: A 1000..2000 with B 1100..1300 and B 1400..1500, then A 3000..3100. Thread 12, between them: C 1200..(end 4000, open).
    /// </summary>
    public void Walk(ISliceVisitor visitor)
    {
        Begin(visitor, 1, "A", 1000);
        Begin(visitor, 1, "B;\"x\"", 1100);
        Begin(visitor, 2, "C", 1200);
        End(visitor, 1, 1300);
        Begin(visitor, 1, "B;\"x\"", 1400);
        End(visitor, 1, 1500);
        End(visitor, 1, 2000);
        Begin(visitor, 1, "A", 3000);
        End(visitor, 1, 3100);
        End(visitor, 2, 4000, isOpen: true);
    }

    /// <summary>Main: stacks m>n twice, m once; modules app.dll.</summary>
    public void WalkSamples(ISliceVisitor visitor)
    {
        int module = Texts.Add("app.dll");
        int m = Stacks.Add(0, Texts.Add("m"), module);
        int n = Stacks.Add(m, Texts.Add("n"), module);
        Sample(visitor, 1, n, 1000);
        Sample(visitor, 1, m, 1100);
        Sample(visitor, 1, n, 1200);
    }

    public void Begin(ISliceVisitor visitor, int track, string name, long timeNs)
    {
        if (!_open.TryGetValue(track, out Stack<SliceRow>? open))
            _open.Add(track, open = []);
        var row = new SliceRow(_ordinal++, EventKind.Begin, track, timeNs, -1, Texts.Add(name), Texts.Add("cat"), 0, 0, 0);
        open.Push(row);
        visitor.Begin(row, open.Count);
    }

    public void End(ISliceVisitor visitor, int track, long timeNs, bool isOpen = false) => visitor.End(_open[track].Pop(), timeNs, isOpen ? -1 : _ordinal++, isOpen);

    public void Read(IEventSink sink, EventParts parts, Action<double>? progress = null) => throw new NotSupportedException();

    private void Sample(ISliceVisitor visitor, int track, int stack, long timeNs) =>
        visitor.Other(new SliceRow(_ordinal++, EventKind.Sample, track, timeNs, -1, 0, 0, 0, 0, stack), 0);
}
