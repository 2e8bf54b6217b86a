using VizTrace.Model;
using VizTrace.Model.Events;
using VizTrace.Perfetto.Editing;
using VizTrace.Perfetto.Proto;

namespace VizTrace.Perfetto.Writing;

/// <summary>
/// Writes the events of any trace as Perfetto protobuf, in the order in which they come: who reads it sorts them by time. Each row has a
/// packet sequence of its own, with interned texts and times from event to event. Memory grows with rows and with texts, not with events.
/// Events are in PerfettoEventWriter.Events.cs, rows and metadata here. Not thread-safe.
/// </summary>
public sealed partial class PerfettoEventWriter : IEventWriter
{
    private const uint OwnSequence = 1;
    private const uint SampleSequence = 2;
    private const uint FirstRowSequence = 3;

    private readonly BlockOutput _output;
    private readonly List<string> _leftOut = [];
    private ITraceSource? _source;
    private RowState?[] _rows = [];
    private ulong _nextUuid;
    private uint _clock = ClockIds.Boottime;
    private long _snapshotNs;
    private long _others;
    private long _schedulings;
    private long _weights;
    private long _counterTexts;
    private bool _finished;

    /// <summary>Creates a writer to <paramref name="output"/>, which it does not close; <paramref name="compress"/>: packets are packed with zlib.</summary>
    public PerfettoEventWriter(Stream output, bool compress = true)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = new BlockOutput(output, compress);
        _arguments = new AnnotationWriter(this);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <inheritdoc/>
    public void Begin(ITraceSource source, Func<int, bool>? keepsTrack)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (_source != null) throw new InvalidOperationException("The file has begun already");
        _source = source;
        _rows = new RowState?[source.Tracks.Count];
        // Uuids of the writer's own rows come behind those of the source's.
        _nextUuid = (ulong)source.Tracks.Count + 1;
        var facts = source.Facts;
        if (facts.ClockName == "MONOTONIC") _clock = ClockIds.Monotonic;
        _snapshotNs = facts.FirstNs == long.MaxValue ? 0 : Math.Max(0, facts.FirstNs);
        var snapshot = new ClockSnapshot { PrimaryTraceClock = _clock, Clocks = { new ClockSnapshot.Types.Clock { ClockId = _clock, Timestamp = (ulong)_snapshotNs } } };
        if (facts.RealtimeOffsetNs is { } wall && _snapshotNs + wall > 0)
            snapshot.Clocks.Add(new ClockSnapshot.Types.Clock { ClockId = ClockIds.Realtime, Timestamp = (ulong)(_snapshotNs + wall) });
        _output.Packet(new TracePacket { TrustedPacketSequenceId = OwnSequence, SequenceFlags = 1, FirstPacketOnSequence = true, ClockSnapshot = snapshot });
        for (var row = 0; row < source.Tracks.Count; row++)
            if (keepsTrack == null || keepsTrack(row)) Tell(source.Tracks[row], keepsTrack);
        Metadata(facts);
    }

    /// <inheritdoc/>
    public void Finish(Ledger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        if (_source == null) throw new InvalidOperationException("The file has not begun");
        foreach (var row in _rows) if (row != null) EndAll(row);
        var told = false;
        foreach (var one in _source.Facts.Ledgers.Append(ledger))
        {
            if (one.Entries.Count == 0 && one.Command.Length == 0) continue;
            foreach (var packet in LedgerPackets.Packets(one, OwnSequence, !told && !_aboutTold, TrackIds.About, _clock))
            {
                if (packet.TrackEvent == null && (told || _aboutTold)) continue;
                packet.SequenceFlags = 0;
                packet.ClearFirstPacketOnSequence();
                _output.Packet(packet);
            }
            told = true;
        }
        Count(_others, "events that are neither slices nor instants, counters, flows or samples");
        Count(_schedulings, "rows of the kernel's scheduler");
        Count(_weights, "weights of samples");
        Count(_counterTexts, "values of counters that are no numbers");
        _output.Finish();
        _finished = true;
    }

    /// <summary>Ends what is under way; without <see cref="Finish"/> the file is not whole.</summary>
    public void Dispose()
    {
        if (!_finished) _output.Abandon();
    }

    private void Count(long number, string what)
    {
        if (number > 0) _leftOut.Add($"{number:N0} {what}");
    }

    // Those of threads and processes are those of our own traces, so that what is told of them finds them.
    private ulong Uuid(int row) => _source!.Tracks[row].Kind switch
    {
        TrackKind.Thread => TrackIds.Thread(row),
        TrackKind.Process => TrackIds.Process(row),
        _ => (ulong)row + 1,
    };

    // Processes and threads with number 0 would be the idle loop to the viewer, and its numbers of processes have 32 bits: those are rows
    // with a name alone.
    private void Tell(TrackRow row, Func<int, bool>? keepsTrack)
    {
        var descriptor = new TrackDescriptor { Uuid = Uuid(row.Id) };
        if (row.Parent >= 0 && (keepsTrack == null || keepsTrack(row.Parent))) descriptor.ParentUuid = Uuid(row.Parent);
        var pid = row.Pid != 0 ? row.Pid : row.Parent >= 0 ? _source!.Tracks[row.Parent].Pid : 0;
        if (row.Kind == TrackKind.Process && IsNumber(pid))
        {
            descriptor.Process = new ProcessDescriptor { Pid = (int)pid };
            if (!string.IsNullOrEmpty(row.Name)) descriptor.Process.ProcessName = row.Name;
            if (!string.IsNullOrEmpty(row.CommandLine)) descriptor.Process.Cmdline.AddRange(row.CommandLine.Split(' '));
            if (row.SortIndex is { } place) descriptor.Process.LegacySortIndex = (int)Math.Clamp(place, int.MinValue, int.MaxValue);
        }
        else if (IsThread(row, pid))
        {
            descriptor.Thread = new ThreadDescriptor { Pid = (int)pid, Tid = row.Tid };
            if (!string.IsNullOrEmpty(row.Name) || row.Role != ThreadRole.Unknown) descriptor.Thread.ThreadName = row.ShownName;
            if (row.SortIndex is { } place) descriptor.Thread.LegacySortIndex = (int)Math.Clamp(place, int.MinValue, int.MaxValue);
        }
        else
        {
            var name = row.ShownName;
            if (row.Kind == TrackKind.Global)
            {
                if (name.Length == 0) name = "Global";
            }
            if (name.Length > 0) descriptor.Name = name;
            if (row.Kind == TrackKind.Counter)
            {
                descriptor.Counter = new CounterDescriptor();
                if (!string.IsNullOrEmpty(row.Unit)) descriptor.Counter.UnitName = row.Unit;
            }
            if (row.SortIndex is { } place) descriptor.SiblingOrderRank = (int)Math.Clamp(place, int.MinValue, int.MaxValue);
        }
        var isThread = descriptor.Thread != null;
        // Rows of the trace as a whole are told when something stands on them.
        var packet = new TracePacket { TrustedPacketSequenceId = OwnSequence, TrackDescriptor = descriptor };
        _rows[row.Id] = new RowState(FirstRowSequence + (uint)row.Id, Uuid(row.Id)) { Pid = (int)(isThread ? pid : 0), Tid = isThread ? row.Tid : 0 };
        if (row.Kind is TrackKind.Process or TrackKind.Thread) _output.Packet(packet);
        else _rows[row.Id]!.Descriptor = packet;
    }

    private static bool IsNumber(long pid) => pid is > 0 and <= int.MaxValue;

    private static bool IsThread(TrackRow row, long pid) => row.Kind == TrackKind.Thread && IsNumber(pid) && row.Tid > 0;

    private bool _aboutTold;

    private void Metadata(TraceFacts facts)
    {
        if (facts.Producer.Length > 0 || facts.Metadata.Count > 0)
        {
            var e = About(AboutEvents.Metadata);
            if (facts.Producer.Length > 0) e.DebugAnnotations.Add(Text(AboutEvents.Producer, facts.Producer));
            var extra = new DebugAnnotation { Name = AboutEvents.Extra };
            foreach (var (key, value) in facts.Metadata)
                extra.ArrayValues.Add(new DebugAnnotation { DictEntries = { Text(AboutEvents.Key, key), Text(AboutEvents.Value, value) } });
            if (facts.Metadata.Count > 0) e.DebugAnnotations.Add(extra);
            Tell(e);
        }
        for (var id = 0; id < _rows.Length; id++)
        {
            var row = _source!.Tracks[id];
            // What a descriptor cannot say of a thread. Which is the main one can be seen from its number.
            if (_rows[id] == null || row.Kind != TrackKind.Thread || (row.ManagedId == null && row.Role is ThreadRole.Unknown or ThreadRole.Main)) continue;
            var e = About(AboutEvents.Thread);
            e.DebugAnnotations.Add(Number(AboutEvents.Id, id));
            if (row.Parent >= 0) e.DebugAnnotations.Add(Number(AboutEvents.ProcessId, row.Parent));
            e.DebugAnnotations.Add(Number(AboutEvents.Tid, row.Tid));
            e.DebugAnnotations.Add(Text(AboutEvents.Name, row.ShownName));
            if (row.ManagedId is { } managed) e.DebugAnnotations.Add(Number(AboutEvents.ManagedId, managed));
            if (row.Name != null) e.DebugAnnotations.Add(Text(AboutEvents.ManagedName, row.Name));
            e.DebugAnnotations.Add(Text(AboutEvents.Role, row.Role.ToString()));
            Tell(e);
        }
    }

    private static DebugAnnotation Text(string name, string value) => new() { Name = name, StringValue = value };

    private static DebugAnnotation Number(string name, long value) => new() { Name = name, IntValue = value };

    private static TrackEvent About(string name) =>
        new() { Type = TrackEvent.Types.Type.Instant, Name = name, TrackUuid = TrackIds.About, Categories = { AboutEvents.Category } };

    private void Tell(TrackEvent e)
    {
        if (!_aboutTold)
            _output.Packet(new TracePacket { TrustedPacketSequenceId = OwnSequence, TrackDescriptor = new TrackDescriptor { Uuid = TrackIds.About, Name = AboutEvents.TrackName } });
        _aboutTold = true;
        _output.Packet(new TracePacket { TrustedPacketSequenceId = OwnSequence, Timestamp = (ulong)_snapshotNs, TimestampClockId = _clock, TrackEvent = e });
    }

    /// <summary>What has been told on a row's sequence.</summary>
    private sealed class RowState(uint sequence, ulong uuid)
    {
        private ulong[] _names = [];
        private ulong[] _categories = [];
        private ulong[] _argumentNames = [];

        public uint Sequence { get; } = sequence;

        public ulong Uuid { get; } = uuid;

        public int Pid { get; init; }

        public long Tid { get; init; }

        /// <summary>The row's descriptor while it is not written yet.</summary>
        public TracePacket? Descriptor { get; set; }

        public bool IsStarted { get; set; }

        /// <summary>Time of its last packet.</summary>
        public long LastNs { get; set; }

        /// <summary>Time of the last event that was handed over.</summary>
        public long LastEventNs { get; set; } = long.MinValue;

        /// <summary>Ends of whole slices, which are written when the next event is later.</summary>
        public long[] Ends { get; private set; } = new long[8];

        public int EndCount { get; set; }

        /// <summary>Rows of the values of a counter that has several.</summary>
        public Dictionary<int, RowState>? Series { get; set; }

        public void Push(long endNs)
        {
            if (EndCount == Ends.Length)
            {
                var ends = Ends;
                Array.Resize(ref ends, EndCount * 2);
                Ends = ends;
            }
            Ends[EndCount++] = endNs;
        }

        /// <summary>True the first time.</summary>
        public bool NewName(int id) => IsNew(ref _names, id);

        /// <summary>True the first time.</summary>
        public bool NewCategory(int id) => IsNew(ref _categories, id);

        /// <summary>True the first time.</summary>
        public bool NewArgumentName(int id) => IsNew(ref _argumentNames, id);

        private static bool IsNew(ref ulong[] bits, int id)
        {
            var word = id >> 6;
            if (word >= bits.Length) Array.Resize(ref bits, Math.Max(word + 1, Math.Max(4, bits.Length * 2)));
            var mask = 1UL << (id & 63);
            if ((bits[word] & mask) != 0) return false;
            bits[word] |= mask;
            return true;
        }
    }
}
