using System.Globalization;
using System.IO.Compression;
using Google.Protobuf;
using VizTrace.Perfetto.Proto;

namespace VizTrace.EndToEnd.Tests.Decoding;

/// <summary>
/// Perfetto protobuf by the classes that protoc generates from <c>proto/</c>: compressed packets, interned names, packet defaults and
/// incremental clocks, as Perfetto's documentation has them.
/// </summary>
internal sealed class PerfettoDecoder(bool keepsSlices)
{
    private const uint IncrementalStateCleared = 1;
    private const uint Monotonic = 3;

    private readonly DecodedTrace _trace = new() { KeepsSlices = keepsSlices };
    private readonly Dictionary<uint, Sequence> _sequences = [];
    private readonly Dictionary<ulong, DecodedThread> _tracks = [];

    public static DecodedTrace Read(string path, bool keepsSlices = true)
    {
        var decoder = new PerfettoDecoder(keepsSlices);
        decoder.Packets(File.ReadAllBytes(path));
        return decoder._trace;
    }

    /// <summary>A Trace is packets one after the other, each as field 1; read one at a time, since a test's trace has millions.</summary>
    private void Packets(byte[] bytes)
    {
        const uint PacketTag = (1 << 3) | 2;
        var input = new CodedInputStream(bytes);
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            Assert.True(tag == PacketTag, $"tag {tag} at byte {input.Position} is no packet");
            TracePacket packet = TracePacket.Parser.ParseFrom(input.ReadBytes());
            if (packet.HasCompressedPackets)
            {
                using var inflate = new ZLibStream(new MemoryStream(packet.CompressedPackets.ToByteArray()), CompressionMode.Decompress);
                using var plain = new MemoryStream();
                inflate.CopyTo(plain);
                Packets(plain.ToArray());
            }
            else
            {
                Packet(packet);
            }
        }
    }

    private void Packet(TracePacket packet)
    {
        uint id = packet.TrustedPacketSequenceId;
        if (!_sequences.TryGetValue(id, out Sequence? sequence))
            _sequences.Add(id, sequence = new Sequence());
        if ((packet.SequenceFlags & IncrementalStateCleared) != 0)
            sequence.Clear();
        if (packet.TracePacketDefaults is { } defaults)
            sequence.Defaults = defaults;
        if (packet.InternedData is { } interned)
            sequence.Learn(interned);
        if (packet.ClockSnapshot is { } snapshot)
            sequence.Learn(snapshot);
        if (packet.TrackDescriptor is { } descriptor)
            Track(descriptor);
        if (packet.TrackEvent is { } trackEvent)
            Event(packet, trackEvent, sequence);
    }

    private void Track(TrackDescriptor descriptor)
    {
        if (descriptor.Process is { } process)
            _trace.Processes[process.Pid] = process.ProcessName;
        if (descriptor.Thread is not { } thread)
            return;
        DecodedThread row = _trace.Row(thread.Pid, (long)descriptor.Uuid);
        row.Tid = thread.Tid;
        row.Name = thread.ThreadName.Length > 0 ? thread.ThreadName : descriptor.Name;
        _tracks[descriptor.Uuid] = row;
    }

    private void Event(TracePacket packet, TrackEvent trackEvent, Sequence sequence)
    {
        string? name = trackEvent.HasName ? trackEvent.Name : trackEvent.HasNameIid ? sequence.Names[trackEvent.NameIid] : null;
        long timeNs = sequence.TimeNs(packet);
        if (trackEvent.Type == TrackEvent.Types.Type.Instant)
        {
            if (name == "thread")
                About(sequence.Args(trackEvent));
            else if (name == "lost")
                _trace.LossesNs.Add(timeNs);
            return;
        }

        ulong track = trackEvent.HasTrackUuid ? trackEvent.TrackUuid : sequence.Defaults?.TrackEventDefaults?.TrackUuid ?? 0;
        if (!_tracks.TryGetValue(track, out DecodedThread? thread))
            Assert.Fail($"a slice on track {track}, which has no thread descriptor before it");
        if (trackEvent.Type == TrackEvent.Types.Type.SliceBegin)
        {
            thread!.Begin(name!, timeNs);
            return;
        }

        Dictionary<string, string> args = sequence.Args(trackEvent);
        thread!.End(name, timeNs, args.ContainsKey("unfinished"), args.ContainsKey("end_lost"));
    }

    /// <summary>What the trace says of a thread beside its row: the id there is the low half of the row's number (FORMAT.md).</summary>
    private void About(Dictionary<string, string> args)
    {
        uint id = uint.Parse(args["id"], CultureInfo.InvariantCulture);
        DecodedThread thread = Assert.Single(_tracks, t => (uint)t.Key == id).Value;
        foreach ((string key, string value) in args)
            thread.Args[key] = value;
    }

    /// <summary>What a packet sequence has said so far.</summary>
    private sealed class Sequence
    {
        private static readonly Dictionary<string, string> s_none = [];
        private readonly Dictionary<ulong, string> _annotationNames = [];
        private readonly Dictionary<uint, Clock> _clocks = [];

        public Dictionary<ulong, string> Names { get; } = [];

        public TracePacketDefaults? Defaults { get; set; }

        public void Clear()
        {
            Names.Clear();
            _annotationNames.Clear();
            _clocks.Clear();
            Defaults = null;
        }

        public void Learn(InternedData interned)
        {
            foreach (EventName name in interned.EventNames)
                Names[name.Iid] = name.Name;
            foreach (DebugAnnotationName name in interned.DebugAnnotationNames)
                _annotationNames[name.Iid] = name.Name;
        }

        public void Learn(ClockSnapshot snapshot)
        {
            ClockSnapshot.Types.Clock? monotonic = snapshot.Clocks.FirstOrDefault(c => c.ClockId == Monotonic);
            foreach (ClockSnapshot.Types.Clock clock in snapshot.Clocks)
            {
                long unitNs = clock.UnitMultiplierNs == 0 ? 1 : (long)clock.UnitMultiplierNs;
                long behindNs = monotonic is null ? 0 : (long)monotonic.Timestamp - ((long)clock.Timestamp * unitNs);
                _clocks[clock.ClockId] = new Clock(clock.IsIncremental, unitNs, behindNs) { Now = (long)clock.Timestamp };
            }
        }

        /// <summary>The packet's time on CLOCK_MONOTONIC.</summary>
        public long TimeNs(TracePacket packet)
        {
            uint clockId = packet.HasTimestampClockId ? packet.TimestampClockId : Defaults?.TimestampClockId ?? 0;
            long stamp = (long)packet.Timestamp;
            if (!_clocks.TryGetValue(clockId, out Clock? clock))
            {
                if (clockId != Monotonic)
                    Assert.Fail($"a time stamp on clock {clockId}, of which no snapshot tells");
                return stamp;
            }

            clock.Now = clock.IsIncremental ? clock.Now + stamp : stamp;
            return (clock.Now * clock.UnitNs) + clock.BehindNs;
        }

        public Dictionary<string, string> Args(TrackEvent trackEvent)
        {
            if (trackEvent.DebugAnnotations.Count == 0)
                return s_none;
            var args = new Dictionary<string, string>();
            foreach (DebugAnnotation annotation in trackEvent.DebugAnnotations)
            {
                string key = annotation.HasName ? annotation.Name : _annotationNames[annotation.NameIid];
                args[key] = Text(annotation);
            }

            return args;
        }

        private static string Text(DebugAnnotation annotation) => annotation.ValueCase switch
        {
            DebugAnnotation.ValueOneofCase.StringValue => annotation.StringValue,
            DebugAnnotation.ValueOneofCase.BoolValue => annotation.BoolValue.ToString(),
            DebugAnnotation.ValueOneofCase.IntValue => annotation.IntValue.ToString(CultureInfo.InvariantCulture),
            DebugAnnotation.ValueOneofCase.UintValue => annotation.UintValue.ToString(CultureInfo.InvariantCulture),
            _ => string.Join(' ', annotation.ArrayValues.Concat(annotation.DictEntries).Select(Text)),
        };

        private sealed class Clock(bool isIncremental, long unitNs, long behindNs)
        {
            public bool IsIncremental => isIncremental;

            public long UnitNs => unitNs;

            /// <summary>What is to be added to get CLOCK_MONOTONIC.</summary>
            public long BehindNs => behindNs;

            public long Now { get; set; }
        }
    }
}
