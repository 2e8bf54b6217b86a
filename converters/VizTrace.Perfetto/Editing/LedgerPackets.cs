using Google.Protobuf;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Events;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Editing;

/// <summary>A ledger as packets: an instant with arguments. See FORMAT.md.</summary>
internal static class LedgerPackets
{
    /// <summary>Writes it on a sequence of its own; <paramref name="needsRow"/>: the row is told too.</summary>
    public static void Write(PacketOutput output, Ledger ledger, uint sequence, bool needsRow, ulong uuid, uint clock)
    {
        foreach (var packet in Packets(ledger, sequence, needsRow, uuid, clock)) output.Packet(packet.ToByteArray());
    }

    /// <summary>See <see cref="Write"/>.</summary>
    public static IEnumerable<TracePacket> Packets(Ledger ledger, uint sequence, bool needsRow, ulong uuid, uint clock)
    {
        var first = new TracePacket
        {
            TrustedPacketSequenceId = sequence,
            SequenceFlags = (uint)TracePacket.Types.SequenceFlags.SeqIncrementalStateCleared,
            FirstPacketOnSequence = true,
        };
        if (needsRow) first.TrackDescriptor = new TrackDescriptor { Uuid = uuid, Name = AboutEvents.TrackName };
        yield return first;
        var e = new TrackEvent { Type = TrackEvent.Types.Type.Instant, Name = TraceDecoder.LedgerName, TrackUuid = uuid, Categories = { AboutEvents.Category } };
        e.DebugAnnotations.Add(new DebugAnnotation { Name = "command", StringValue = ledger.Command });
        Add(e.DebugAnnotations, "start_ns", ledger.StartNs);
        Add(e.DebugAnnotations, "end_ns", ledger.EndNs);
        Add(e.DebugAnnotations, "kept_slices", ledger.KeptSlices);
        var list = new DebugAnnotation { Name = "entries" };
        foreach (var entry in ledger.Entries)
        {
            var item = new DebugAnnotation { DictEntries = { new DebugAnnotation { Name = "filter", StringValue = entry.Filter } } };
            Add(item.DictEntries, "slices", entry.Slices);
            Add(item.DictEntries, "events", entry.Events);
            Add(item.DictEntries, "bytes", entry.Bytes);
            Add(item.DictEntries, "changed", entry.Changed);
            Add(item.DictEntries, "flows", entry.Flows);
            list.ArrayValues.Add(item);
        }
        if (ledger.Entries.Count > 0) e.DebugAnnotations.Add(list);
        yield return new TracePacket
        {
            TrustedPacketSequenceId = sequence,
            // Before the start of the clock nothing can be shown.
            Timestamp = (ulong)Math.Max(0, ledger.StartNs),
            TimestampClockId = clock,
            TrackEvent = e,
        };
    }

    private static void Add(Google.Protobuf.Collections.RepeatedField<DebugAnnotation> to, string name, long value) =>
        to.Add(new DebugAnnotation { Name = name, IntValue = value });
}
