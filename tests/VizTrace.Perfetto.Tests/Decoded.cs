using System.IO.Compression;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Tests;

/// <summary>A slice as the generated protobuf classes and this simple decoder see it.</summary>
internal sealed record DecodedSlice(ulong Track, string Name, string Category, string Source, long Ts, long Dur, int Depth, string Parent, string Args);

/// <summary>Decodes traces with protoc's classes and the runtime's zlib: nothing of the writer or the reader under test.</summary>
internal sealed class Decoded
{
    private readonly Dictionary<uint, SequenceView> _sequences = [];
    private readonly Dictionary<ulong, Stack<(int Index, string Args)>> _open = [];

    public Decoded(byte[] file)
    {
        foreach (var packet in Packets(Trace.Parser.ParseFrom(file))) Add(packet);
        Assert.All(_open.Values, s => Assert.Empty(s));
    }

    public List<DecodedSlice> Slices { get; } = [];

    public List<(ulong Track, string Name, long Ts, TrackEvent Event)> Instants { get; } = [];

    public Dictionary<ulong, TrackDescriptor> Tracks { get; } = [];

    public long Packs { get; private set; }

    public int LongestPack { get; private set; }

    public List<DecodedSlice> Of(ulong track) => Slices.Where(s => s.Track == track).ToList();

    private IEnumerable<TracePacket> Packets(Trace trace)
    {
        foreach (var packet in trace.Packet)
        {
            if (!packet.HasCompressedPackets)
            {
                yield return packet;
                continue;
            }
            Packs++;
            LongestPack = Math.Max(LongestPack, packet.CompressedPackets.Length);
            using var zlib = new ZLibStream(new MemoryStream(packet.CompressedPackets.ToByteArray()), CompressionMode.Decompress);
            foreach (var inner in Trace.Parser.ParseFrom(zlib).Packet) yield return inner;
        }
    }

    private void Add(TracePacket packet)
    {
        var id = packet.TrustedPacketSequenceId;
        Assert.NotEqual(0u, id);
        if ((packet.SequenceFlags & 1) != 0) _sequences[id] = new SequenceView();
        var sequence = _sequences[id];
        if (packet.TracePacketDefaults != null) sequence.Defaults = packet.TracePacketDefaults;
        if (packet.ClockSnapshot != null)
            foreach (var clock in packet.ClockSnapshot.Clocks)
                if (clock.IsIncremental) sequence.Clock = (long)clock.Timestamp;
        if (packet.InternedData is { } data)
        {
            foreach (var x in data.EventNames) sequence.Names.Add(x.Iid, x.Name);
            foreach (var x in data.EventCategories) sequence.Categories.Add(x.Iid, x.Name);
            foreach (var x in data.DebugAnnotationNames) sequence.ArgumentNames.Add(x.Iid, x.Name);
            foreach (var x in data.SourceLocations) sequence.Sources.Add(x.Iid, x);
        }
        if (packet.TrackDescriptor is { } track) Tracks[track.Uuid] = track;
        if (packet.TrackEvent is { } e) AddEvent(packet, e, sequence);
    }

    private void AddEvent(TracePacket packet, TrackEvent e, SequenceView sequence)
    {
        var clock = packet.HasTimestampClockId ? packet.TimestampClockId : sequence.Defaults!.TimestampClockId;
        var time = clock == 64 ? sequence.Clock += (long)packet.Timestamp : (long)packet.Timestamp;
        var track = e.HasTrackUuid ? e.TrackUuid : sequence.Defaults!.TrackEventDefaults.TrackUuid;
        var args = string.Join(",", e.DebugAnnotations.Where(a => a.HasBoolValue || a.HasStringValue)
            .Select(a => $"{(a.HasName ? a.Name : sequence.ArgumentNames[a.NameIid])}={(a.HasBoolValue ? a.BoolValue : a.StringValue)}"));
        var name = e.HasNameIid ? sequence.Names[e.NameIid] : e.HasName ? e.Name : "";
        if (!_open.TryGetValue(track, out var open)) _open.Add(track, open = []);
        switch (e.Type)
        {
            case TrackEvent.Types.Type.SliceBegin:
                var category = string.Join(",", e.CategoryIids.Select(i => sequence.Categories[i]));
                var source = e.HasSourceLocationIid && sequence.Sources[e.SourceLocationIid] is { } s ? $"{s.FileName}:{s.LineNumber}:{s.FunctionName}" : "";
                var parent = open.Count > 0 ? Slices[open.Peek().Index].Name : "";
                open.Push((Slices.Count, args));
                Slices.Add(new DecodedSlice(track, name, category, source, time, -1, open.Count - 1, parent, args));
                break;
            case TrackEvent.Types.Type.SliceEnd:
                var (index, before) = open.Pop();
                var slice = Slices[index];
                Slices[index] = slice with { Dur = time - slice.Ts, Args = before.Length > 0 && args.Length > 0 ? before + "," + args : before + args };
                break;
            case TrackEvent.Types.Type.Instant:
                Instants.Add((track, name, time, e));
                break;
            default:
                Assert.Fail($"type {e.Type}");
                break;
        }
    }

    private sealed class SequenceView
    {
        public Dictionary<ulong, string> Names { get; } = [];

        public Dictionary<ulong, string> Categories { get; } = [];

        public Dictionary<ulong, string> ArgumentNames { get; } = [];

        public Dictionary<ulong, SourceLocation> Sources { get; } = [];

        public TracePacketDefaults? Defaults { get; set; }

        public long Clock { get; set; }
    }
}
