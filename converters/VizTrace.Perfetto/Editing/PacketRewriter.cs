using VizTrace.Model.Events;
using VizTrace.Perfetto.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Editing;

/// <summary>
/// Writes a trace anew as a judge says. Packets that are not concerned are copied; one whose event is dropped is reduced to what later
/// packets of its sequence need, or left out. This part decides; the others take packets apart. Not thread-safe.
/// </summary>
internal sealed partial class PacketRewriter : IPacketVisitor, IPlacedSink
{
    private readonly PerfettoTrace _trace;
    private readonly IEventJudge _judge;
    private readonly PacketOutput _output;
    private readonly TraceDecoder _decoder;
    private readonly bool[] _keepsRow;
    private readonly bool[] _keepsEvents;
    private readonly bool _byTrack;
    private readonly bool _isShort;
    private readonly bool _allRows;
    private readonly EventEdit _edit = new();
    private readonly EventEdit _otherEdit = new();
    private readonly ByteBuilder _packet = new();
    private readonly ByteBuilder _message = new();
    private readonly ByteBuilder _inner = new();
    private readonly ByteBuilder _deep = new();
    private readonly Dictionary<uint, byte[]> _held = [];

    // About the packet at hand: what becomes of its event, of its extra values and samples (true: they go), of what is in a bundle.
    private readonly List<bool> _extraGoes = [];
    private readonly List<bool> _extraDoubleGoes = [];
    private readonly List<bool> _sampleGoes = [];
    private readonly List<(EventPlace Place, bool Goes)> _bundle = [];
    private Verdict _main;
    private ulong _mainUuid;
    private bool _hasEvent;
    private bool _isCounter;
    private bool _concerned;

    /// <summary>Creates a rewriter.</summary>
    public PacketRewriter(PerfettoTrace trace, IEventJudge judge, PacketOutput output)
    {
        _trace = trace;
        _judge = judge;
        _output = output;
        _byTrack = judge.DecidesByTrack;
        _isShort = !_byTrack && TraceDecoder.IsShort(judge.Parts);
        _decoder = new TraceDecoder(trace, false, _byTrack ? EventParts.Times : judge.Parts | EventParts.Times, this);
        _keepsRow = new bool[trace.Tracks.Count];
        _keepsEvents = new bool[trace.Tracks.Count];
        var done = new bool[trace.Tracks.Count];
        for (var row = 0; row < done.Length; row++) Decide(row, done);
        _allRows = Array.TrueForAll(_keepsRow, k => k) && Array.TrueForAll(_keepsEvents, k => k);
    }

    // What hangs below a row goes with it.
    private void Decide(int row, bool[] done)
    {
        if (done[row]) return;
        done[row] = true;
        var parent = _trace.Tracks[row].Parent;
        if (parent >= 0) Decide(parent, done);
        // What our traces tell of themselves hangs below their first process but is about all of them.
        if (IsAbout(row))
        {
            _keepsRow[row] = _keepsEvents[row] = true;
            return;
        }
        _keepsRow[row] = (parent < 0 || _keepsRow[parent]) && _judge.KeepsTrack(row);
        _keepsEvents[row] = _keepsRow[row] && _judge.KeepsEventsOf(row);
    }

    private bool IsAbout(int row) => _trace.Tracks[row] is { SourceId: TrackIds.About, Name: AboutEvents.TrackName };

    /// <inheritdoc/>
    public void Event(scoped in TraceEvent e, EventPlace place)
    {
        var edit = place.Kind == PlaceKind.Main ? _edit : _otherEdit;
        Verdict verdict;
        if (place.Kind == PlaceKind.About)
        {
            verdict = _keepsRow[e.Track] ? Verdict.Keep : Verdict.Drop;
        }
        else if (!_keepsEvents[e.Track])
        {
            verdict = Verdict.Drop;
        }
        else if (_byTrack)
        {
            verdict = Verdict.Keep;
        }
        else
        {
            edit.Clear();
            verdict = _judge.Judge(in e, edit);
        }
        var goes = verdict == Verdict.Drop;
        _concerned |= verdict != Verdict.Keep;
        switch (place.Kind)
        {
            case PlaceKind.Main or PlaceKind.About:
                _main = verdict;
                _hasEvent = true;
                _isCounter = e.Kind == EventKind.Counter && e.Phase == 0;
                _mainUuid = _isCounter ? _trace.Tracks[e.Track].SourceId : 0;
                if (_isCounter) NotePending(e.Track);
                break;
            case PlaceKind.Extra:
                _extraGoes.Add(goes);
                NotePending(e.Track);
                break;
            case PlaceKind.ExtraDouble:
                _extraDoubleGoes.Add(goes);
                NotePending(e.Track);
                break;
            case PlaceKind.Sample:
                _sampleGoes.Add(goes);
                break;
            default:
                _bundle.Add((place, goes));
                _concerned |= place.OtherTrack >= 0 && !_keepsEvents[place.OtherTrack];
                break;
        }
    }

    // A counter that tells differences, and of which dropped events have told some.
    private void NotePending(int track)
    {
        var row = _trace.Tracks[track];
        if (row.IsIncremental && _decoder.SumOf(row.SourceId) is { } sum) _concerned |= sum.PendingWhole != 0 || sum.PendingReal != 0;
    }

    /// <inheritdoc/>
    public void Packet(byte[] buffer, int raw, int start, int end)
    {
        // Rows alone decide: most packets need no closer look.
        if (_byTrack && _held.Count == 0 && _decoder.TryShort(buffer, start, end, out var row))
        {
            var clockOfStamp = _decoder.StampClock;
            if (row >= 0 && !_keepsEvents[row])
            {
                _output.Drop();
                return;
            }
            if (clockOfStamp == null || unchecked(clockOfStamp.Last - clockOfStamp.Written) == _decoder.StampDelta)
            {
                if (clockOfStamp != null) clockOfStamp.Written = clockOfStamp.Last;
                _output.Keep(buffer, raw, end);
                return;
            }
            _concerned = _hasEvent = false;
            _main = Verdict.Keep;
            Assemble(buffer, raw, start, end, PacketFields.TrackEvent, false, false);
            return;
        }
        Closely(buffer, raw, start, end);
    }

    private void Closely(byte[] buffer, int raw, int start, int end)
    {
        _concerned = _hasEvent = _isCounter = false;
        _main = Verdict.Keep;
        if (_extraGoes.Count + _extraDoubleGoes.Count + _sampleGoes.Count + _bundle.Count != 0)
        {
            _extraGoes.Clear();
            _extraDoubleGoes.Clear();
            _sampleGoes.Clear();
            _bundle.Clear();
        }
        var packet = buffer.AsSpan(start, end - start);
        if (!_isShort || !_decoder.TryShort(buffer, start, end, out _, tells: true, end - raw)) _decoder.Packet(packet, end - raw);
        var sequence = _decoder.Sequence;
        var clock = _decoder.StampClock;
        if (clock != null) _concerned |= unchecked(clock.Last - clock.Written) != _decoder.StampDelta;
        if (_decoder.AddedUs != 0 || _decoder.HasOwnTime)
            _concerned |= unchecked(sequence.TimeUs - sequence.WrittenUs) != _decoder.AddedUs;
        if (!_concerned && (_allRows || !_decoder.TellsRows) && (_held.Count == 0 || !_hasEvent))
        {
            if (clock != null) clock.Written = clock.Last;
            if (_decoder.AddedUs != 0) sequence.WrittenUs = sequence.TimeUs;
            _output.Keep(buffer, raw, end);
            return;
        }
        Rewrite(buffer, raw, start, end);
    }

    /// <inheritdoc/>
    public void Foreign(byte[] buffer, int raw, int end) => _output.Keep(buffer, raw, end);

    /// <inheritdoc/>
    public void BeginBlock(byte[] buffer, int raw, int end) => _output.BeginBlock(buffer, raw, end);

    /// <inheritdoc/>
    public void EndBlock() => _output.EndBlock();

    /// <inheritdoc/>
    public void Gap() => _decoder.Gap();

    /// <inheritdoc/>
    public void Release() => _output.Release();

    private void Rewrite(byte[] buffer, int raw, int start, int end)
    {
        var packet = buffer.AsSpan(start, end - start);
        var sequence = _decoder.Sequence;
        // What the content becomes: nothing (it goes), or what stands in _message.
        _message.Clear();
        var data = _decoder.Data;
        var goes = false;
        var changed = false;
        if (data != 0 && _concerned)
        {
            var content = Content(packet, data);
            switch (data)
            {
                case PacketFields.TrackEvent when _hasEvent:
                    (goes, changed) = TrackEvent(content);
                    break;
                case PacketFields.FtraceEvents:
                    changed = Bundle(content);
                    break;
                case PacketFields.StreamingProfile:
                    (goes, changed) = StreamingProfile(content);
                    break;
                default:
                    goes = _main == Verdict.Drop;
                    break;
            }
        }
        else if (data == PacketFields.TrackEvent && _decoder.AddedUs != 0)
        {
            sequence.WrittenUs = sequence.TimeUs;
        }
        if (_hasEvent && !goes && _held.Remove(sequence.Id, out var held)) _output.Packet(held);
        Assemble(buffer, raw, start, end, data, goes, changed);
    }

    // Puts the packet together out of its fields.
    private void Assemble(byte[] buffer, int raw, int start, int end, int data, bool goes, bool changed)
    {
        var packet = buffer.AsSpan(start, end - start);
        var clock = _decoder.StampClock;
        var sequence = _decoder.Sequence;
        _packet.Clear();
        var worth = !goes && data != 0;
        var same = !changed && !goes;
        var newTime = NewStamp(clock, goes);
        var stampAt = -1;
        var cursor = new ProtoCursor(packet);
        while (cursor.Next())
        {
            switch (cursor.Field)
            {
                case PacketFields.Timestamp when newTime is { } stamp:
                    stampAt = _packet.Length;
                    if (cursor.Value == stamp)
                    {
                        _packet.Append(cursor.Raw);
                        break;
                    }
                    same = false;
                    _packet.Number(PacketFields.Timestamp, stamp);
                    break;
                case PacketFields.Timestamp or PacketFields.ClockId or PacketFields.SequenceId or PacketFields.TrustedUid or PacketFields.TrustedPid or PacketFields.MachineId:
                    _packet.Append(cursor.Raw);
                    break;
                case PacketFields.SequenceFlags:
                    worth |= (cursor.Value & 1) != 0;
                    _packet.Append(cursor.Raw);
                    break;
                case PacketFields.TrackDescriptor or PacketFields.ProcessDescriptor or PacketFields.ThreadDescriptor or PacketFields.ProcessTree or PacketFields.ProcessStats
                    when !_allRows:
                    var before = _packet.Length;
                    Rows(cursor, sequence);
                    same &= _packet.Length - before == cursor.End - cursor.TagStart;
                    worth |= _packet.Length > before;
                    break;
                default:
                    if (cursor.Field == data && data != 0)
                    {
                        if (goes) break;
                        if (changed) _packet.Bytes(data, _message.Span);
                        else _packet.Append(cursor.Raw);
                        break;
                    }
                    worth = true;
                    _packet.Append(cursor.Raw);
                    break;
            }
        }
        if (!worth)
        {
            _output.Drop();
        }
        else
        {
            if (clock != null && newTime is { } told) clock.Written = unchecked(clock.Written + (long)told);
            if (same) _output.Keep(buffer, raw, end);
            else _output.Packet(_packet.Span);
        }
        if (goes && data == PacketFields.TrackEvent) LonelyExtras(packet);
    }

    // The time stamp as it is to be told; null: as it stands there.
    private ulong? NewStamp(EventClock? clock, bool goes)
    {
        var target = !goes && _hasEvent && _main == Verdict.Change && _edit.TimeNs is { } ns && !_decoder.HasOwnTime
            ? (_decoder.PacketClock is { } own ? own.FromTrace(ns) : ns)
            : (long?)null;
        if (clock == null) return target is { } time ? (ulong)time : null;
        return (ulong)unchecked((target ?? clock.Last) - clock.Written);
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> packet, int field)
    {
        ReadOnlySpan<byte> content = default;
        var cursor = new ProtoCursor(packet);
        while (cursor.Next())
            if (cursor.Field == field) content = cursor.Bytes;
        return content;
    }
}
