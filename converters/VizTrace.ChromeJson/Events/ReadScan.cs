using VizTrace.ChromeJson.Rows;
using VizTrace.Model;
using VizTrace.Model.Events;

namespace VizTrace.ChromeJson.Events;

/// <summary>A reading that hands events out; the first one also learns rows and facts.</summary>
internal sealed class ReadScan(Stream stream, ChromeJsonTrace trace, IEventSink sink, EventParts parts, bool isFirst) : TraceScan(stream)
{
    private readonly EventReading _reading = new(trace);
    private readonly TraceMetadataReading? _metadata = isFirst ? new(trace) : null;
    private readonly long[] _unknown = new long[256];
    private long _timeless;
    private long _ordinal;
    private long _firstNs = long.MaxValue;
    private long _lastNs = long.MinValue;
    private bool _hasFlows;
    private long _startNs = trace.StartNs;

    protected override void OnArrayBegin(bool isSamples)
    {
    }

    protected override void OnEvent(int lead, int start, int end, bool isSample)
    {
        EventReading reading = _reading;
        if (_ordinal == 0)
            _startNs = trace.StartNs;
        reading.Locate(Text.Buffer, Fields, isSample);
        if (reading.IsMetadata)
        {
            _metadata?.Event(reading.Name, reading.Track, Fields.Has(EventKey.Args) ? reading.Bytes(EventKey.Args) : default);
            return;
        }

        reading.Time(trace.StartNs);
        if (isFirst)
            Survey();
        if (parts != EventParts.None)
            HandOut(end - lead);
        _ordinal++;
    }

    /// <summary>Apart, because an event is large and is cleared wherever it is declared.</summary>
    private void HandOut(int bytes)
    {
        TraceEvent e = default;
        e.Ordinal = _ordinal;
        _reading.Fill(ref e, parts, bytes);
        sink.Event(in e);
    }

    protected override void OnArrayEnd(int bracket)
    {
    }

    protected override void OnMember(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => _metadata?.Member(key, value);

    protected override void OnStackFrame(ReadOnlySpan<byte> id, ReadOnlySpan<byte> frame)
    {
        if (isFirst)
            trace.Frames.Add(id, frame);
    }

    protected override void OnSlide()
    {
    }

    protected override void OnEnd()
    {
        if (!isFirst)
            return;
        TraceFacts facts = trace.Facts;
        facts.Events = _ordinal;
        facts.Bytes = BytesRead;
        // The file may say behind its events what their times are since.
        long lateNs = trace.StartNs - _startNs;
        facts.FirstNs = _firstNs == long.MaxValue ? _firstNs : _firstNs + lateNs;
        facts.LastNs = _lastNs == long.MinValue ? _lastNs : _lastNs + lateNs;
        facts.HasFlows = _hasFlows;
        if (Damage is { } damage)
        {
            facts.IsTruncated = damage.IsCut;
            facts.DamageOffset = damage.Offset;
            facts.Remarks.Add(damage.IsCut
                ? $"cut off at byte {damage.Offset}: {damage.Message}; what came before was read"
                : $"damaged at byte {damage.Offset}: {damage.Message}; what came after was not read");
        }

        if (BehindTheEnd is { } behind)
            facts.Remarks.Add($"something stands behind the end of the trace, at byte {behind}: it was not read");
        if (_timeless > 0)
            facts.Remarks.Add($"{_timeless} events without a time");
        for (int phase = 0; phase < _unknown.Length; phase++)
        {
            if (_unknown[phase] > 0)
                facts.Remarks.Add($"{_unknown[phase]} events {(phase == 0 ? "without a kind" : $"of the unknown kind '{Printable.Text(((char)phase).ToString())}'")}");
        }
    }

    private void Survey()
    {
        EventReading reading = _reading;
        if (reading.HasTime)
        {
            long timeNs = reading.TimeNs;
            if (timeNs < _firstNs)
                _firstNs = timeNs;
            long endNs = reading.DurationNs > 0 ? timeNs + reading.DurationNs : timeNs;
            if (endNs > _lastNs)
                _lastNs = endNs;
        }
        else if (reading.Phase is not ((byte)'(' or (byte)')' or (byte)'c'))
        {
            _timeless++;
        }

        _hasFlows |= reading.HasFlow;
        if (reading.Kind == EventKind.Other && !"XBESFbeiINODcvV()=a"u8.Contains(reading.Phase))
            _unknown[reading.Phase]++;
    }
}
