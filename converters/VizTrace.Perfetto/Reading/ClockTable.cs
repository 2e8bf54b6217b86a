namespace VizTrace.Perfetto.Reading;

/// <summary>A clock: how it relates to the trace's clock and, when it counts from packet to packet, where it stands.</summary>
internal sealed class EventClock
{
    /// <summary>Time stamps are differences from the one before.</summary>
    public bool IsIncremental { get; init; }

    /// <summary>Nanoseconds of a unit.</summary>
    public long UnitNs { get; init; } = 1;

    /// <summary>Its time in ns minus the trace's.</summary>
    public long OffsetNs { get; init; }

    /// <summary>Last reading of an incremental clock, in units.</summary>
    public long Last { get; set; }

    /// <summary>Last reading that a rewritten trace has told, in units: differs from <see cref="Last"/> after dropped packets.</summary>
    public long Written { get; set; }

    /// <summary>The trace's time at a reading.</summary>
    public long ToTrace(long reading) => unchecked(reading * UnitNs - OffsetNs);

    /// <summary>The reading at a time of the trace.</summary>
    public long FromTrace(long timeNs) => unchecked(timeNs + OffsetNs) / UnitNs;
}

/// <summary>The clocks of a trace that belong to no sequence, and the clock that the viewer shows.</summary>
internal sealed class ClockTable
{
    private readonly Dictionary<uint, EventClock> _clocks = [];
    private uint _primary;

    /// <summary>The clock in which times are shown.</summary>
    public uint Primary => _primary == 0 ? ClockIds.Boottime : _primary;

    /// <summary>A clock that is known; null: it counts as the trace's.</summary>
    public EventClock? this[uint id] => _clocks.GetValueOrDefault(id);

    /// <summary>Wall time in ns at time 0 of the trace's clock; null: not told.</summary>
    public long? RealtimeOffsetNs => _clocks.TryGetValue(ClockIds.Realtime, out var clock) ? clock.OffsetNs : null;

    /// <summary>
    /// Takes a snapshot. The distance to the trace's clock comes from that clock if it is among them, else from one whose distance is
    /// known, else from the monotonic clock, which then counts as the trace's.
    /// </summary>
    public void Snapshot(ReadOnlySpan<byte> message, SequenceState sequence)
    {
        Span<(uint Id, long Reading, long Unit, bool Incremental)> clocks = stackalloc (uint, long, long, bool)[32];
        var count = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == 2 && _primary == 0) _primary = (uint)cursor.Value;
            if (cursor.Field != 1 || count == clocks.Length) continue;
            var (id, reading, unit, incremental) = (0u, 0L, 1L, false);
            var clock = new ProtoCursor(cursor.Bytes);
            while (clock.Next())
            {
                if (clock.Field == 1) id = (uint)clock.Value;
                else if (clock.Field == 2) reading = (long)clock.Value;
                else if (clock.Field == 3) incremental = clock.Value != 0;
                else if (clock.Field == 4 && clock.Value != 0) unit = (long)clock.Value;
            }
            clocks[count++] = (id, reading, unit, incremental);
        }
        long? trace = null, monotonic = null;
        foreach (var c in clocks[..count])
        {
            var ns = unchecked(c.Reading * c.Unit);
            if (c.Id == Primary)
            {
                trace = ns;
                break;
            }
            if (c.Id == ClockIds.Monotonic) monotonic = ns;
            var known = IsOfSequence(c.Id) ? sequence.Clock(c.Id) : this[c.Id];
            if (trace == null && known is { IsIncremental: false }) trace = unchecked(ns - known.OffsetNs);
        }
        trace ??= monotonic;
        foreach (var c in clocks[..count])
        {
            var ofSequence = IsOfSequence(c.Id);
            var clock = new EventClock
            {
                IsIncremental = c.Incremental && ofSequence,
                UnitNs = c.Unit,
                OffsetNs = trace == null ? 0 : unchecked(c.Reading * c.Unit - trace.Value),
                Last = c.Reading,
                Written = c.Reading,
            };
            if (ofSequence) sequence.SetClock(c.Id, clock);
            else if (c.Id != 0) _clocks[c.Id] = clock;
        }
    }

    /// <summary>Whether a clock belongs to one sequence.</summary>
    public static bool IsOfSequence(uint id) => id is >= ClockIds.Incremental and <= ClockIds.LastOfSequence;
}
