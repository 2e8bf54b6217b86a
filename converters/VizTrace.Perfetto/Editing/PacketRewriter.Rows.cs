using VizTrace.Model.Events;
using VizTrace.Perfetto.Events;
using VizTrace.Perfetto.Reading;

namespace VizTrace.Perfetto.Editing;

// Descriptors, the kernel's tree of processes and its bundles of events, the ledger.
internal sealed partial class PacketRewriter
{
    private readonly CompactSched _compact = new();

    // Copies a field that tells of rows, without those that go.
    private void Rows(scoped in ProtoCursor field, SequenceState sequence)
    {
        switch (field.Field)
        {
            case PacketFields.TrackDescriptor:
                var row = _decoder.Rows.Find(Number(field.Bytes, 1));
                if (!Stays(row)) break;
                if (row >= 0 && IsAbout(row) && !Stays(_trace.Tracks[row].Parent)) Orphan(field.Bytes);
                else _packet.Append(field.Raw);
                break;
            case PacketFields.ProcessDescriptor:
                if (Stays(_decoder.Rows.FindProcess((int)Number(field.Bytes, 1)))) _packet.Append(field.Raw);
                break;
            case PacketFields.ThreadDescriptor:
                if (Stays(_decoder.Rows.FindThread((int)Number(field.Bytes, 1), (long)Number(field.Bytes, 2))))
                {
                    _packet.Append(field.Raw);
                    break;
                }
                Hold(field.Bytes, sequence.Id);
                break;
            default:
                List(field);
                break;
        }
    }

    // A descriptor whose parent is gone.
    private void Orphan(ReadOnlySpan<byte> descriptor)
    {
        _inner.Clear();
        var cursor = new ProtoCursor(descriptor);
        while (cursor.Next())
            if (cursor.Field != 5) _inner.Append(cursor.Raw);
        _packet.Bytes(PacketFields.TrackDescriptor, _inner.Span);
    }

    // Events of the sequence that stay may count their time from this descriptor: then it is written after all, without the thread's name.
    private void Hold(ReadOnlySpan<byte> descriptor, uint sequenceId)
    {
        _inner.Clear();
        var cursor = new ProtoCursor(descriptor);
        while (cursor.Next())
            if (cursor.Field != 5) _inner.Append(cursor.Raw);
        _deep.Clear();
        _deep.Number(PacketFields.SequenceId, sequenceId);
        _deep.Bytes(PacketFields.ThreadDescriptor, _inner.Span);
        _held[sequenceId] = _deep.Span.ToArray();
    }

    // process_tree and process_stats: lists of processes and threads.
    private void List(scoped in ProtoCursor field)
    {
        var isTree = field.Field == PacketFields.ProcessTree;
        _inner.Clear();
        var any = false;
        var cursor = new ProtoCursor(field.Bytes);
        while (cursor.Next())
        {
            var isThread = isTree && cursor.Field == 2;
            if (cursor.Field != 1 && !isThread)
            {
                _inner.Append(cursor.Raw);
                continue;
            }
            var id = (int)Number(cursor.Bytes, 1);
            if (!Stays(isThread ? _decoder.Rows.FindThread((int)Number(cursor.Bytes, 3), id) : _decoder.Rows.FindProcess(id))) continue;
            any = true;
            if (isTree) _inner.Append(cursor.Raw);
            else Statistics(cursor.Bytes);
        }
        if (any) _packet.Bytes(field.Field, _inner.Span);
    }

    // The threads of a process that stays.
    private void Statistics(ReadOnlySpan<byte> process)
    {
        _deep.Clear();
        var cursor = new ProtoCursor(process);
        while (cursor.Next())
            if (cursor.Field != 11 || Stays(_decoder.Rows.FindThread((int)Number(cursor.Bytes, 1)))) _deep.Append(cursor.Raw);
        _inner.Bytes(1, _deep.Span);
    }

    private bool Stays(int row) => row < 0 || row >= _keepsRow.Length || _keepsRow[row];

    private static ulong Number(ReadOnlySpan<byte> message, int field)
    {
        ulong value = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
            if (cursor.Field == field) value = cursor.Value;
        return value;
    }

    // A switch concerns two threads. With one of them gone it stays, with the idle loop (0) in its place; so each switch still begins with
    // the thread that the one before ended with. Returns whether anything changed.
    private bool Bundle(ReadOnlySpan<byte> message)
    {
        var at = 0;
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == FtraceFields.CompactSched)
            {
                Compact(cursor.Bytes, ref at);
                continue;
            }
            if (cursor.Field != FtraceFields.Event)
            {
                _message.Append(cursor.Raw);
                continue;
            }
            bool any = false, kept = false, beforeGoes = false, nextGoes = false, otherGoes = false;
            for (; at < _bundle.Count && _bundle[at].Place is { Kind: PlaceKind.Ftrace or PlaceKind.FtraceNext } place && place.Index == cursor.TagStart; at++)
            {
                any = true;
                var goes = _bundle[at].Goes;
                kept |= !goes;
                if (place.Kind == PlaceKind.Ftrace) beforeGoes = goes;
                else nextGoes = goes;
                otherGoes |= place.OtherTrack >= 0 && !_keepsEvents[place.OtherTrack];
            }
            if (any && !kept) continue;
            if (beforeGoes || nextGoes || otherGoes) Blank(cursor.Bytes, beforeGoes, nextGoes, otherGoes);
            else _message.Append(cursor.Raw);
        }
        return true;
    }

    private void Blank(ReadOnlySpan<byte> message, bool beforeGoes, bool nextGoes, bool otherGoes)
    {
        _inner.Clear();
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
        {
            if (cursor.Field == FtraceFields.Pid && cursor.WireType == WireFormat.Varint && (beforeGoes || otherGoes))
            {
                _inner.Number(FtraceFields.Pid, 0);
            }
            else if (cursor.Field == FtraceFields.Switch && cursor.WireType == WireFormat.LengthDelimited)
            {
                _deep.Clear();
                var inner = new ProtoCursor(cursor.Bytes);
                while (inner.Next())
                {
                    switch (inner.Field)
                    {
                        case FtraceFields.SwitchPrevComm when beforeGoes:
                        case FtraceFields.SwitchNextComm when nextGoes:
                            _deep.Bytes(inner.Field, []);
                            break;
                        case FtraceFields.SwitchPrevPid or FtraceFields.SwitchPrevState when beforeGoes:
                        case FtraceFields.SwitchNextPid when nextGoes:
                            _deep.Number(inner.Field, 0);
                            break;
                        default:
                            _deep.Append(inner.Raw);
                            break;
                    }
                }
                _inner.Bytes(FtraceFields.Switch, _deep.Span);
            }
            else
            {
                _inner.Append(cursor.Raw);
            }
        }
        _message.Bytes(FtraceFields.Event, _inner.Span);
    }

    private void Compact(ReadOnlySpan<byte> message, ref int at)
    {
        var first = at;
        var any = false;
        _compact.Read(message);
        var events = 0;
        foreach (var pid in _compact.NextPids[.._compact.Switches]) events += (int)pid != 0 ? 1 : 0;
        foreach (var pid in _compact.WakingPids[.._compact.Wakings]) events += (int)pid != 0 ? 1 : 0;
        for (; events > 0 && at < _bundle.Count; events--, at++) any |= _bundle[at].Goes;
        if (!any)
        {
            _message.Bytes(FtraceFields.CompactSched, message);
            return;
        }
        _inner.Clear();
        var cursor = new ProtoCursor(message);
        while (cursor.Next())
            if (cursor.Field is 5 or > 12) _inner.Append(cursor.Raw);
        // A name for the idle loop that takes the place of threads that go.
        var blank = (ulong)_compact.Names;
        _inner.Bytes(5, []);
        var drops = new bool[Math.Max(_compact.Switches, _compact.Wakings)];
        for (var i = first; i < at; i++)
        {
            var (place, goes) = _bundle[i];
            if (!goes || place.Kind != PlaceKind.CompactSwitch) continue;
            // Idle after idle says nothing. The first of a bundle stays: who ran before it is not told here.
            _compact.Column(3)[place.Index] = 0;
            if (place.Index < _compact.Column(6).Length) _compact.Column(6)[place.Index] = blank;
            drops[place.Index] = place.Index > 0 && _compact.Column(3)[place.Index - 1] == 0;
        }
        Columns(CompactSched.SwitchFields, _compact.Switches, drops);
        Array.Clear(drops);
        for (var i = first; i < at; i++)
            if (_bundle[i] is { Goes: true, Place.Kind: PlaceKind.CompactWaking }) drops[_bundle[i].Place.Index] = true;
        Columns(CompactSched.WakingFields, _compact.Wakings, drops);
        _message.Bytes(FtraceFields.CompactSched, _inner.Span);
    }

    // The columns without the rows that go; the first one holds differences of time.
    private void Columns(int[] fields, int rows, bool[] drops)
    {
        foreach (var field in fields)
        {
            var column = _compact.Column(field);
            if (column.IsEmpty) continue;
            var count = 0;
            ulong pending = 0;
            for (var i = 0; i < Math.Min(rows, column.Length); i++)
            {
                if (drops[i])
                {
                    pending += column[i];
                    continue;
                }
                column[count++] = field == fields[0] ? column[i] + pending : column[i];
                pending = 0;
            }
            if (count > 0) _inner.Packed(field, column[..count]);
        }
    }

    /// <summary>Writes the ledger behind everything else, on a sequence and a row that nobody else uses.</summary>
    public void Append(Ledger ledger)
    {
        if (ledger.Entries.Count == 0 && ledger.Command.Length == 0) return;
        uint sequence = 1;
        while (_decoder.Sequences.ContainsKey(sequence)) sequence++;
        var uuid = TrackIds.About;
        int row;
        while ((row = _decoder.Rows.Find(uuid)) >= 0 && !(row < _keepsRow.Length && _keepsRow[row] && _trace.Tracks[row].Name == AboutEvents.TrackName)) uuid++;
        LedgerPackets.Write(_output, ledger, sequence, row < 0, uuid, _decoder.Clocks.Primary);
    }
}
