using Google.Protobuf;
using VizTrace.Model;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Reading;

/// <summary>
/// Turns packets into calls of a sink. This part takes packets apart; events are in TraceImporter.Events.cs, rows and clocks in
/// TraceImporter.Rows.cs, what our traces tell of themselves in TraceImporter.About.cs.
/// </summary>
internal sealed partial class TraceImporter
{
    private readonly ITraceSink _sink;
    private readonly Dictionary<uint, ReadSequence> _sequences = [];
    private readonly List<string> _remarks = [];
    private readonly SortedDictionary<string, long> _skipped = new(StringComparer.Ordinal);
    private ReadSequence _sequence = new();
    private uint _sequenceId = uint.MaxValue;
    private long _gaps;

    /// <summary>Creates an importer.</summary>
    public TraceImporter(ITraceSink sink) => _sink = sink;

    /// <summary>Notes a line for the summary, once. There are few: what can happen often is counted by <see cref="Skip"/>.</summary>
    public void Remark(string line)
    {
        if (!_remarks.Contains(line)) _remarks.Add(line);
    }

    /// <summary>
    /// Packets of any sequence are missing here. Clocks that count from event to event stand still until they are told anew, and nobody knows
    /// which of the open calls have ended.
    /// </summary>
    public void Gap() => _gaps++;

    /// <summary>Takes one packet (not a compressed one).</summary>
    public void Packet(ReadOnlySpan<byte> packet)
    {
        ulong timestamp = 0;
        uint clock = 0, sequenceId = 0;
        ulong flags = 0;
        bool hasTimestamp = false, hasEvent = false, isRare = false;
        ReadOnlySpan<byte> trackEvent = default;
        var cursor = new ProtoCursor(packet);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case TracePacket.TimestampFieldNumber:
                    timestamp = cursor.Value;
                    hasTimestamp = true;
                    break;
                case TracePacket.TrustedPacketSequenceIdFieldNumber:
                    sequenceId = (uint)cursor.Value;
                    break;
                case TracePacket.TrackEventFieldNumber:
                    trackEvent = cursor.Bytes;
                    hasEvent = true;
                    break;
                case TracePacket.SequenceFlagsFieldNumber:
                    flags = cursor.Value;
                    isRare |= (flags & 1) != 0;
                    break;
                case TracePacket.TimestampClockIdFieldNumber:
                    clock = (uint)cursor.Value;
                    break;
                case TracePacket.ClockSnapshotFieldNumber or TracePacket.InternedDataFieldNumber or TracePacket.IncrementalStateClearedFieldNumber
                    or TracePacket.PreviousPacketDroppedFieldNumber or TracePacket.ProcessDescriptorFieldNumber or TracePacket.ThreadDescriptorFieldNumber
                    or TracePacket.TracePacketDefaultsFieldNumber or TracePacket.TrackDescriptorFieldNumber:
                    isRare = true;
                    break;
            }
        }
        if (cursor.Malformed)
        {
            Skip("damaged packets");
            Gap();
            return;
        }
        if (sequenceId != _sequenceId) Select(sequenceId);
        var understood = hasEvent;
        if (isRare) understood |= Rare(packet, flags);
        if (!hasEvent)
        {
            // A packet without event still moves the clock.
            if (hasTimestamp) TryTime(clock, timestamp, out _);
            if (!understood) Skip("packets of other kinds");
            return;
        }
        if ((flags & (ulong)TracePacket.Types.SequenceFlags.SeqNeedsIncrementalState) != 0 && !_sequence.IsValid)
        {
            Skip("events whose names were lost");
            return;
        }
        Event(trackEvent, hasTimestamp, timestamp, clock);
    }

    private void Select(uint id)
    {
        if (!_sequences.TryGetValue(id, out var sequence)) _sequences.Add(id, sequence = new ReadSequence());
        _sequence = sequence;
        _sequenceId = id;
    }

    private void Skip(string what)
    {
        _skipped.TryGetValue(what, out var n);
        _skipped[what] = n + 1;
    }

    // State first, content after it, as the format demands. Returns whether there was anything that we know.
    private bool Rare(ReadOnlySpan<byte> bytes, ulong flags)
    {
        TracePacket packet;
        try
        {
            packet = TracePacket.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            Skip("damaged packets");
            return true;
        }
        var understood = false;
        if ((flags & 1) != 0 || packet.IncrementalStateCleared)
        {
            _sequence.Clear();
            _sequence.IsValid = true;
            understood = true;
        }
        else if (packet.PreviousPacketDropped != 0)
        {
            if (!packet.FirstPacketOnSequence) Skip("gaps where packets had been dropped");
            _sequence.IsValid = false;
            _sequence.ForgetIncrementalClocks();
        }
        if (packet.TracePacketDefaults is { } defaults)
        {
            if (defaults.HasTimestampClockId) _sequence.DefaultClock = defaults.TimestampClockId;
            if (defaults.TrackEventDefaults is { HasTrackUuid: true } d) _sequence.DefaultTrack = d.TrackUuid;
            understood = true;
        }
        if (packet.InternedData is { } data)
        {
            Intern(data);
            understood = true;
        }
        switch (packet.DataCase)
        {
            case TracePacket.DataOneofCase.ClockSnapshot:
                Snapshot(packet.ClockSnapshot);
                return true;
            case TracePacket.DataOneofCase.TrackDescriptor:
                Row(packet.TrackDescriptor);
                return true;
            case TracePacket.DataOneofCase.ProcessDescriptor:
                OldProcess(packet.ProcessDescriptor);
                return true;
            case TracePacket.DataOneofCase.ThreadDescriptor:
                OldThread(packet.ThreadDescriptor);
                return true;
            default:
                return understood;
        }
    }

    private void Intern(InternedData data)
    {
        foreach (var x in data.EventNames) _sequence.Names[x.Iid] = x.Name;
        foreach (var x in data.EventCategories) _sequence.Categories[x.Iid] = x.Name;
        foreach (var x in data.DebugAnnotationNames) _sequence.ArgumentNames[x.Iid] = x.Name;
        foreach (var x in data.SourceLocations) _sequence.Sources[x.Iid] = (x.FileName, (int)x.LineNumber);
    }
}
